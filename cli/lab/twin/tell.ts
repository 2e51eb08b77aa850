/** What a feed or a webhook says of one thing that happened, truly; and what a lie makes of it. */
import { createHash } from 'node:crypto'
import { over } from './path.ts'
import { render } from './template.ts'
import type { FeedItem, FeedSpec, Happened, Scope, TwinView } from './types.ts'

/** What the feed tells of one thing that happened. */
export function itemOf(twin: Pick<TwinView, 'world'>, feed: string, spec: Pick<FeedSpec, 'of'>, one: Happened): FeedItem {
  const id = uuidOf(`${feed}/${one.no}`)
  const at = new Date(one.at_ms).toISOString()
  const own: Scope = (name) => ({ what: one.what, at, uuid: id })[name]
  const told = spec.of[one.of] as FeedSpec['of'][string]
  const template = one.what === 'deleted' && told.gone !== undefined ? told.gone : told.as
  const body = template === undefined ? twin.world.shown(one.of, one.entry) : twin.world.told(one.of, one.entry, template, own)
  const names = Object.entries(told.names ?? { [one.of]: '{id}' }).map(([of, about]) => ({
    feed,
    of,
    id: String(twin.world.told(one.of, one.entry, about, own)),
  }))
  return { id, ord: one.no, of: one.of, what: one.what, at_ms: one.at_ms, body, names }
}

/** The same item with a lie about the state laid over it. As it was where the file has none. */
export function liedOf(spec: Pick<FeedSpec, 'of'>, item: FeedItem): FeedItem {
  const laid = spec.of[item.of]?.lie
  if (laid === undefined) return item
  const own: Scope = (name) => (name === 'at' ? new Date(item.at_ms).toISOString() : undefined)
  return { ...item, body: over(item.body, render(laid, { scope: own, random: null, lists: null }) ?? {}) }
}

/** The same for the same event, whenever it is told. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
