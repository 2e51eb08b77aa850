/** What is watched, what happens there meanwhile, and who sends what: what a run of watching needs before it begins. Nothing of the runtime runs yet. */
import type { Feed, Json } from '../../runtime/types.ts'
import type { WatchLie } from './faults/watch.ts'
import { oneOf, type Random, some, upTo } from './random.ts'
import type { FeedAim, WatchScenario } from './scenarios/watch.ts'
import type { Dialect } from './twin/dialect.ts'
import type { Entry, Twin } from './twin/types.ts'
import { openSender } from './twin/webhook.ts'

export const MINUTE_MS = 60_000
const UNITS: { readonly [unit: string]: number } = { s: 1000, m: MINUTE_MS, h: 3_600_000, d: 86_400_000 }

/** What an event may be late by before it is lost; a delta has no such span. */
export function overlapOf(feed: Feed): number {
  const [, count = '0', unit = 's'] =
    /^(\d+)([smhd])$/.exec(String(feed.from['overlap'] ?? (feed.from.kind === 'events' ? '10m' : '0s'))) ?? []
  return Number(count) * (UNITS[unit] ?? 0)
}

/** Feeds of the connector that the twin file tells the shape of. */
export const feedsOf = ({ connector, file }: Pick<Dialect, 'connector' | 'file'>): readonly Feed[] =>
  Object.values(connector.feeds).filter(({ name }) => file.feeds?.[name] !== undefined)

export const senderOf = ({ connector, file }: Pick<Dialect, 'connector' | 'file'>) =>
  connector.webhook === null || file.webhook === undefined ? null : openSender(connector.webhook, file.webhook)

/** Streams that a feed or the webhook names and of which the twin file tells the truth. */
export function watchedOf({ connector, file }: Pick<Dialect, 'connector' | 'file'>): readonly string[] {
  const names = [...Object.values(connector.feeds).flatMap((feed) => feed.names), ...(connector.webhook?.names ?? [])]
  return [...new Set(names.map(({ stream }) => stream))].filter((stream) => file.streams[stream] !== undefined)
}

/** Those, what they are read below, and what their proofs lean on: as little as makes them complete. */
export function readFor({ connector, file }: Pick<Dialect, 'connector' | 'file'>, streams: readonly string[]): readonly string[] {
  const wanted = new Set<string>()
  const want = (name: string): void => {
    const stream = connector.streams[name]
    if (stream === undefined || wanted.has(name)) return
    wanted.add(name)
    for (const each of Object.values(stream.each)) if (each.from === 'stream') want(each.stream)
    for (const proof of stream.prove)
      for (const other of [proof['of'], proof['stream']])
        if (typeof other === 'string' && file.streams[other] !== undefined) want(other)
  }
  for (const stream of streams) want(stream)
  return connector.order.filter((stream) => wanted.has(stream))
}

const PAGED = ['link', 'cursor', 'next_url']

function fitsFeed(needs: WatchScenario['needs'], feed: Feed): boolean {
  if (needs === 'events' || needs === 'delta') return feed.from.kind === needs
  return needs !== 'paged' || PAGED.includes(feed.pages.kind)
}

export function fitsWatch(scenario: WatchScenario, dialect: Dialect): boolean {
  const sender = senderOf(dialect)
  // Some targets send and have no feed.
  if (scenario.feed.length > 0 || sender === null)
    if (!feedsOf(dialect).some((feed) => fitsFeed(scenario.needs, feed))) return false
  switch (scenario.needs) {
    case 'webhook':
      return sender !== null
    case 'feed':
      return feedsOf(dialect).length > 0
    case 'signed':
      return sender?.signs === true
    case 'dated':
      return sender?.dated === true
    default:
      return true
  }
}

/** Which feed lies, and how. */
export function liesFor(scenario: WatchScenario, dialect: Dialect, random: Random): readonly WatchLie[] {
  if (scenario.feed.length === 0) return []
  const able = feedsOf(dialect).filter((feed) => fitsFeed(scenario.needs, feed))
  // People's own feed more often than others.
  const feed = oneOf(
    random,
    able.flatMap((one) => (namesUsers(dialect, one) ? [one, one] : [one])),
  )
  return scenario.feed.map((aim) => ({
    fault: aim.fault,
    feed: feed.name,
    ...(aim.times === undefined ? {} : { times: aim.times }),
    ...(aim.page === undefined ? {} : { page: aim.page }),
    ...(aim.late === undefined ? {} : { ms: lateBy(aim.late, overlapOf(feed), random) }),
  }))
}

const namesUsers = ({ file }: Dialect, feed: Feed): boolean =>
  feed.names.some(({ stream }) => file.streams[stream]?.role === 'users')

function lateBy(late: NonNullable<FeedAim['late']>, overlap_ms: number, random: Random): number {
  return late === 'within' ? Math.round(overlap_ms * (0.3 + 0.4 * random())) : overlap_ms * 3 + 10 * MINUTE_MS
}

// ---------------------------------------------------------------- what happens

const KINDS = ['created', 'updated', 'updated', 'deleted'] as const

export type Doings = {
  /** One change of the kind, or of any; in this stream, or in any that is watched; of somebody of whom nothing happened yet. */
  readonly happen: (what?: (typeof KINDS)[number], stream?: string) => void
  /** Of those of whom nothing happened yet all but a third go. */
  readonly leave: (stream: string) => void
  /** Of a watched stream of people: somebody who is there and of whom nothing happened. */
  readonly quiet: () => { readonly of: string; readonly entry: Entry } | null
}

export function doingsIn(twin: Twin, streams: readonly string[], random: Random): Doings {
  const touched = new Set<string>()
  const untouched = (of: string): readonly Entry[] => {
    const all = [...(twin.world.collections.get(of)?.values() ?? [])]
    return (of === twin.file.me ? all.slice(1) : all).filter((entry) => !touched.has(entry.id))
  }
  const weighted = streams.flatMap((stream) => {
    const told = twin.file.streams[stream]
    return told === undefined ? [] : told.role === 'users' ? [told, told, told] : [told]
  })
  return {
    happen(what = oneOf(random, KINDS), stream) {
      const { of, fields } = (stream === undefined ? undefined : twin.file.streams[stream]) ?? oneOf(random, weighted)
      const [victim] = some(random, untouched(of), 1)
      const path = placeOf(fields)
      if (what === 'created' || victim === undefined || (what === 'updated' && path === null)) {
        const entry = twin.world.make(of)
        touched.add(entry.id)
        twin.history.act([{ do: 'put', of, entry }])
        return
      }
      touched.add(victim.id)
      if (what === 'deleted') twin.history.drop(of, victim.id)
      else twin.history.act([{ do: 'set', of, id: victim.id, path: path as string, to: `Changed ${1 + upTo(random, 9_000)}` }])
    },
    leave(stream) {
      const of = twin.file.streams[stream]?.of ?? ''
      const all = untouched(of)
      for (const { id } of some(random, all, Math.ceil((all.length * 2) / 3))) {
        touched.add(id)
        twin.history.drop(of, id)
      }
    },
    quiet() {
      const of = weighted[0]?.of ?? ''
      const [entry] = some(random, untouched(of), 1)
      if (entry === undefined) return null
      touched.add(entry.id)
      return { of, entry }
    },
  }
}

const HARMLESS = ['title', 'displayName', 'department', 'description']

/** Where a value lies that can be anything. */
function placeOf(fields: { readonly [field: string]: Json }): string | null {
  for (const field of HARMLESS) {
    const found = /^\{record\.([^{}]+)\}$/.exec(String(fields[field] ?? ''))
    if (found !== null) return found[1] as string
  }
  return null
}
