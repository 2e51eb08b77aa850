/** Reading, as the command and the bulk see it: every dialect with a twin file. */
import { openRig } from './rig.ts'
import { playRead } from './run-read.ts'
import { readScenarios } from './scenarios/read.ts'
import type { Dialect } from './twin/dialect.ts'
import type { Bench, PlayOptions, Run, Scenario } from './types.ts'

export type ReadBench = Omit<Bench, 'side' | 'play' | 'policies' | 'scenarios'> & {
  readonly scenarios: (dialect: string) => ReturnType<typeof readScenarios>
  readonly play: (dialect: string, scenario: Pick<Scenario, 'name'>, seed: number, options?: PlayOptions) => Promise<Run>
}

export async function openReadBench(dialects: readonly Dialect[]): Promise<ReadBench> {
  const named = new Map(dialects.map((dialect) => [dialect.name, dialect]))
  const of = (name: string): Dialect => {
    const found = named.get(name)
    if (found === undefined) throw new Error(`the lab plays no reads of ${name}`)
    return found
  }
  const rig = openRig(of)
  const scenarios = new Map(dialects.map((dialect) => [dialect.name, readScenarios(dialect)]))
  return {
    dialects: dialects.map(({ name }) => name),
    scenarios: (name) => scenarios.get(of(name).name) ?? [],
    play: (name, scenario, seed, options) => playRead(rig, name, scenario, seed, options),
    unplayed: (name) => {
      const { connector, file } = of(name)
      return Object.keys(connector.streams)
        .filter((stream) => file.streams[stream] === undefined)
        .map((stream) => `stream ${stream}${file.not_played?.[stream] === undefined ? '' : `: ${file.not_played[stream]}`}`)
    },
    close: rig.close,
  }
}
