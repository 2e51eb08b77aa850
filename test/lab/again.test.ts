/** Judged again without an item, and played again without it: real reads say the same. */
import { afterAll, describe, expect, test } from 'vitest'
import { openRig } from '../../cli/lab/rig.ts'
import { playRead } from '../../cli/lab/run-read.ts'
import type { Run } from '../../cli/lab/types.ts'

const rig = openRig()
afterAll(() => rig.close())
const play = (dialect: string, name: string, seed: number, off: readonly string[] = []): Promise<Run> =>
  playRead(rig, dialect, { name }, seed, { off })

async function hanging(dialect: string, name: string, hangs: (run: Run) => boolean): Promise<readonly Run[]> {
  const runs: Run[] = []
  for (let seed = 1; seed <= 8 && runs.length < 2; seed++) {
    const run = await play(dialect, name, seed)
    if (run.counts && hangs(run)) runs.push(run)
  }
  return runs
}

describe('a lie that one item alone names', () => {
  test.each([
    ['offset', 'R20', 'scope_proof'],
    ['write-graph', 'R3/known', 'by_id'],
    ['page-empty', 'filed-3', 'count_per_parent'],
    ['cursor-post', 'R27/reused', 'conservation'],
    ['offset', 'filed-1', 'confirmation'],
  ])(
    '%s %s is believed without %s, whoever judges: from what was recorded, or from what is asked then',
    async (dialect, name, item) => {
      const runs = await hanging(dialect, name, (run) => run.escapes?.includes(item) === true)
      expect(runs.length).toBeGreaterThan(0)
      for (const { said, false_success, seed } of runs) {
        expect([said === 'complete', false_success]).toEqual([false, false])
        expect(await play(dialect, name, seed, [item])).toMatchObject({ said: 'complete', false_success: true })
      }
    },
  )

  test('is not believed without another one', async () => {
    const [run] = await hanging('write-graph', 'R3/known', ({ escapes }) => escapes?.includes('by_id') === true)
    for (const item of run?.asked?.filter((one) => one !== 'by_id') ?? []) {
      expect(run?.escapes).not.toContain(item)
      expect((await play('write-graph', 'R3/known', run?.seed ?? 0, [item])).false_success, item).toBe(false)
    }
  })
})

test('rows that were read again would have been believed without what noticed them', { timeout: 60_000 }, async () => {
  const run = await play('github', 'R7/once', 2783695329)
  expect([run.said, run.false_success, run.escapes]).toEqual(['complete', false, ['unique_ids']])
  expect(await play('github', 'R7/once', 2783695329, ['unique_ids'])).toMatchObject({ said: 'complete', false_success: true })
})

describe('an honest read', () => {
  test.each([
    ['cursor', 'honest/page+1'],
    ['page-number', 'honest/page+1'],
  ])('of %s is carried by what it falls without: %s', async (dialect, name) => {
    const runs = await hanging(dialect, name, (run) => run.carried_by?.some((set) => !set.includes('+')) === true)
    expect(runs.length).toBeGreaterThan(0)
    for (const { seed, carried_by = [], asked = [] } of runs) {
      for (const item of asked) {
        const without = await play(dialect, name, seed, [item])
        expect([item, without.said !== 'complete']).toEqual([item, carried_by.includes(item)])
      }
    }
  })
})

test('what is played without an item is not judged again', async () => {
  const [run, without] = [await play('cursor', 'honest/page+1', 1), await play('cursor', 'honest/page+1', 1, ['order'])]
  expect([run.asked?.length, without.asked, without.escapes, without.carried_by]).toEqual([6, undefined, undefined, undefined])
})
