/** Plays the policies of reading over the same twins, lies and seeds as the read side. */
import { clock } from '../clock.ts'
import { readHooks } from '../faults/read.ts'
import { truthOf } from '../oracle/read.ts'
import { seeded } from '../random.ts'
import { choose, sizesOf } from '../scenarios/choose.ts'
import type { ReadScenario } from '../scenarios/read-types.ts'
import type { Dialect } from '../twin/dialect.ts'
import { createTwin, openStage } from '../twin/serve.ts'
import type { Twin } from '../twin/types.ts'
import type { PolicyRun } from '../types.ts'
import { READ_POLICIES, type ReadPolicy, readBy } from './read.ts'
import { unsigned } from './unsigned.ts'

const HOUR_MS = 3_600_000

export type ReadPolicies = {
  readonly play: (dialect: Dialect, scenario: ReadScenario, seed: number) => Promise<readonly PolicyRun[]>
  readonly close: () => Promise<void>
}

/** A stage of its own, on which everybody is let in: signing in is no part of a policy. */
export async function openReadPolicies(): Promise<ReadPolicies> {
  const stage = await openStage()

  async function one(policy: ReadPolicy, dialect: Dialect, scenario: ReadScenario, seed: number): Promise<PolicyRun> {
    const random = seeded(seed)
    const at = clock()
    const sizes = sizesOf(scenario, dialect, random)
    const { page_size } = sizes
    const twin = createTwin({ dialect, stage, clock: at, seed, ...sizes })
    const chosen = choose(scenario, dialect, twin, page_size, random)
    if (scenario.before !== undefined) {
      at.jump(HOUR_MS)
      scenario.before.changes?.(twin, chosen.target, random)
    }
    twin.lie([readHooks(chosen.lies)].flat())
    const before = keysOf(twin)
    const read = await readBy(policy, {
      connector: twin.connector,
      settings: twin.settings,
      streams: twin.file.streams,
      page_size,
    })
    const after = keysOf(twin)
    const success = read.said === 'success'
    const lacks = (stream: string, keys: ReadonlySet<string> | null): boolean =>
      keys !== null && [...(before.get(stream) ?? [])].some((key) => after.get(stream)?.has(key) === true && !keys.has(key))
    return {
      policy: policy.name,
      scenario: scenario.name,
      side: 'read',
      class: scenario.class,
      dialect: dialect.name,
      seed,
      said: read.said,
      // Only who was there all along and is missing: what is doubled, invented or wrong is let pass.
      false_success: success && [...read.keys].some(([stream, keys]) => lacks(stream, keys)),
      false_block: scenario.class !== 'faulty' && !success,
    }
  }

  return {
    play: async (known, scenario, seed) => {
      // Where the process is stopped and started again a policy has no say.
      if (scenario.stopped === true) return []
      const dialect = unsigned(known)
      const runs: PolicyRun[] = []
      for (const policy of READ_POLICIES) runs.push(await one(policy, dialect, scenario, seed))
      return runs
    },
    close: () => stage.close(),
  }
}

const keysOf = (twin: Twin): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(Object.keys(twin.file.streams).map((stream) => [stream, new Set(truthOf(twin, stream).keys())]))
