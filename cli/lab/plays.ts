/** The benches of this program: what a worker of the lab loads. Everything costly is opened when it is first needed. */
import { existsSync } from 'node:fs'
import { deriveDialect, type OwnDialect } from './derive/own.ts'
import { skeleton } from './derive/skeleton.ts'
import { dialectNames, loadDialect, readConnector, readTwinFile, variantsOf } from './dialects.ts'
import { twinOf } from './own.ts'
import { within } from './plan.ts'
import { openReadPolicies, type ReadPolicies } from './policies/read-bench.ts'
import { openWritePolicies, type WritePolicies } from './policies/write-bench.ts'
import { openRig } from './rig.ts'
import { playRead, tryRead } from './run-read.ts'
import { playWatch } from './run-watch.ts'
import { NOT_PLAYABLE, READ_SCENARIOS } from './scenarios/read.ts'
import { WATCH_SCENARIOS } from './scenarios/watch.ts'
import { WRITES_NOT_PLAYABLE } from './scenarios/write-filed.ts'
import { type Dialect, openDialect } from './twin/dialect.ts'
import type { Bench, OpenBenches, Scenario } from './types.ts'
import { feedsOf, fitsWatch } from './watch-scene.ts'
import { openWriteBench } from './write-bench.ts'

export const openBenches: OpenBenches = async ({ file, dialect, openapi = null }) => {
  const named = dialectNames().filter((name) => within(name, dialect))
  const names = named.length > 0 ? named : dialectNames()
  if (file !== null && !existsSync(twinOf(file))) {
    const { dialect: own, assumed } = await derived(file, openapi)
    return [readBench([own], assumed), await writeBench([own])]
  }
  const dialects = file === null ? names.map((name) => loadDialect(name, openapi)) : [ownDialect(file, openapi)]
  // A server that wants changes written otherwise is read like any other.
  const variants = file === null ? names.flatMap(variantsOf).map((name) => loadDialect(name, openapi)) : []
  return [readBench(dialects), await writeBench([...dialects, ...variants])]
}

/** What its connector tells, where it has no twin file. */
async function derived(file: string, openapi: string | null): Promise<OwnDialect> {
  const connector = readConnector(file)
  const rig = openRig(() => {
    throw new Error('nothing is played by name here')
  })
  try {
    return await deriveDialect(connector, openapi, (dialect) => tryRead(rig, dialect))
  } finally {
    await rig.close()
  }
}

/** A connector of the user's own, and its twin file beside it. Throws with the place of every fault of either. */
function ownDialect(file: string, openapi: string | null): Dialect {
  return openDialect(readConnector(file), readTwinFile(twinOf(file)), null, openapi)
}

function readBench(dialects: readonly Dialect[], assumed: readonly string[] = []): Bench {
  const named = new Map(dialects.map((dialect) => [dialect.name, dialect]))
  const rig = openRig((name) => known(named, name))
  const policies = once<ReadPolicies>(openReadPolicies)
  const scenarios = new Map(dialects.map((dialect) => [dialect.name, scenariosOf(dialect)]))
  return {
    side: 'read',
    dialects: [...named.keys()],
    scenarios: (name) => scenarios.get(name) ?? [],
    play: (name, scenario, seed, options) =>
      (WATCHING.has(scenario.name) ? playWatch : playRead)(rig, name, scenario, seed, options),
    policies: async (name, { name: wanted }, seed) => {
      const scenario = READ_SCENARIOS.find((one) => one.name === wanted)
      return scenario === undefined ? [] : await (await policies.open()).play(known(named, name), scenario, seed)
    },
    unplayed: (name) => {
      const { connector, file } = known(named, name)
      const streams = connector.order.filter((stream) => file.streams[stream] === undefined)
      // Where no action is played at all the other bench does not know the dialect.
      const actions = Object.keys(file.actions ?? {}).length === 0 ? Object.keys(connector.actions) : []
      const played = feedsOf({ connector, file })
      const feeds = Object.values(connector.feeds).filter((feed) => !played.includes(feed))
      const webhook = connector.webhook !== null && file.webhook === undefined ? ['inbound'] : []
      return [
        ...streams.map((stream) => said('stream', stream, file)),
        ...actions.map((action) => said('action', action, file)),
        ...feeds.map((feed) => said('feed', feed.name, file)),
        ...webhook.map((one) => said('webhook', one, file)),
      ]
    },
    impossible: NOT_PLAYABLE,
    assumed,
    ...(assumed.length === 0 ? {} : { skeleton: () => skeleton((dialects[0] as Dialect).file, assumed) }),
    official: (name) => officialOf(known(named, name)),
    close: async () => {
      await rig.close()
      await policies.close()
    },
  }
}

async function writeBench(dialects: readonly Dialect[]): Promise<Bench> {
  const named = new Map(dialects.map((dialect) => [dialect.name, dialect]))
  const bench = await openWriteBench(dialects)
  const policies = once<WritePolicies>(openWritePolicies)
  return {
    side: 'write',
    dialects: bench.dialects,
    scenarios: bench.scenarios,
    play: async (name, scenario, seed, options) => (await bench.play(name, scenario, seed, options)).run,
    policies: async (name, scenario, seed) => await (await policies.open()).play(known(named, name), scenario, seed),
    impossible: WRITES_NOT_PLAYABLE,
    unplayed: (name) => bench.unplayed(name).map((what) => said('action', what.replace(/^action /, ''), known(named, name).file)),
    official: (name) => officialOf(known(named, name)),
    close: async () => {
      await bench.close()
      await policies.close()
    },
  }
}

function said(kind: string, name: string, file: Dialect['file']): string {
  const because = file.not_played?.[name]
  return because === undefined ? `${kind} ${name}` : `${kind} ${name}: ${because}`
}

function officialOf({ file, official }: Dialect): { readonly files: readonly string[]; readonly because: string | null } {
  const missing = official === null ? (file.official ?? []).map((one) => one.file) : official.missing
  const none = official === null ? 'its twin file names no official description' : null
  return { files: official?.files ?? [], because: missing.length > 0 ? `not found: ${missing.join(', ')}` : none }
}

/** Lies that some stream of the dialect can be told, or some feed of it. */
function scenariosOf(dialect: Dialect): readonly Scenario[] {
  const streams = Object.keys(dialect.file.streams)
  const reads = READ_SCENARIOS.filter(({ target }) => streams.some((stream) => target(dialect, stream))).map((scenario) => ({
    ...scenario,
    costly: scenario.sizes.includes('thousands') || scenario.sizes.includes('parents'),
  }))
  return [...reads, ...WATCH_SCENARIOS.filter((scenario) => fitsWatch(scenario, dialect))]
}

const WATCHING: ReadonlySet<string> = new Set(WATCH_SCENARIOS.map(({ name }) => name))

function known(named: ReadonlyMap<string, Dialect>, name: string): Dialect {
  const dialect = named.get(name)
  if (dialect === undefined) throw new Error(`the lab does not speak ${name}`)
  return dialect
}

/** Opened at the first need; closed where it was. */
function once<T extends { readonly close: () => Promise<void> }>(make: () => Promise<T>) {
  let made: Promise<T> | null = null
  return {
    open: (): Promise<T> => (made ??= make()),
    close: async (): Promise<void> => {
      if (made !== null) await (await made).close()
    },
  }
}
