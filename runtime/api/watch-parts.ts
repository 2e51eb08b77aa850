/** What watching came to, as the API shows it. */
import { ERRORS, type ErrorEntry } from '../errors.ts'
import type { Connection } from '../types.ts'
import { type FeedReport, watchState } from '../watch/once.ts'
import type { Arrival } from '../watch-types.ts'
import type { House, Room, Round, Target } from './types.ts'

/** Of the taken, and of the refused. */
const SHOWN = 20
const KEPT = 2_000

/** A position may hold what the target would take for a credential: it is not shown. */
const feedShown = ({ feed, title, is, because, state }: FeedReport): object => ({
  ...{ feed, title, is, because },
  ...{ since: state?.since ?? null, asked_at: state?.asked_at ?? null, told_until: state?.told_until ?? null },
  ...{ failed: state?.failed ?? null, holes: state?.holes ?? [], agreements: state?.agreements ?? [] },
})

export const roundShown = ({ feeds, breaches, checked_to: _, ...round }: Round): object => ({
  ...round,
  feeds: feeds.map(feedShown),
  reverted: breaches.map(({ assertion: { intent, stream, id }, because }) => ({ intent, stream, id, because })),
})

/** Null: it has none, or the one there was is of an earlier connection of this name. */
export function addressOf({ control }: House, { tenant }: Room, { name, created_at }: Connection): object | null {
  const found = control.inboundOf(tenant, name)
  if (found === null || found.created_at !== created_at) return null
  const { made_at, made_by } = found
  return { connection: name, made_at, made_by }
}

export async function stateShown(house: House, room: Room, { connector, connection }: Target): Promise<object> {
  const { store, watching } = room
  const { name } = connection
  const { feeds, ...unfinished } = await watchState({ connector, connection, store, now: house.now })
  return {
    ...{ connection: name, under_way: watching.running(name), feeds: feeds.map(feedShown), ...unfinished },
    sightings: await store.lastSighting(name),
    webhook: connector.webhook === null ? null : await webhookShown(house, room, connection, connector.webhook.title),
  }
}

async function webhookShown(house: House, room: Room, connection: Connection, title: string): Promise<object> {
  const all = await room.store.arrivals(connection.name, KEPT)
  const some = (refused: boolean) =>
    all
      .filter(({ is }) => (is === 'refused') === refused)
      .slice(0, SHOWN)
      .map(arrivalShown)
  const counts = await room.store.arrivalCounts(connection.name)
  return { title, address: addressOf(house, room, connection), counts, arrivals: some(false), refusals: some(true) }
}

const arrivalShown = (arrival: Arrival): object => ({
  ...arrival,
  means: arrival.is === 'refused' ? ((ERRORS as { readonly [code: string]: ErrorEntry })[arrival.because]?.means ?? null) : null,
})
