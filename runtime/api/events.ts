/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) read off the durable logs: nothing is pushed past
 * them, so that nothing can be missed; that something was written wakes who reads. An id is the position in every log, and whoever comes back with one goes on right there.
 */
import { Failure } from '../errors.ts'
import { fromOf } from './from.ts'
import type { Ask } from './types.ts'

/** The last seq seen: of the ledger, and of each connection's changes. */
export type Position = { readonly ledger: number; readonly changes: { readonly [connection: string]: number } }

const LOT = 200
/** For what another process did: the end of a credential, a token made by the command line. */
const LOOK_MS = 2_000
/** A sync commits hundreds of times a second. */
const GAP_MS = 50
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
  const signal = openSignal([room.store.onCommit, house.control.onCommit], [ask.signal, house.closing])
  const end = (): void => {
    over = true
    signal.close()
  }

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
    pull: (controller) =>
      on(controller).catch((error: unknown) => {
        end()
        throw error
      }),
    start: (controller) => controller.enqueue(encoder.encode(`retry: 1000\nid: ${idOf(position)}\n\n`)),
    cancel: () => {
      end()
      house.log(`event stream of ${room.tenant} ended (${fromOf(ask.who)})`)
    },
  })

  async function on(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (!over && !ask.signal.aborted && !house.closing.aborted) {
      // Revoked means at once, for a stream that is open too.
      if (!ask.still()) break
      signal.heard()
      const text = await next()
      if (text !== '') return controller.enqueue(encoder.encode(text))
      if (house.now() - beat_ms > BEAT_MS) {
        beat_ms = house.now()
        return controller.enqueue(encoder.encode(': here\n\n'))
      }
      // What the command line left for the ledger comes into it here, also where nobody asks for anything else.
      if (!(await signal.wait()) && !house.closing.aborted) await house.room(room.tenant)
    }
    if (!over) controller.close()
    end()
  }
}

/** Data is JSON: no line break of a record can end a field. */
const frame = (event: string, id: string, data: object): string => `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`

/** Everything that is there by now counts as seen. */
async function now({ room }: Ask): Promise<Position> {
  const changes: { [connection: string]: number } = {}
  for (const { name } of await room.store.connections()) changes[name] = await room.store.lastChange(name)
  return { ledger: await room.store.ledgerSize(), changes }
}

type Signal = {
  /** What was written before this is being read now. */
  readonly heard: () => void
  /** Until something is written, or for a while; true: something was. */
  readonly wait: () => Promise<boolean>
  readonly close: () => void
}

function openSignal(sources: readonly ((listener: () => void) => () => void)[], ends: readonly AbortSignal[]): Signal {
  let written = false
  let wake: () => void = () => undefined
  const listener = (): void => {
    written = true
    wake()
  }
  const off = sources.map((source) => source(listener))
  for (const one of ends) one.addEventListener('abort', listener)
  const sleep = (ms: number): Promise<void> =>
    new Promise((done) => {
      const timer = setTimeout(done, ms)
      wake = () => {
        clearTimeout(timer)
        done()
      }
    })
  return {
    heard: () => {
      written = false
    },
    async wait() {
      // Between the reading and this something may have been written: then nothing is waited for.
      if (!written) await sleep(LOOK_MS)
      if (!written) return false
      wake = () => undefined
      await new Promise((done) => setTimeout(done, GAP_MS))
      return true
    },
    close: () => {
      for (const end of off) end()
      for (const one of ends) one.removeEventListener('abort', listener)
      listener()
    },
  }
}
