/** What each evidence item is worth, and what it costs. */
import type { Ablation, Job, Played, Run } from '../types.ts'

const YES = { read: 'complete', write: 'verified' } as const
const keyOf = ({ side, dialect, scenario, seed }: Job): string => JSON.stringify([side, dialect, scenario, seed])

/** Each run with one item off beside the same run with all of them on. */
export function ablationOf(played: readonly Played[]): readonly Ablation[] {
  const whole = new Map(played.filter(({ job }) => job.off.length === 0).map(({ job, run }) => [keyOf(job), run]))
  const blind = played.filter(({ job }) => job.off.length > 0)
  const items = Map.groupBy(blind, ({ job }) => job.off.join('+'))
  return [...items].map(([without, of]) => {
    const pairs = of.flatMap(({ job, run }) => {
      const on = whole.get(keyOf(job))
      return on === undefined || !run.counts || !on.counts ? [] : [{ on, off: run }]
    })
    const faulty = pairs.filter(({ on }) => on.class === 'faulty')
    const honest = pairs.filter(({ on }) => on.class !== 'faulty')
    const escaped = faulty.filter(({ on, off }) => off.false_success && !on.false_success)
    const requests = (pick: (pair: (typeof pairs)[number]) => Run) => honest.reduce((sum, pair) => sum + pick(pair).requests, 0)
    return {
      without,
      side: of[0]?.job.side ?? 'read',
      faulty: faulty.length,
      prevents: escaped.length,
      carries: honest.filter(({ on, off }) => on.said === YES[on.side] && off.said !== YES[on.side]).length,
      escapes: [...new Set(escaped.map(({ on }) => on.scenario))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
      honest: honest.length,
      requests_with: requests(({ on }) => on),
      requests_without: requests(({ off }) => off),
    }
  })
}

/** It prevented nothing and carried nothing here, and yet it was paid for. */
export const isIdle = (one: Ablation): boolean =>
  one.faulty > 0 && one.prevents === 0 && one.carries === 0 && one.requests_with > one.requests_without

/** Requests of honest reads that it adds, in % of those without it; null where none was played. */
export function costOf(one: Ablation): number | null {
  return one.requests_without === 0 ? null : (100 * (one.requests_with - one.requests_without)) / one.requests_without
}
