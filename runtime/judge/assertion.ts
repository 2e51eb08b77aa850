/** Does what a verified leaver left behind still hold? Pure. truth.md part 2, "standing assertions"; faults.md W3, W18. */
import type { ActionName, JsonObject } from '../types.ts'
import type { Assertion, Intent, OutcomeIs } from '../write-types.ts'
import { ms } from './facet.ts'

export type Seen = {
  /** When the read that saw it began: what was fetched before the claim was made says nothing. */
  readonly at: string
  /** The account in our fields; null: not in this read, which proves nothing (and keeps the claim). */
  readonly record: JsonObject | null
  /** What it holds, of the reads of grants, roles, licences; null: not read. */
  readonly holds: readonly string[] | null
}

export type LaterIntent = Pick<Intent, 'intent' | 'action' | 'made_at' | 'provenance'> & { readonly outcome: OutcomeIs | null }

export type AssertionJudgement =
  | { readonly is: 'stands'; readonly because: string }
  | { readonly is: 'breached'; readonly because: string; readonly suspect: string }

/**
 * A live record seen is a fact, in an unproven read too: it breaches. What is absent never breaches, and proves nothing.
 * `later`: our own intents on this id, to tell our doing from another's.
 */
export function judgeAssertion(assertion: Assertion, seen: Seen, later: readonly LaterIntent[]): AssertionJudgement {
  if (ms(seen.at) < ms(assertion.since)) return { is: 'stands', because: 'this read began before the claim' }
  const because = breachOf(assertion, seen)
  if (because === null) return { is: 'stands', because: seen.record === null ? 'not in this read' : 'as it was left' }
  return { is: 'breached', because, suspect: suspectOf(assertion, seen, later) }
}

function breachOf({ claim }: Assertion, { record, holds }: Seen): string | null {
  switch (claim) {
    case 'stays_inactive':
      return record?.['active'] === true ? 'the account is active again' : null
    case 'holds_nothing':
      return holds !== null && holds.length > 0 ? `it holds ${few(holds)} again` : null
    case 'stays_gone':
      return record === null ? null : 'the object is there again'
  }
}

/** Ours first: an intent of ours that gives access, made since. Else the target's own change, with its time where it is told. */
function suspectOf(assertion: Assertion, seen: Seen, later: readonly LaterIntent[]): string {
  const ours = later
    .filter((one) => GIVES.has(one.action) && ms(one.made_at) >= ms(assertion.since) && one.outcome !== 'cancelled')
    .toSorted((a, b) => ms(a.made_at) - ms(b.made_at))
    .at(-1)
  if (ours !== undefined) {
    const { by, from } = ours.provenance
    return `our intent ${ours.intent} (${ours.action}, ${ours.outcome ?? 'not ended'}), asked for by ${by} from ${from} at ${ours.made_at}`
  }
  const updated = seen.record?.['updatedAt']
  const when =
    typeof updated === 'string' && updated !== ''
      ? `changed at ${updated}`
      : `seen at ${seen.at}, the target tells no time of change`
  return `no intent of ours: somebody or something else at the target, ${when}`
}

const GIVES: ReadonlySet<ActionName> = new Set([
  'create_account',
  'update_account',
  'reactivate_account',
  'grant',
  'set_license',
  'rotate_credential',
])

const few = (ids: readonly string[]): string =>
  ids.length <= 3 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more`
