/** What a certification is about: which streams, which of their records, and which of them are decided upon one by one. */
import type { ScopePart } from '../../certify-types.ts'
import { Failure } from '../../errors.ts'
import type { Connector, RecordType, Stream } from '../../types.ts'
import type { Target } from '../facts.ts'

export type ScopeAsked = {
  readonly connections: readonly string[]
  /** None, and no types: every certified stream. */
  readonly streams: readonly string[]
  readonly types: readonly RecordType[]
  /** `stream` null: every stream in scope that has the field. */
  readonly where: readonly { readonly stream: string | null; readonly field: string; readonly is: string }[]
  /** None: the grants in scope, and where there are none the accounts. */
  readonly review: readonly string[]
}

/** Throws `Failure` certify/scope. */
export function scopeOf(asked: ScopeAsked, targets: ReadonlyMap<string, Target>): readonly ScopePart[] {
  const wrong = (because: string): Failure => new Failure('certify/scope', 'scope', because)
  const chosen = asked.connections.flatMap((connection) =>
    streamsOf((targets.get(connection) as Target).connector, asked).map((stream) => ({ connection, stream })),
  )
  if (chosen.length === 0) throw wrong('no stream in scope is certified')
  const has = (name: string) => chosen.some(({ stream }) => stream.name === name)
  for (const name of [...asked.streams, ...asked.review])
    if (!has(name)) throw wrong(`no connection in scope has the stream ${name}`)
  for (const { stream, field } of asked.where)
    if (!chosen.some((one) => (stream === null || stream === one.stream.name) && Object.hasOwn(one.stream.fields, field)))
      throw wrong(`no stream in scope has the field ${stream === null ? '' : `${stream}.`}${field}`)
  const grants = chosen.some(({ stream }) => stream.is === 'grant')
  const isReviewed = (stream: Stream) =>
    asked.review.length > 0 ? asked.review.includes(stream.name) : stream.is === (grants ? 'grant' : 'account')
  if (!chosen.some(({ stream }) => isReviewed(stream)))
    throw wrong('nothing in it is decided upon: no grants and no accounts; name a stream to review')
  return chosen.map(({ connection, stream }) => ({
    connection,
    stream: stream.name,
    where: Object.fromEntries(
      asked.where
        .filter((one) => (one.stream === null || one.stream === stream.name) && Object.hasOwn(stream.fields, one.field))
        .map(({ field, is }) => [field, is]),
    ),
    reviewed: isReviewed(stream),
  }))
}

function streamsOf(connector: Connector, { streams, types }: ScopeAsked): readonly Stream[] {
  const all = connector.order.flatMap((name) => connector.streams[name] ?? [])
  return streams.length === 0 && types.length === 0
    ? all.filter(({ certified }) => certified)
    : all.filter(({ name, is }) => streams.includes(name) || types.includes(is))
}
