/**
 * One poll of a feed: from where it stands to its declared end, and whom it named, in one transaction. Nothing of an item is taken but the ids
 * it names: order, doubles and lateness make no difference. What the feed can no longer tell becomes a hole.
 */
import { Failure } from '../errors.ts'
import type { FeedAsk } from '../kinds/kind.ts'
import { compileValue } from '../kinds/value/value.ts'
import type { Feed } from '../types.ts'
import type { Advance, FeedState, Hole, Position, Touched } from '../watch-types.ts'
import { iso, namesOf, type WatchContext } from './context.ts'
import { compileFeed, type FeedPages, followFeed } from './feed-pages.ts'
import { openNaming } from './naming.ts'

export type Poll = {
  readonly feed: string
  /** `overtaken`: somebody else has polled meanwhile, and theirs counts. `stopped`: on request; nothing is written. */
  readonly is: 'told' | 'hole' | 'failed' | 'overtaken' | 'stopped'
  readonly because: string | null
  readonly pages: number
  /** Items that came; of them events that were not known. A feed without ids: all. */
  readonly items: number
  readonly fresh: number
  /** Records named. */
  readonly touched: number
  /** Items of which it cannot be said whom they are about. */
  readonly unnamed: number
}

/** Never rejects for what a target does. */
export async function pollFeed(context: WatchContext, feed: Feed): Promise<Poll> {
  const { store, connection, now } = context
  const state = (await store.feeds(connection.name)).find((one) => one.feed === feed.name) ?? null
  const seen = openSeen(context, feed)
  const polled = await ask(context, feed, state?.position ?? null, seen.take)
  const poll = { feed: feed.name, pages: polled.pages, items: seen.items(), fresh: seen.fresh(), unnamed: seen.unnamed() }
  if (context.signal?.aborted) return { ...poll, is: 'stopped', because: 'stopped on request', touched: 0 }
  const at = iso(now())
  if (polled.is === 'failed') {
    await store.failed(connection.name, feed.name, polled.because, at)
    return { ...poll, is: 'failed', because: polled.because, touched: 0 }
  }
  const lost = polled.lost ?? (await forgotten(context, feed, state, seen.events(), at))
  const hole: Hole | null = lost === null ? null : { feed: feed.name, from: state?.told_until ?? at, to: at, because: lost }
  const touched = seen.touched()
  const advance: Advance = {
    feed: feed.name,
    streams: [...new Set(feed.names.map(({ stream }) => stream))],
    from: state?.position ?? null,
    to: polled.to,
    at,
    told_until: iso(polled.told_until_ms),
    events: eventsOf(seen.events(), polled, now()),
    forget_before: polled.forget_before_ms === null ? null : iso(polled.forget_before_ms),
    touched,
    hole,
  }
  try {
    await store.advance(connection.name, advance)
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'store/ended') throw error
    return { ...poll, is: 'overtaken', because: 'another poll of this feed ended first', touched: 0 }
  }
  return { ...poll, is: hole === null ? 'told' : 'hole', because: hole?.because ?? null, touched: touched.length }
}

// ---------------------------------------------------------------- asking

type Told = {
  readonly is: 'told'
  readonly pages: number
  readonly to: Position
  readonly told_until_ms: number
  readonly forget_before_ms: number | null
  /** Why what was before is lost; null: it is not. */
  readonly lost: string | null
}
type Asked = Told | { readonly is: 'failed'; readonly pages: number; readonly because: string }
type Take = (items: readonly unknown[]) => Promise<void>

async function ask(context: WatchContext, feed: Feed, position: Position | null, take: Take): Promise<Asked> {
  const pages = compileFeed(feed)
  // The instant before anything is asked: what happens while it answers may be told next time.
  const now_ms = context.now()
  const wanted = pages.word.ask(feed.from, position, now_ms)
  if (wanted.ask === 'nothing') return begun(feed, pages, wanted.to, now_ms)
  if (wanted.ask === 'lost') return await anew(context, feed, pages, position, wanted.because, 0)
  const followed = await followFeed(context, feed, pages, wanted, position === null ? nobody : take)
  switch (followed.is) {
    case 'failed':
      return followed
    case 'lost':
      return await anew(
        context,
        feed,
        pages,
        position,
        `the target no longer knows the position: ${followed.because}`,
        followed.pages,
      )
    case 'endless':
      return await anew(context, feed, pages, position, followed.because, followed.pages)
    case 'whole': {
      const done = pages.word.after(feed.from, position, { body: followed.body, now_ms })
      if ('broken' in done) return { is: 'failed', pages: followed.pages, because: done.broken }
      return { is: 'told', pages: followed.pages, ...done, lost: null }
    }
  }
}

/** What is listed before the first position names nobody. */
const nobody: Take = async () => {}

/** From here on, as if it had never been asked: what was told so far is kept, what was not is a hole. */
async function anew(
  context: WatchContext,
  feed: Feed,
  pages: FeedPages,
  position: Position | null,
  lost: string,
  before: number,
): Promise<Asked> {
  if (position === null) return { is: 'failed', pages: before, because: lost }
  const now_ms = context.now()
  const wanted: FeedAsk = pages.word.ask(feed.from, null, now_ms)
  if (wanted.ask === 'lost') return { is: 'failed', pages: before, because: wanted.because }
  if (wanted.ask === 'nothing') return { ...begun(feed, pages, wanted.to, now_ms), pages: before, lost }
  const followed = await followFeed(context, feed, pages, wanted, nobody)
  const count = before + followed.pages
  if (followed.is === 'endless') return { is: 'failed', pages: count, because: `${lost}; and its beginning has no end either` }
  if (followed.is !== 'whole') return { is: 'failed', pages: count, because: `${lost}; and anew: ${followed.because}` }
  const done = pages.word.after(feed.from, null, { body: followed.body, now_ms })
  if ('broken' in done) return { is: 'failed', pages: count, because: `${lost}; and anew: ${done.broken}` }
  return { is: 'told', pages: count, ...done, lost }
}

function begun(feed: Feed, { word }: FeedPages, to: Position, now_ms: number): Told {
  const done = word.after(feed.from, to, { body: null, now_ms })
  const told = 'broken' in done ? { told_until_ms: now_ms, forget_before_ms: null } : done
  return { is: 'told', pages: 0, ...told, to, lost: null }
}

// ---------------------------------------------------------------- what came

type Event = { readonly id: string; readonly at_ms: number | null }

/** Page by page: the new events of each, and whom they name. Kept are ids alone. */
function openSeen(context: WatchContext, feed: Feed) {
  const naming = openNaming(feed.names)
  const id = feed.id === null ? null : compileValue(feed.id, [])
  const vars = { settings: namesOf(context)['settings'] }
  const { word } = compileFeed(feed)
  const events = new Map<string, Event>()
  const touched = new Map<string, Touched>()
  const counts = { items: 0, fresh: 0, unnamed: 0 }
  const take: Take = async (items) => {
    const told = items.map((item) => ({ item, id: id === null ? null : eventId(id, item, vars) }))
    const ids = told.flatMap((one) => (one.id === null ? [] : [one.id]))
    const fresh = new Set(ids.length === 0 ? [] : await context.store.newEvents(context.connection.name, feed.name, ids))
    // One without an id cannot be known again: it counts as new each time it comes.
    const news = told.filter((one) => one.id === null || fresh.has(one.id))
    const named = naming(
      news.map(({ item }) => item),
      vars,
    )
    for (const one of named.touched) touched.set(`${one.stream}\n${one.id}`, one)
    for (const one of told) if (one.id !== null) events.set(one.id, { id: one.id, at_ms: word.at(feed.from, one.item) })
    counts.items += items.length
    counts.fresh += news.length
    counts.unnamed += named.unnamed
  }
  return {
    take,
    events: (): ReadonlyMap<string, Event> => events,
    touched: () => [...touched.values()],
    items: () => counts.items,
    fresh: () => counts.fresh,
    unnamed: () => counts.unnamed,
  }
}

const MOST_LENGTH = 1_024

function eventId(id: ReturnType<typeof compileValue>, item: unknown, vars: object): string | null {
  try {
    const value = id(item, { ...vars })
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
    return typeof value === 'string' && value !== '' && value.length <= MOST_LENGTH ? value : null
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}

/** An event without a time is kept, and never missed: nobody can say when it should be told again. One of the future is of now. */
function eventsOf(events: ReadonlyMap<string, Event>, { told_until_ms }: Told, now_ms: number): Advance['events'] {
  return [...events.values()].map(({ id, at_ms }) => ({
    id,
    at: iso(at_ms === null ? told_until_ms : Math.min(Math.max(at_ms, 0), now_ms)),
  }))
}

/** Times are cut to whole seconds by targets and by what asks them. */
const MARGIN_MS = 1_000

/** Why events that were told are missing from the span that was asked for again; null: none is. */
async function forgotten(
  { store, connection }: WatchContext,
  feed: Feed,
  state: FeedState | null,
  told: ReadonlyMap<string, Event>,
  at: string,
): Promise<string | null> {
  if (feed.id === null || state?.position == null || state.told_until === null) return null
  const from = iso(Date.parse(state.told_until) + MARGIN_MS)
  const known = from < at ? await store.knownEvents(connection.name, feed.name, from, at) : []
  const missing = known.filter((id) => !told.has(id)).length
  return missing === 0 ? null : `it forgot ${missing === 1 ? 'an event' : `${missing} events`} it had told`
}
