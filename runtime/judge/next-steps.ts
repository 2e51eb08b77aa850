/** What a person does about an outcome. Every outcome but `verified` has at least one. Pure. */
import type { Action } from '../types.ts'
import type { FacetOutcome, Outcome } from '../write-types.ts'

export function nextSteps(outcome: Omit<Outcome, 'next_steps'>, action: Action): readonly string[] {
  const { is, moved } = outcome
  const alarm =
    moved.length === 0
      ? []
      : [
          `Compare the object in the target by hand: ${moved.join(', ')} moved with this write; a wrong object may have been changed.`,
        ]
  if (is === 'verified') return alarm
  const facets = outcome.facets.flatMap((one) => stepOf(one, outcome, action))
  return [...new Set([...alarm, ...stepsOf(outcome, action), ...facets])]
}

function stepsOf(outcome: Omit<Outcome, 'next_steps'>, action: Action): readonly string[] {
  const { title } = action
  switch (outcome.is) {
    case 'verified':
    case 'partial':
      return []
    case 'refuted':
      return [
        `Do "${title}" in the target by hand, then sync; the target said yes and did nothing.`,
        'Read the stream again and look for another object that changed instead.',
      ]
    case 'rejected':
      return [
        outcome.id !== null && outcome.facets.some((one) => one.asked === 'present')
          ? `Look at ${outcome.id} in the target: update it, or ask for another name.`
          : `Mend what the target names (permission, input), then ask for "${title}" again.`,
      ]
    case 'pending':
      return [
        `Nothing has happened yet; look again before ${outcome.expires_at}, when it ends, and have the invitation or job finished.`,
      ]
    case 'unverifiable':
      return [`Have a person confirm in the target that "${title}" took effect, and record it as a control exception.`]
    case 'unknown':
      return [
        `Make the target readable for this connection again (permission, network); the looks go on. Until then treat "${title}" as not done.`,
      ]
    case 'cancelled':
      return ['Nothing was sent; ask again if it is still wanted.']
    case 'reverted':
      return [`Find what undid it (another provisioning system, a person), stop that, then ask for "${title}" again.`]
  }
}

/** Named facet by facet where the outcome as a whole does not say it. */
function stepOf(one: FacetOutcome, outcome: Omit<Outcome, 'next_steps'>, action: Action): readonly string[] {
  if (one.is === 'verified' || outcome.is === 'cancelled' || outcome.is === 'pending') return []
  const until = one.residual_until === null ? '' : `; access may last until ${one.residual_until}`
  if (one.is === 'refuted') return [`${one.facet}: still not ${one.asked}; set it in the target by hand, then sync.`]
  if (one.is === 'unverifiable') {
    const why = action.unverifiable ?? one.because
    return [`${one.facet}: have a person confirm it in the target (${why})${until}.`]
  }
  return [`${one.facet}: look again as soon as the target can be read; it is not shown to be ${one.asked}${until}.`]
}
