/**
 * Whoever was named is looked at, by id, and what that shows is written down: a sighting. A batch at a time, so that any number may wait.
 * Snapshots, records, changes and verdicts stay as the whole reads left them.
 */
import type { NewSighting } from '../store/watch-port.ts'
import type { JsonObject } from '../types.ts'
import type { Sighting, Waiting } from '../watch-types.ts'
import { type AskById, openById, type Seen } from './by-id.ts'
import { iso, type WatchContext } from './context.ts'
import { type Control, controlOf, MINUTE_MS } from './control.ts'

/** After so many looks without an answer a record waits on until it is named again, and is named in the state. */
export const MOST_TRIES = 5

export type LookOptions = {
  /** Looks at most; absent: until nobody waits. */
  readonly limit?: number
  readonly onSighting?: (sighting: Sighting) => void
}

export type Looked = {
  readonly looks: number
  readonly alive: number
  readonly gone: number
  readonly unanswered: number
  /** Not as the newest snapshot has them. */
  readonly changed: number
  /** Why no more were looked at though some wait; null: they were, or wait for their next try. */
  readonly stopped: string | null
}

const NONE: Looked = { looks: 0, alive: 0, gone: 0, unanswered: 0, changed: 0, stopped: null }

export async function lookAt(context: WatchContext, options: LookOptions = {}): Promise<Looked> {
  const { store, connection, now } = context
  const limit = options.limit ?? Number.POSITIVE_INFINITY
  /** Those whose turn is later. */
  const later = new Set<string>()
  let sum = NONE
  for (;;) {
    const size = Math.min(batchSize(context), limit - sum.looks)
    if (size <= 0) return { ...sum, stopped: `${sum.looks} looks at most` }
    const asked = size + later.size
    const line = await store.touched(connection.name, { limit: asked, tries_below: MOST_TRIES })
    for (const one of line) if (isEarly(one, now())) later.add(keyOf(one))
    const batch = line.filter((one) => !later.has(keyOf(one))).slice(0, size)
    if (batch.length === 0) {
      if (line.length < asked) return sum
      continue
    }
    const { seen, outage } = await lookAtBatch(context, batch)
    if (outage !== null) return { ...sum, stopped: outage }
    const written = await Promise.all(seen.map((one) => write(context, one)))
    for (const { sighting, again } of written) {
      if (again) later.add(keyOf(sighting))
      options.onSighting?.(sighting)
    }
    sum = written.reduce((all, { sighting }) => add(all, sighting), sum)
  }
}

function add(all: Looked, { shows, is }: Sighting): Looked {
  const changed = is === null || is === 'as_stored' ? 0 : 1
  return { ...all, looks: all.looks + 1, [shows]: all[shows] + 1, changed: all.changed + changed }
}

const keyOf = ({ stream, id }: Pick<Waiting, 'stream' | 'id'>): string => `${stream}\n${id}`

/** Tries come after 0, 1, 3, 7 and 15 minutes. */
const isEarly = ({ named_at, tries }: Waiting, now_ms: number): boolean =>
  now_ms < Date.parse(named_at) + (2 ** tries - 1) * MINUTE_MS

const BATCH = 100

/** So that a batch and its control fit into one minute. */
function batchSize({ connector }: WatchContext): number {
  const { requests_per_minute } = connector.limits
  return requests_per_minute === null ? BATCH : Math.max(1, Math.min(BATCH, Math.floor(requests_per_minute / 2)))
}

// ---------------------------------------------------------------- one batch

type Looking = { readonly waiting: Waiting; readonly seen: Seen }

/** `outage`: nobody was answered for, not even who is known to be alive. That is no try of anybody. */
async function lookAtBatch(
  context: WatchContext,
  batch: readonly Waiting[],
): Promise<{ readonly seen: readonly Looking[]; readonly outage: string | null }> {
  const streams = [...Map.groupBy(batch, ({ stream }) => stream)]
  const looked = await Promise.all(streams.map(([stream, waiting]) => lookAtStream(context, stream, waiting)))
  if (context.signal?.aborted) return { seen: [], outage: 'stopped on request' }
  const outage = looked.every((one) => one.silent !== null) ? (looked[0]?.silent ?? null) : null
  return { seen: looked.flatMap((one) => one.looks), outage }
}

async function lookAtStream(
  context: WatchContext,
  stream: string,
  waiting: readonly Waiting[],
): Promise<{ readonly looks: readonly Looking[]; readonly silent: string | null }> {
  const ask = openById(context, stream)
  if (ask === null) return { looks: waiting.map((one) => ({ waiting: one, seen: unasked(context, stream) })), silent: null }
  const looks = await Promise.all(waiting.map(async (one) => ({ waiting: one, seen: await ask(one.id) })))
  const alive = looks.flatMap(({ seen }) => (seen.shows === 'alive' ? [seen.answered_ms] : []))
  const inTime = (gone: Seen, at_ms: number): boolean => Math.abs(at_ms - gone.answered_ms) <= MINUTE_MS
  const doubtful = looks.filter(({ seen }) => seen.shows === 'gone' && !alive.some((at_ms) => inTime(seen, at_ms)))
  const control = doubtful.length > 0 || alive.length === 0 ? await controlFor(context, stream, ask, waiting, looks) : null
  if (control?.is === 'silent' && !looks.some(({ seen }) => seen.shows === 'left_out'))
    return { looks: looks.map((one) => (one.seen.shows === 'gone' ? doubt(one, control) : one)), silent: silence(control, looks) }
  const held = (one: Looking): boolean => control?.is === 'alive' && inTime(one.seen, control.at_ms)
  return { looks: looks.map((one) => (doubtful.includes(one) && !held(one) ? doubt(one, control) : one)), silent: null }
}

/** Who is alive in the same batch is a control already; and where nobody was asked in vain none is needed. */
async function controlFor(
  context: WatchContext,
  stream: string,
  ask: AskById,
  waiting: readonly Waiting[],
  looks: readonly Looking[],
): Promise<Control | null> {
  if (looks.every(({ seen }) => seen.shows === 'alive' || seen.shows === 'left_out')) return null
  return await controlOf(context, stream, ask, new Set(waiting.map(({ id }) => id)))
}

/** Where somebody of the stream is alive, it is not the target that is silent. */
const silence = ({ because }: Extract<Control, { is: 'silent' }>, looks: readonly Looking[]): string | null =>
  looks.some(({ seen }) => seen.shows === 'alive') ? null : `who is known to be alive does not answer either: ${because}`

function doubt({ waiting, seen }: Looking, control: Control | null): Looking {
  const why =
    control?.is === 'nobody'
      ? 'and nobody is known to be alive who could be asked beside it'
      : 'and nobody who is known to be alive answered in the same minute'
  return { waiting, seen: { ...seen, shows: 'unanswered', because: `${seen.because}; ${why}` } as Seen }
}

function unasked({ now }: WatchContext, stream: string): Seen {
  const at = now()
  return { asked_ms: at, answered_ms: at, shows: 'unanswered', because: `the connector declares no \`get\` for ${stream}` }
}

// ---------------------------------------------------------------- written down

async function write(
  context: WatchContext,
  { waiting, seen }: Looking,
): Promise<{ readonly sighting: Sighting; readonly again: boolean }> {
  const { stream, id, cause, named_at, named } = waiting
  const again = seen.shows === 'unanswered'
  const sighting: NewSighting = {
    ...{ stream, id, at: iso(seen.asked_ms), cause, named_at },
    shows: seen.shows === 'left_out' ? 'alive' : seen.shows,
    because: seen.because,
    fields: seen.shows === 'alive' ? seen.fields : null,
    ...(again ? { is: null, moved: [] } : beside(await storedFields(context, stream, id), seen)),
  }
  return { sighting: await context.store.saw(context.connection.name, sighting, { named, again }), again }
}

/** `none`: the stream has no snapshot. Null: it has, and not this record. The last complete one counts where a newer, lesser one lacks it. */
async function storedFields(
  { store, connection }: WatchContext,
  stream: string,
  id: string,
): Promise<JsonObject | null | 'none'> {
  for (const which of ['latest', 'complete'] as const) {
    const [record] = await store.records(connection.name, stream, { which, after: 0, limit: 1, id })
    if (record !== undefined) return record.fields
  }
  return (await store.snapshots(connection.name)).some(({ latest }) => latest.stream === stream) ? null : 'none'
}

function beside(stored: JsonObject | null | 'none', seen: Seen): Pick<Sighting, 'is' | 'moved'> {
  if (stored === 'none') return { is: null, moved: [] }
  if (seen.shows !== 'alive') return { is: stored === null ? 'as_stored' : 'missing', moved: [] }
  if (stored === null) return { is: 'new', moved: [] }
  const names = [...new Set([...Object.keys(stored), ...Object.keys(seen.fields)])].filter((name) => name !== 'keep')
  const moved = names.filter((name) => JSON.stringify(stored[name]) !== JSON.stringify(seen.fields[name])).sort()
  return { is: moved.length === 0 ? 'as_stored' : 'changed', moved }
}
