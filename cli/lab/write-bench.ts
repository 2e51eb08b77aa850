/** Writing, as the command and the bulk see it: every dialect with actions that its twin file says how to play. */
import { rmSync } from 'node:fs'
import { playWrite, type WritePlayed } from './run-write.ts'
import { type WriteScenario, writeScenarios } from './scenarios/write.ts'
import type { Dialect } from './twin/dialect.ts'
import { openStage, type Stage } from './twin/serve.ts'
import type { PlayOptions, Scenario } from './types.ts'
import { type Base, makeBase, openRoot } from './write-base.ts'
import type { WriteStage } from './write-scene.ts'

export type WriteBench = {
  readonly dialects: readonly string[]
  readonly scenarios: (dialect: string) => readonly WriteScenario[]
  readonly play: (dialect: string, scenario: Pick<Scenario, 'name'>, seed: number, options?: PlayOptions) => Promise<WritePlayed>
  readonly unplayed: (dialect: string) => readonly string[]
  readonly close: () => Promise<void>
}

/** Bases are read when they are first needed, and kept until `close`. */
export async function openWriteBench(dialects: readonly Dialect[]): Promise<WriteBench> {
  const playable = dialects.filter(({ file }) => Object.keys(file.actions ?? {}).length > 0)
  const named = new Map(playable.map((dialect) => [dialect.name, dialect]))
  const scenarios = new Map(playable.map(({ name, connector, file }) => [name, writeScenarios(connector, file)]))
  const stage = await openStage()
  const root = openRoot()
  const stages = new Map<string, WriteStage>()
  const of = (name: string): Dialect => {
    const found = named.get(name)
    if (found === undefined) throw new Error(`the lab plays no writes of ${name}`)
    return found
  }
  const scenariosOf = (name: string) => scenarios.get(of(name).name) ?? []
  const stageOf = (name: string): WriteStage => {
    const known = stages.get(name)
    if (known !== undefined) return known
    const made = openWriteStage(of(name), stage, root, scenariosOf(name))
    stages.set(name, made)
    return made
  }
  return {
    dialects: playable.map(({ name }) => name),
    scenarios: scenariosOf,
    play: async (name, { name: wanted }, seed, options) => {
      const scenario = scenariosOf(name).find((one) => one.name === wanted)
      if (scenario === undefined) throw new Error(`the lab has no scenario ${wanted} of ${name}`)
      return await playWrite(stageOf(name), scenario, seed, options)
    },
    unplayed: (name) => {
      const { connector, file } = of(name)
      return Object.keys(connector.actions)
        .filter((action) => file.actions?.[action] === undefined)
        .map((action) => `action ${action}`)
    },
    close: async () => {
      await stage.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

function openWriteStage(dialect: Dialect, stage: Stage, root: string, scenarios: readonly WriteScenario[]): WriteStage {
  const bases = new Map<number, Promise<Base>>()
  const honest = new Map<string, ReturnType<WriteStage['honest']>>()
  const keep = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
    const value = map.get(key) ?? make()
    map.set(key, value)
    return value
  }
  const w: WriteStage = {
    dialect,
    stage,
    root,
    base: (population) => keep(bases, population, () => makeBase(dialect, stage, root, population)),
    honest: (action, seed) => {
      const play = async () => {
        const scenario = scenarios.find((one) => one.name === `honest/${action}`)
        if (scenario === undefined) return { effects: [], mutations: 0 }
        const { effects, mutations } = await playWrite(w, scenario, seed)
        return { effects, mutations }
      }
      // Seed by seed it is asked for once; only the first seed is for everybody.
      return seed === 1 ? keep(honest, action, play) : play()
    },
  }
  return w
}
