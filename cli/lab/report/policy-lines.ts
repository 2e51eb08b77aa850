/** Ours and the other policies over the very same scenarios and seeds. */
import type { Played, PolicyLine, Side } from '../types.ts'
import { rateOf } from './numbers.ts'

type One = { readonly faulty: boolean; readonly false_success: boolean; readonly false_block: boolean }

export const OURS = 'Rollcall'
/** Measured as the others are: whatever is not plain success blocks, for a good reason (nothing can show it; unknown) or not. */
const LET: ReadonlySet<string> = new Set(['complete', 'verified'])

/** Ours first. Only runs that count, and only scenarios that the others were played on too. */
export function policiesOf(played: readonly Played[]): readonly PolicyLine[] {
  const beside = played.filter(({ run, policies }) => run.counts && policies.length > 0)
  return (['read', 'write'] as const).flatMap((side) => {
    const here = beside.filter(({ job }) => job.side === side)
    if (here.length === 0) return []
    const ours = here.map(({ run }) => ({
      ...run,
      faulty: run.class === 'faulty',
      false_block: run.class !== 'faulty' && !LET.has(run.said),
    }))
    const others = here.flatMap(({ policies }) => policies.map((one) => ({ ...one, faulty: one.class === 'faulty' })))
    const lines = [...Map.groupBy(others, ({ policy }) => policy)]
    return [lineOf(OURS, side, ours), ...lines.map(([policy, some]) => lineOf(policy, side, some))]
  })
}

function lineOf(policy: string, side: Side, some: readonly One[]): PolicyLine {
  const faulty = some.filter((one) => one.faulty)
  const honest = some.filter((one) => !one.faulty)
  return {
    policy,
    side,
    false_success: rateOf(faulty.filter((one) => one.false_success).length, faulty.length),
    false_block: rateOf(honest.filter((one) => one.false_block).length, honest.length),
  }
}
