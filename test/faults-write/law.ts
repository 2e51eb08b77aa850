/** What must never be, whatever the target does. */
import type { Changed, Lab } from './lab.ts'

export type Broken = { readonly law: string; readonly because: string }

/**
 * `verified` only where it is so on every replica: at the moment it was verified by, and still when it is told, unless somebody else undid
 * it in between. No effect twice. Nothing that the target does not know. No secret in the history.
 */
export function broken(lab: Lab, done: Changed): readonly Broken[] {
  const { outcome } = done
  const found: Broken[] = []
  const say = (law: string, because: string) => found.push({ law, because })
  const undone = done.effects.some(({ by }) => by === 'upstream')
  for (const { facet, is, verified_at } of outcome.facets) {
    if (is !== 'verified') continue
    if (done.when_verified[facet] !== true) say('FALSE VERIFIED', `${facet} at ${verified_at}`)
    if (done.truth[facet] !== true && !undone) say('FALSE VERIFIED', `${facet} when told`)
  }
  if (outcome.is === 'verified' && outcome.facets.some(({ is }) => is !== 'verified')) {
    say('FALSE VERIFIED', `with ${outcome.facets.map(({ facet, is }) => `${facet}=${is}`).join(' ')}`)
  }
  if (outcome.is === 'verified' && outcome.facets.length === 0) say('FALSE VERIFIED', 'without a facet')
  for (const twice of done.duplicates) say('DUPLICATE EFFECT', twice)
  for (const line of lab.target.unexpected()) say('UNEXPECTED REQUEST', line)
  if (JSON.stringify([done.lines, outcome]).includes(lab.target.token)) say('SECRET', 'the token is in the history')
  return found
}
