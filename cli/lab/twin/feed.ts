/** A feed: what happened as the target tells it, since an instant or a position, in pages like any list. What it says beside that it is lies. */
import type { Feed, Json } from '../../../runtime/types.ts'
import { type Inside, paged } from './answer.ts'
import type { Served } from './dialect.ts'
import { capture } from './match.ts'
import { put } from './path.ts'
import { itemOf } from './tell.ts'
import type { Answer, Ask, EndpointSpec, Entry, FeedItem, FeedSpec, Happened, Named, Native } from './types.ts'

type Body = { readonly status: number; readonly headers: Answer['headers']; readonly body: Json | undefined }
type Told = { readonly answer: Body | Answer; readonly names: readonly Named[] }

export function feedAnswer(twin: Inside, ask: Ask, served: Served): Told {
  const { feed: name } = served.spec as Extract<EndpointSpec, { readonly feed: string }>
  const feed = twin.connector.feeds[name] as Feed
  const spec = twin.file.feeds?.[name] as FeedSpec
  const { happened } = twin.history
  const refused = (what: 'expired' | 'bad_request'): Told => ({ answer: twin.error(what), names: [] })
  let items: readonly FeedItem[]
  let span: { readonly since: number; readonly until: number } | null = null
  if (feed.from.kind === 'events') {
    span = spanOf(feed, ask)
    if (span === null) return refused('bad_request')
    const { since, until } = span
    items = happened
      .filter(({ of, at_ms }) => spec.of[of] !== undefined && at_ms >= since && at_ms < until)
      .map((one) => itemOf(twin, name, spec, one))
  } else {
    const token = tokenOf(feed, spec, ask)
    const from = token === null ? 0 : token === spec.latest ? happened.length : numberOf(token)
    if (from === null || from > happened.length) return refused('expired')
    items = token === null ? everybody(twin, name, spec) : states(twin, name, spec, happened.slice(from))
  }
  for (const hook of twin.hooks) items = hook.tells?.(ask, { feed: name, items, span, place: happened.length }, twin) ?? items
  const entries = items.map(entryOf)
  const { answer, page } = paged(twin, ask, served.list as NonNullable<Served['list']>, entries, (entry) => entry.native, {
    headers: {},
    around: spec.around,
    absent: false,
  })
  const sent = new Set(page?.rows?.map((row) => row.entry))
  const names = items.flatMap((item, place) => (sent.has(entries[place] as Entry) ? item.names : []))
  if (page?.spot.page === 1) twin.begun.set(ask.enumeration, happened.length)
  if ('text' in answer || page === null || page.next !== null || feed.from.kind === 'events') return { answer, names }
  const body = structuredClone(answer.body) as Native
  put(
    body,
    String(feed.from['position']).replaceAll('"', ''),
    positionOf(twin, ask, feed, spec, twin.begun.get(ask.enumeration) ?? happened.length),
  )
  return { answer: { ...answer, body }, names }
}

/** Of each record that was touched its newest state, in the order in which they were touched last. */
function states(twin: Inside, feed: string, spec: FeedSpec, some: readonly Happened[]): readonly FeedItem[] {
  const newest = new Map<string, Happened>()
  for (const one of some) {
    if (spec.of[one.of] === undefined) continue
    const key = `${one.of}/${one.id}`
    newest.delete(key)
    newest.set(key, one)
  }
  return [...newest.values()].map((one) => itemOf(twin, feed, spec, one))
}

/** A delta from its beginning: whoever is there. */
function everybody(twin: Inside, feed: string, spec: FeedSpec): readonly FeedItem[] {
  return Object.keys(spec.of).flatMap((of) =>
    [...(twin.world.collections.get(of)?.values() ?? [])].map((entry) => ({
      ...itemOf(twin, feed, spec, { no: 0, at_ms: twin.now(), what: 'created', of, id: entry.id, entry }),
      id: `${of}/${entry.id}`,
      ord: entry.ord,
      // Where a delta begins nothing is told of anybody yet.
      names: [],
    })),
  )
}

const entryOf = (item: FeedItem): Entry => ({ id: item.id, ord: item.ord, links: {}, native: item.body as Native })

/** What stands in the request where the connector has a hole: `{since}`, `{until}`, `{position}`. */
function holesOf(feed: Feed, ask: Ask): { readonly [hole: string]: string } {
  const found = feed.list.query.map(([name, template]) => {
    const text = ask.query.get(name)
    return text === null ? {} : (capture(String(template), text) ?? {})
  })
  return Object.assign({}, ...found)
}

function spanOf(feed: Feed, ask: Ask): { readonly since: number; readonly until: number } | null {
  const { since, until } = holesOf(feed, ask)
  const from = instantOf(feed, since)
  return from === null ? null : { since: from, until: instantOf(feed, until) ?? Number.POSITIVE_INFINITY }
}

function instantOf(feed: Feed, text: string | undefined): number | null {
  if (text === undefined || text === '') return null
  const is = feed.from['since_is'] ?? 'iso'
  const ms = is === 'iso' ? Date.parse(text) : Number(text) * (is === 'epoch_s' ? 1000 : 1)
  return Number.isNaN(ms) ? null : ms
}

/** Does a position go back as a token in a request of ours, or is it a whole address? */
const byToken = (feed: Feed): boolean => JSON.stringify(feed.list).includes('{position}')

function tokenOf(feed: Feed, spec: FeedSpec, ask: Ask): string | null {
  const own = spec.token === undefined ? null : ask.query.get(spec.token)
  return own ?? (byToken(feed) ? (holesOf(feed, ask)['position'] ?? null) : null)
}

const positionText = (place: number): string => `p${Buffer.from(`at ${place}`).toString('base64url')}`
function numberOf(token: string): number | null {
  const found = /^at (\d+)$/.exec(Buffer.from(token.slice(1), 'base64url').toString())
  return found === null ? null : Number(found[1])
}

function positionOf(twin: Inside, ask: Ask, feed: Feed, spec: FeedSpec, place: number): string {
  if (byToken(feed)) return positionText(place)
  const url = new URL(twin.url(ask, {}))
  return `${url.origin}${url.pathname}?${new URLSearchParams({ [spec.token ?? '']: positionText(place) })}`
}
