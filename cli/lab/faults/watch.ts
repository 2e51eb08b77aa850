/** Lies of feeds: what they leave out, put off, make up and say of somebody's state. Lies about a page of one are those about any page (`read.ts`). */
import { some } from '../random.ts'
import { itemOf, liedOf, uuidOf } from '../twin/tell.ts'
import type { Ask, Entry, FeedItem, FeedSpec, Hooks, Named, Telling, TwinView } from '../twin/types.ts'
import { READ_FAULTS, readHooks } from './read.ts'

export type WatchLie = {
  readonly fault: string
  readonly feed: string
  /** Fires at most so often; absent: always. */
  readonly times?: number
  readonly page?: number
  /** How long something is held back. */
  readonly ms?: number
}

type Struck = { readonly lie: WatchLie; readonly told: Telling; readonly twin: TwinView; readonly kept: Kept }
/** What a lie keeps between its strikes. */
type Kept = {
  readonly hidden: Set<string>
  readonly seen: Map<string, number>
  made: readonly FeedItem[] | null
  upto: number | null
}

type WatchFault = {
  readonly says: string
  /** Feeds that it can strike; absent: all. */
  readonly of?: 'events' | 'delta'
  readonly items?: (struck: Struck) => readonly FeedItem[]
  /** In place of an answer. `first`: the position is asked for the first time, or anew. */
  readonly instead?: 'expired' | 'not_found'
  /** Strikes by-id reads, not the feed. */
  readonly by_id?: true
  /** Takes the position from the last page. */
  readonly positionless?: true
}

const keyOf = ({ of, id }: Pick<Named, 'of' | 'id'>): string => `${of}/${id}`
/** Everything that names one of them: a change that is told by another item is told. */
const without = (items: readonly FeedItem[], hidden: ReadonlySet<string>): readonly FeedItem[] =>
  items.filter((item) => !item.names.some((named) => hidden.has(keyOf(named))))

/** Items about a record itself, not about what ties it to others. */
function plain({ items }: Telling): readonly FeedItem[] {
  return items.filter(({ of, names }) => names.length === 1 && names[0]?.of === of)
}

export const FEED_FAULTS: { readonly [name: string]: WatchFault } = {
  skips_one: {
    says: 'nothing is told of one change',
    items: ({ told, twin, kept }) => {
      const [victim] = kept.hidden.size > 0 ? [] : some(twin.random, plain(told), 1)
      if (victim !== undefined) for (const named of victim.names) kept.hidden.add(keyOf(named))
      return without(told.items, kept.hidden)
    },
  },
  skips_removals: {
    says: 'nothing is told of any removal',
    items: ({ told, kept }) => {
      for (const item of plain(told)) if (item.what === 'deleted') for (const named of item.names) kept.hidden.add(keyOf(named))
      return without(told.items, kept.hidden)
    },
  },
  starts_from_now: {
    says: 'a position is taken for now, in silence: what lies behind it is told to nobody',
    items: ({ told, kept }) => {
      if (told.items.length > 0) kept.upto ??= told.place
      return told.items.filter((item) => item.ord > (kept.upto ?? 0))
    },
  },
  forgets: {
    says: 'an event that was told is not told again, where it must be',
    of: 'events',
    items: ({ told, twin, kept }) => {
      const since = told.span?.since ?? 0
      // Told by an earlier poll: on another page of this one it would only be skipped.
      const again = plain(told).filter((item) => (kept.seen.get(item.id) ?? since) !== since)
      const [victim] = kept.hidden.size > 0 ? [] : some(twin.random, again, 1)
      if (victim !== undefined) kept.hidden.add(victim.id)
      for (const item of told.items) if (!kept.seen.has(item.id)) kept.seen.set(item.id, since)
      return told.items.filter((item) => !kept.hidden.has(item.id))
    },
  },
  late: {
    says: 'events are shown only a while after they happened',
    of: 'events',
    items: ({ told, twin, lie }) => told.items.filter((item) => twin.now() >= item.at_ms + (lie.ms ?? 0)),
  },
  doubled: {
    says: 'everything is told twice',
    items: ({ told }) => told.items.flatMap((item) => [item, { ...item, ord: item.ord + 0.5 }]),
  },
  reordered: {
    says: 'the newest is told first',
    items: ({ told }) => (told.items.length < 2 ? told.items : told.items.toReversed()),
  },
  invents: {
    says: 'somebody is named who never was',
    items: (struck) => added(struck, (of, { twin }) => [twin.world.make(of)]),
  },
  lies: {
    says: 'items say of people what is not so: gone, switched off',
    items: (struck) => {
      const spec = specOf(struck)
      const more = added(struck, (of, { twin }) => {
        const all = [...(twin.world.collections.get(of)?.values() ?? [])]
        return some(twin.random, of === twin.file.me ? all.slice(1) : all, 2)
      })
      return more.map((item) => liedOf(spec, item))
    },
  },
  broken_item: {
    says: 'an item of which nothing can be read, in place of one',
    items: ({ told, twin, kept }) => {
      const [victim] = kept.hidden.size > 0 ? [] : some(twin.random, plain(told), 1)
      if (victim !== undefined) for (const named of victim.names) kept.hidden.add(keyOf(named))
      return told.items.map((item) =>
        item.names.some((named) => kept.hidden.has(keyOf(named))) ? { ...item, body: {}, names: [] } : item,
      )
    },
  },
  gone: { says: 'the position is refused: what lies behind it is kept no longer', instead: 'expired' },
  no_position: { says: 'the last page gives no position', of: 'delta', positionless: true },
  nobody_by_id: { says: 'by id nobody is found, whoever is asked for', by_id: true, instead: 'not_found' },
}

export const isFeedFault = (name: string): boolean => FEED_FAULTS[name] !== undefined
export const isPageFault = (name: string): boolean => READ_FAULTS[name] !== undefined

/** One hook a lie. */
export function watchHooks(lies: readonly WatchLie[]): readonly Hooks[] {
  return lies.flatMap((lie) => {
    const fault = FEED_FAULTS[lie.fault]
    if (fault !== undefined) return [hookOf(lie, fault)]
    const { feed, ms: _, ...rest } = lie
    return readHooks([{ ...rest, stream: `feed:${feed}` }])
  })
}

function hookOf(lie: WatchLie, fault: WatchFault): Hooks {
  let struck = 0
  const kept: Kept = { hidden: new Set(), seen: new Map(), made: null, upto: null }
  const left = () => struck < (lie.times ?? Number.POSITIVE_INFINITY)
  const strike = (twin: TwinView): void => {
    struck++
    twin.fire(lie.fault)
  }
  const { items, instead, by_id, positionless } = fault
  return {
    ...(instead === undefined
      ? {}
      : {
          instead: (ask: Ask, twin: TwinView) => {
            const hit = by_id === true ? ask.kind === 'get' : ask.streams.includes(`feed:${lie.feed}`) && asksFrom(ask, lie, twin)
            if (!hit || !left()) return null
            strike(twin)
            return twin.error(instead)
          },
        }),
    ...(items === undefined
      ? {}
      : {
          tells: (_ask: Ask, told: Telling, twin: TwinView) => {
            if (told.feed !== lie.feed) return told.items
            const out = items({ lie, told, twin, kept })
            if (!same(out, told.items)) strike(twin)
            return out
          },
        }),
    ...(positionless === true
      ? {
          body: (ask: Ask, body, twin: TwinView) => {
            const place = String(twin.connector.feeds[lie.feed]?.from['position'])
            if (!ask.streams.includes(`feed:${lie.feed}`) || !left()) return body
            const key = place.replaceAll('"', '')
            if (typeof body !== 'object' || body === null || Array.isArray(body) || !Object.hasOwn(body, key)) return body
            strike(twin)
            const { [key]: _, ...rest } = body as { readonly [key: string]: never }
            return rest
          },
        }
      : {}),
  }
}

/** Not the first question of a delta, which has no position to refuse. */
function asksFrom(ask: Ask, lie: WatchLie, twin: TwinView): boolean {
  const spec = twin.file.feeds?.[lie.feed]
  if (spec?.token === undefined) return true
  const token = ask.query.get(spec.token)
  return token !== null && token !== spec.latest
}

const specOf = ({ twin, lie }: Struck): FeedSpec => twin.file.feeds?.[lie.feed] ?? { of: {} }

/** The items, and one about each of some more: told once, and again where the same time is asked for again. */
function added(struck: Struck, choose: (of: string, struck: Struck) => readonly Entry[]): readonly FeedItem[] {
  const { told, twin, lie, kept } = struck
  const spec = specOf(struck)
  if (kept.made === null) {
    const of = Object.keys(spec.of).find((name) => spec.of[name]?.names === undefined) ?? ''
    const at_ms = told.span === null ? twin.now() : Math.min(twin.now(), told.span.until) - 1
    kept.made = choose(of, struck).map((entry, place) => {
      const item = itemOf(twin, lie.feed, spec, { no: 0, at_ms, what: 'updated', of, id: entry.id, entry })
      return { ...item, id: uuidOf(`${lie.feed}/made up/${place}`), ord: told.place + (place + 1) / 1000 }
    })
    return [...told.items, ...kept.made]
  }
  const { span } = told
  const again = span === null ? [] : kept.made.filter((item) => item.at_ms >= span.since && item.at_ms < span.until)
  return [...told.items, ...again].toSorted((a, b) => a.ord - b.ord)
}

const same = (a: readonly FeedItem[], b: readonly FeedItem[]): boolean =>
  a === b || (a.length === b.length && a.every((item, place) => item === b[place]))
