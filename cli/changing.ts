/** What every command that changes a target needs: connections opened for writing, progress, a way to stop and to wait. */
import { setTimeout as sleepFor } from 'node:timers/promises'
import { Failure } from '../runtime/errors.ts'
import type { Http } from '../runtime/http/open.ts'
import type { Action } from '../runtime/types.ts'
import type { WriteContext, WriteProgress } from '../runtime/write/engine.ts'
import { openNewId } from '../runtime/write/new-id.ts'
import type { FlagSpecs } from './args.ts'
import { type BothStores, guardedIo, openTheHttp, type Target } from './compose.ts'
import type { Io } from './io.ts'
import { eventLine } from './outcome-text.ts'
import { openAsking } from './vault.ts'

export const ASKING = {
  by: { type: 'string', value: 'NAME', about: 'who asks for it' },
  why: { type: 'string', value: 'TEXT', about: 'why, for the record' },
} as const satisfies FlagSpecs

export const WAITING = {
  wait: {
    type: 'string',
    value: 'SPAN',
    about: 'how long to look at most before this command ends: 90s, 10m (default 10m); what is open goes on later',
  },
} as const satisfies FlagSpecs

/** `90s`, `10m`, `2h` → ms. Throws `cli/usage`. */
export function spanOf(flag: string, text: string | undefined, fallback_ms: number): number {
  if (text === undefined) return fallback_ms
  const found = /^(\d{1,6})(s|m|h|d)$/.exec(text)
  const ms = found === null ? 0 : Number(found[1]) * { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[found[2] as 's']
  if (ms > 0) return ms
  throw new Failure('cli/usage', flag, `${flag} takes a span of time such as 90s, 10m, 2h`)
}

export const TEN_MINUTES = 600_000

export type Changing = {
  readonly open: (target: Target) => Promise<WriteContext>
  /** Why it ended before its end; null: nothing stopped it. */
  readonly stopped: () => string | null
  readonly give_up: (because: string) => void
  readonly newId: () => string
  readonly close: () => Promise<void>
}

/** A signal, or the end of the wait, lets go after what is durable; nothing is undone by it. */
export function openChanging(
  store: BothStores,
  io: Io,
  o: { readonly dir: string; readonly wait_ms: number; readonly allow_private: boolean; readonly name_connections?: boolean },
): Changing {
  const stop = new AbortController()
  let because: string | null = null
  const give_up = (why: string): void => {
    because ??= why
    stop.abort(new Stopped(why))
  }
  const off = io.onStop(() => {
    io.err('stopping; what was sent is looked at when the same command goes on\n')
    give_up('stopped on request')
  })
  const timer = setTimeout(() => give_up('the time to wait is over'), o.wait_ms)
  timer.unref()
  const opened: Http[] = []
  const newId = openNewId(io.now)
  return {
    async open(target) {
      const guarded = await guardedIo(target.connection, io)
      const http = await openTheHttp(target, guarded, {
        asking: openAsking(target, io, { what: 'apply', dir: o.dir, store }),
        allow_private: o.allow_private,
        onWait: (wait) => guarded.err(`waiting until ${wait.until}: ${wait.why}\n`),
      })
      opened.push(http)
      const shown = o.name_connections === true ? `${target.connection.name} ` : ''
      const tell = teller(target, shown, guarded)
      return {
        ...target,
        http,
        store,
        now: io.now,
        sleep: (ms, signal) => sleepFor(ms, undefined, signal === undefined ? {} : { signal }),
        signal: stop.signal,
        newId,
        onProgress: tell,
      }
    },
    stopped: () => because,
    give_up,
    newId,
    async close() {
      clearTimeout(timer)
      off()
      await Promise.all(opened.map((http) => http.close()))
    },
  }
}

/** Ends a wait; never shown by itself. */
class Stopped extends Error {}

function teller({ connector }: Target, shown: string, io: Io): (progress: WriteProgress) => void {
  const looks = new Map<string, number>()
  return ({ intent, action, id, event }) => {
    const declared = connector.actions[action] as Action | undefined
    if (declared === undefined) return
    const line = eventLine(declared, event, (facet, verify, agrees) => {
      const key = `${intent} ${facet} ${verify}`
      const n = agrees ? (looks.get(key) ?? 0) + 1 : 0
      looks.set(key, n)
      return n
    })
    if (line !== null) io.err(`${shown}${id ?? 'new'}  ${line}\n`)
  }
}

/** True where the error is only that we stopped. */
export const isStop = (error: unknown, changing: Changing): boolean =>
  changing.stopped() !== null && !(error instanceof Failure && !error.code.startsWith('http/'))
