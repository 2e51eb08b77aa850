/** The best that an honest target can bring an action to, from its declaration alone. Plain data in, nothing of the runtime's rules shared. */
import type { Action, KindOptions, Verify } from '../../../runtime/types.ts'
import type { ActionPlay } from '../twin/types.ts'
import type { Said } from '../types.ts'

const LADDER: ReadonlySet<string> = new Set(['sessions', 'tokens'])

/** A facet that a look can show: not only until when access may last, and of sessions more than that the account is inactive. */
export function canShow(action: Action, facet: string): boolean {
  return looksAt(action, facet).some((verify) => !LADDER.has(facet) || Number(verify.probe['rung'] ?? 2) >= 2)
}

export const looksAt = (action: Action, facet: string): readonly Verify[] =>
  action.verify.filter((verify) => verify.facet === facet && verify.probe.kind !== 'residual')

export function bestOf(action: Action, play: ActionPlay): Said {
  if (play.best !== undefined) return play.best.is as Said
  const facets = Object.keys(action.does)
  const shown = facets.filter((facet) => canShow(action, facet))
  return shown.length === facets.length ? 'verified' : shown.length === 0 ? 'unverifiable' : 'partial'
}

/**
 * A list that shows each facet that can be looked at, beside what is read by id, so that an answer from a cache can be contradicted (W16).
 * A "list" without pages lies in one record that is read by id: SCIM's members of a group.
 */
export function seesLists(action: Action): boolean {
  const looked = Object.keys(action.does).filter((facet) => looksAt(action, facet).length > 0)
  return looked.length > 0 && looked.every((facet) => looksAt(action, facet).some(({ probe }) => isList(probe)))
}
const LISTS: ReadonlySet<string> = new Set(['listed', 'not_listed', 'empty', 'count', 'log'])
export const isList = (probe: KindOptions): boolean =>
  asksForAll(probe) ||
  (LISTS.has(probe.kind) && !((probe['pages'] as KindOptions | undefined)?.kind === 'none' && probe['records'] === 'members'))
/** `GET /users?$filter=id eq …`: a collection, whatever is asked of it. */
const asksForAll = (probe: KindOptions): boolean => {
  const look = probe['look'] as { readonly path: string } | undefined
  return look !== undefined && !look.path.includes('{')
}

/**
 * Whether a later look can tell that it was undone. Sessions and tokens of somebody who may sign in again come anew by themselves: only where
 * an action looks again later (a marker that is set back) can an old one be told from a new one.
 */
export function canBeUndone(action: Action): boolean {
  return action.recheck_s.length > 0 || Object.keys(action.does).some((facet) => !LADDER.has(facet))
}

/** A look that reads the whole record of whom it is about: only then does a bystander show. */
export const looksAtRecord = (action: Action): boolean =>
  action.verify.some(({ probe }) => (probe.kind === 'state' || probe.kind === 'moved') && probe['look'] === undefined)

/** Before the last recheck, so that it can be noticed: a share of the time until then, at most so many seconds. Milliseconds. */
export const undoneAt = (action: Action, share: number, most_s: number): number =>
  1000 * Math.min(most_s, action.recheck_s.length === 0 ? most_s : Math.max(...action.recheck_s) * share)

/** Until when each facet's fastest look goes on, seconds. A search index that is hours behind is no part of it. */
export const windowOf = (action: Action): number =>
  Math.max(
    5,
    ...Object.keys(action.does).flatMap((facet) => {
      // Until when access may last is no look.
      const looks = looksAt(action, facet)
      return looks.length === 0 ? [] : [Math.min(...looks.map((verify) => verify.within_s))]
    }),
  )
export const shortestWindow = (action: Action): number =>
  Math.min(...action.verify.filter(({ probe }) => probe.kind !== 'residual').map((verify) => verify.within_s), windowOf(action))

/** What the looks of each facet that must agree take at least, ms. */
export function spansOf({ does, verify }: Action): { readonly [facet: string]: number } {
  const spans = Object.keys(does).map((facet) => {
    const looks = verify.filter((one) => one.facet === facet)
    return [facet, Math.max(0, ...looks.map((one) => (one.agree - 1) * one.every_s * 1000))]
  })
  return Object.fromEntries(spans) as { [facet: string]: number }
}
