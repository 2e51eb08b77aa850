/** Plays the policies of writing over the scenes of the write side. */
import { rmSync } from 'node:fs'
import { holdsIn } from '../oracle/write.ts'
import { playWrite } from '../run-write.ts'
import { type WriteScenario, writeScenarios } from '../scenarios/write.ts'
import type { Dialect } from '../twin/dialect.ts'
import { openStage } from '../twin/serve.ts'
import type { PolicyRun, Scenario } from '../types.ts'
import { type Base, makeBase, openRoot } from '../write-base.ts'
import { setScene, type WriteStage } from '../write-scene.ts'
import type { Asked as Request } from './ask.ts'
import { unsigned } from './unsigned.ts'
import { STATUS_MEANS_SUCCESS, sendAll } from './write.ts'

/** What is late or undone has happened by then; nobody of them looks again. */
const SETTLED_MS = 86_400_000

export type WritePolicies = {
  readonly play: (dialect: Dialect, scenario: Pick<Scenario, 'name'>, seed: number) => Promise<readonly PolicyRun[]>
  readonly close: () => Promise<void>
}

/** Stages of their own, on which everybody is let in: signing in is no part of a policy. */
export async function openWritePolicies(): Promise<WritePolicies> {
  const stage = await openStage()
  const root = openRoot()
  const stages = new Map<string, { readonly w: WriteStage; readonly scenarios: readonly WriteScenario[] }>()

  function stageOf(known: Dialect) {
    const found = stages.get(known.name)
    if (found !== undefined) return found
    const dialect = unsigned(known)
    const scenarios = writeScenarios(dialect.connector, dialect.file)
    const bases = new Map<number, Promise<Base>>()
    const w: WriteStage = {
      dialect,
      stage,
      root,
      base: (population) => {
        const base = bases.get(population) ?? makeBase(dialect, stage, root, population)
        bases.set(population, base)
        return base
      },
      honest: async (action, seed) => {
        const scenario = honestOf(scenarios, action)
        return scenario === undefined ? { effects: [], mutations: 0 } : await playWrite(w, scenario, seed)
      },
    }
    const made = { w, scenarios }
    stages.set(known.name, made)
    return made
  }

  return {
    play: async (dialect, { name }, seed) => {
      const { w, scenarios } = stageOf(dialect)
      const scenario = scenarios.find((one) => one.name === name)
      const honest = scenario === undefined ? undefined : honestOf(scenarios, scenario.action)
      // Where the process dies a policy has no say; where nobody is honest nobody knows what it would send.
      if (scenario === undefined || honest === undefined || scenario.dies_at !== undefined) return []
      const requests = await requestsOf(w, honest, seed)
      const scene = await setScene(w, scenario, seed, {})
      const said = await sendAll(requests.map((request) => ({ ...request, url: `${stage.origin}${request.url}` })))
      scene.time.jump(SETTLED_MS)
      scene.copies.tick()
      const so = Object.values(holdsIn(scene.play, scene.copies.worlds, scene.asked)).every((holds) => holds)
      const { class: kind } = scenario
      const success = said === 'success'
      return [
        {
          policy: STATUS_MEANS_SUCCESS,
          scenario: name,
          side: 'write',
          class: kind,
          dialect: dialect.name,
          seed,
          said,
          false_success: success && !so,
          false_block: kind !== 'faulty' && !success,
        },
      ]
    },
    close: async () => {
      await stage.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

const honestOf = (scenarios: readonly WriteScenario[], action: string) =>
  scenarios.find(({ name }) => name === `honest/${action}`)

/** What an honest target is sent, reads aside. */
async function requestsOf(w: WriteStage, honest: WriteScenario, seed: number): Promise<readonly Request[]> {
  const requests: Request[] = []
  await playWrite(w, honest, seed, {
    onExchange: ({ method, url, sent }) => {
      if (method !== 'GET') requests.push({ method, url, headers: { 'content-type': 'application/json' }, body: sent })
    },
  })
  return requests
}
