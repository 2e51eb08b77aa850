/** What is read, by whom, and the truth of it: what a run of reading needs before it begins. */
import type { Connection } from '../../runtime/types.ts'
import type { Clock } from './clock.ts'
import { type Truth, truthOf } from './oracle/read.ts'
import { type Random, some } from './random.ts'
import type { ReadScenario } from './scenarios/read-types.ts'
import type { Dialect } from './twin/dialect.ts'
import type { Twin } from './twin/types.ts'

export type Truths = ReadonlyMap<string, Truth>

/** The target, what it depends on, and what its proofs lean on. */
export function streamsFor(dialect: Dialect, targets: readonly string[], all: boolean): readonly string[] {
  const played = Object.keys(dialect.file.streams)
  if (all) return dialect.connector.order.filter((name) => played.includes(name))
  const wanted = new Set<string>()
  const want = (name: string): void => {
    const stream = dialect.connector.streams[name]
    if (stream === undefined || wanted.has(name)) return
    for (const each of Object.values(stream.each)) if (each.from === 'stream') want(each.stream)
    wanted.add(name)
    for (const proof of stream.prove)
      for (const other of [proof['of'], proof['stream']]) if (typeof other === 'string' && played.includes(other)) want(other)
    // Edges to what was not read are shown to no end: a credential's as a grant's.
    for (const names of Object.values(stream.refers)) for (const other of names) if (played.includes(other)) want(other)
  }
  for (const target of targets) want(target)
  // Edges name what a list leaves out, where they are not read below it.
  for (const target of targets)
    for (const [name, about] of Object.entries(dialect.file.streams))
      if (about.role === 'edges' && (dialect.file.streams[target]?.role === 'users' || namesApart(dialect, name, target)))
        want(name)
  return dialect.connector.order.filter((name) => wanted.has(name))
}

function namesApart({ connector }: Dialect, edges: string, target: string): boolean {
  const stream = connector.streams[edges]
  const below = Object.values(stream?.each ?? {}).some((each) => each.from === 'stream' && each.stream === target)
  return !below && Object.values(stream?.refers ?? {}).some((names) => names.includes(target))
}

export const truthsOf = (twin: Twin, streams: readonly string[]): Truths =>
  new Map(streams.filter((stream) => twin.file.streams[stream] !== undefined).map((stream) => [stream, truthOf(twin, stream)]))

export function idsOf(twin: Twin, stream: string, random: Random): readonly string[] {
  const of = twin.file.streams[stream]?.of ?? ''
  const ids = [...(twin.world.collections.get(of)?.keys() ?? [])]
  return some(random, of === twin.file.me ? ids.slice(1) : ids, 2)
}

export function connectionFor(
  dialect: Dialect,
  twin: Twin,
  at: Clock,
  scenario: Pick<ReadScenario, 'unattested'>,
  name: string,
  canaries: Connection['canaries'],
): Connection {
  const now = at.now()
  const attests = dialect.connector.scope_proof.length === 0 && dialect.file.attested !== false && scenario.unattested !== true
  const iso = (ms: number) => new Date(ms).toISOString()
  return {
    // One of its own: what another run of a scenario left in the store is no history of this one.
    name,
    connector: dialect.connector.connector,
    connector_file: dialect.connector.connector,
    settings: twin.settings,
    secrets: {},
    owner: null,
    attested: attests ? { by: 'the lab', at: iso(now), until: iso(now + 86_400_000), reason: 'the twin shows everybody' } : null,
    canaries,
    allow_private: true,
    created_at: iso(now),
  }
}
