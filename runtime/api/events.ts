/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) read off the durable logs: nothing is pushed past
 * them, so that nothing can be missed. An id is the position in every log, and whoever comes back with one goes on right there.
 */
import { Failure } from '../errors.ts'
import { fromOf } from './from.ts'
import type { Ask } from './types.ts'

/** The last seq seen: of the ledger, and of each connection's changes. */
export type Position = { readonly ledger: number; readonly changes: { readonly [connection: string]: number } }

const LOT = 200
const POLL_MS = 250
const BEAT_MS = 15_000
const SEQ = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

export const idOf = ({ ledger, changes }: Position): string =>
  Buffer.from(JSON.stringify([ledger, Object.entries(changes).sort()])).toString('base64url')

/** Throws `api/cursor`. */
export function fromId(id: string): Position {
  try {
    const [ledger, changes] = JSON.parse(Buffer.from(id.slice(0, 100_000), 'base64url').toString('utf8')) as [
      number,
      [string, number][],
    ]
    if (SEQ(ledger) && changes.every(([name, seq]) => typeof name === 'string' && SEQ(seq)))
      return { ledger, changes: Object.fromEntries(changes) }
  } catch {}
  throw new Failure('api/cursor', 'last-event-id', 'the id is not one that this stream gave')
}

export async function eventStream(
  ask: Ask,
  o: {
    readonly may: (connection: string) => boolean
    readonly ledger: boolean
    readonly position: Position | null
    readonly start: boolean
  },
): Promise<ReadableStream<Uint8Array>> {
  const { room, house } = ask
  const encoder = new TextEncoder()
  let position = o.position ?? (o.start ? { ledger: 0, changes: {} } : await now(ask))
  let beat_ms = house.now()
  let over = false

  /** What is next in any of the logs; empty: nothing yet. */
  async function next(): Promise<string> {
    const parts: string[] = []
    for (const { name } of await room.store.connections()) {
      if (!o.may(name)) continue
      const changes = await room.store.changes(name, { after: position.changes[name] ?? 0, limit: LOT })
      for (const change of changes) {
        position = { ...position, changes: { ...position.changes, [name]: change.seq } }
        parts.push(frame('change', idOf(position), change))
      }
    }
    if (o.ledger)
      for (const entry of await room.store.audit({ after: position.ledger, limit: LOT })) {
        position = { ...position, ledger: entry.seq }
        parts.push(frame('ledger', idOf(position), entry))
      }
    return parts.join('')
  }

  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (!over && !ask.signal.aborted && !house.closing.aborted) {
        // Revoked means at once, for a stream that is open too.
        if (!ask.still()) break
        const text = await next()
        if (text !== '') return controller.enqueue(encoder.encode(text))
        if (house.now() - beat_ms > BEAT_MS) {
          beat_ms = house.now()
          return controller.enqueue(encoder.encode(': here\n\n'))
        }
        await pause(ask.signal)
      }
      if (!over) controller.close()
      over = true
    },
    start: (controller) => controller.enqueue(encoder.encode(`retry: 1000\nid: ${idOf(position)}\n\n`)),
    cancel: () => {
      over = true
      house.log(`event stream of ${room.tenant} ended (${fromOf(ask.who)})`)
    },
  })
}

/** Data is JSON: no line break of a record can end a field. */
const frame = (event: string, id: string, data: object): string => `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`

/** Everything that is there by now counts as seen. */
async function now({ room }: Ask): Promise<Position> {
  const changes: { [connection: string]: number } = {}
  for (const { name } of await room.store.connections()) {
    for (let after = 0; ; ) {
      const lot = await room.store.changes(name, { after, limit: 10_000 })
      after = lot.at(-1)?.seq ?? after
      changes[name] = after
      if (lot.length < 10_000) break
    }
  }
  return { ledger: await room.store.ledgerSize(), changes }
}

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      done()
    }
    const timer = setTimeout(end, POLL_MS)
    signal.addEventListener('abort', end)
  })
