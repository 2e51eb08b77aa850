/** The same seed gives the same log: with the real runtime, twenty times, by one, two and three processes. */
import { expect, test } from 'vitest'
import { playPlan } from '../../cli/lab/bulk.ts'
import { openCrew } from '../../cli/lab/crew.ts'
import { QUICK } from '../../cli/lab/plan.ts'
import { openBenches } from '../../cli/lab/plays.ts'
import { logOf } from '../../cli/lab/report/tally.ts'
import type { Played } from '../../cli/lab/types.ts'

const MODULE = new URL('../../cli/lab/plays.ts', import.meta.url).href
const WANTED = { file: null, dialect: 'scim2' }
const PLAN = {
  dialect: 'scim2',
  fault: null,
  quotas: QUICK.map((quota) => ({ ...quota, runs: 0 })),
  rounds: 1,
  // Of reads and of changes, with a lie and without.
  most: 2,
  without: ['second_pass'],
  policy_runs: 0,
} as const

test('twenty times, whoever was faster, with an item off too; another seed another', { timeout: 400_000 }, async () => {
  const benches = await openBenches(WANTED)
  const crews = [1, 2, 3].map((workers) =>
    openCrew({ workers, module: MODULE, wanted: WANTED, limit_ms: 60_000, benches, onPlayed: () => undefined }),
  )
  const play = (time: number, seed: number): Promise<readonly Played[]> =>
    playPlan(benches, { ...PLAN, seed }, (crews[time % crews.length] as (typeof crews)[number]).play)
  try {
    const first = await play(0, 9)
    expect(new Set(first.map(({ job }) => `${job.side} ${job.off}`))).toEqual(new Set(['read ', 'write ', 'read second_pass']))
    // Broken runs are alike, too.
    expect(first.filter(({ job, run }) => job.off.length === 0 && run.said === 'error')).toEqual([])
    const logs = [logOf(first)]
    for (let time = 1; time < 20; time++) logs.push(logOf(await play(time, 9)))
    expect(new Set(logs).size).toBe(1)
    expect(logOf(await play(1, 10))).not.toBe(logs[0])
  } finally {
    for (const crew of crews) await crew.close()
    for (const bench of benches) await bench.close()
  }
})
