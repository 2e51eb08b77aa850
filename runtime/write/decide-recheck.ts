/** What an ended intent still needs: its rechecks, at their times. Pure. */
import { oursOf } from '../judge/beside.ts'
import { judgeBystanders } from '../judge/bystanders.ts'
import { ms } from '../judge/facet.ts'
import { later, type Progress, type Situation, silentOf } from '../judge/progress.ts'
import { isOpenAgain, recheckedOutcome } from '../judge/recheck.ts'
import type { Look, Outcome, OutcomeIs } from '../write-types.ts'
import type { Act } from './act.ts'

/** There is something that can be undone, or come late; an unknown one says so of each facet. */
const RECHECKED: ReadonlySet<OutcomeIs> = new Set(['verified', 'partial', 'refuted'])
const isOpen = ({ is, facets }: Outcome): boolean =>
  RECHECKED.has(is) || (is === 'unknown' && facets.some((one) => one.is === 'refuted'))

/** A recheck that was slept through is not made up for: the latest one due says as much. */
export function decideRecheck({ action, intent, events, now }: Situation, { outcome, looked, found }: Progress): Act {
  if (outcome === null || !isOpen(outcome.outcome)) return { act: 'done' }
  const silent = silentOf(events)
  const times = action.recheck_s.map((s) => later(outcome.at, s)).toSorted((a, b) => ms(a) - ms(b))
  const coming = times.find((at) => ms(at) > ms(now))
  const due = times.findLast((at) => ms(at) <= ms(now))
  const rest: Act = coming === undefined ? { act: 'done' } : { act: 'wait', until: coming, because: 'the next recheck' }
  if (due === undefined) return rest
  const since = events.slice(events.lastIndexOf(outcome) + 1)
  const looks = since.flatMap((event): readonly Look[] =>
    event.kind === 'look' && event.look.phase === 'recheck' && ms(event.look.at) >= ms(due) ? [event.look] : [],
  )
  const seen = looks.flatMap(({ record }) => (record === null ? [] : [record]))
  const beside = judgeBystanders(action, intent, looked?.record ?? null, seen, oursOf(since))
  const rechecked = recheckedOutcome(outcome.outcome, looks, action, silent, beside)
  const asked = since.some((event) => event.kind === 'beside')
  if (rechecked?.is === 'partial' && beside.bystanders === 'changed' && !asked) return { act: 'look_beside' }
  if (rechecked !== null) return { act: 'judge', outcome: { ...rechecked, id: rechecked.id ?? found } }
  const open = action.verify.flatMap((verify, index) => {
    if (silent.includes(index) || !isOpenAgain(verify, index, looks)) return []
    const last = looks.findLast((look) => look.verify === index)
    return [{ index, not_before: last === undefined ? due : later(last.at, verify.every_s) }]
  })
  const first = open.toSorted((a, b) => ms(a.not_before) - ms(b.not_before))[0]
  if (first === undefined) return rest
  const ready = open.filter((one) => ms(one.not_before) <= Math.max(ms(first.not_before), ms(now)))
  return { act: 'look', phase: 'recheck', verify: ready.map((one) => one.index), not_before: first.not_before }
}
