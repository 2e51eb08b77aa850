/** How many requests run at once, and which goes first. */
import Bottleneck from 'bottleneck'
import { LANES, type Lane } from '../types.ts'
import type { Permits } from './permits.ts'

export type Limiter = {
  /** Runs `work` when a slot and a permit are free and nobody in a more urgent lane waits. Rejects with the signal's reason. */
  readonly run: <T>(lane: Lane, signal: AbortSignal | undefined, work: () => Promise<T>) => Promise<T>
  readonly in_flight: () => number
  readonly waiting: () => number
  readonly close: (reason: Error) => void
}

/** Bottleneck's priorities go from 0, first, to 9. */
const PRIORITY: { readonly [lane in Lane]: number } = { leaver: 0, mover: 2, joiner: 4, sync: 6, backfill: 9 }
/** A slot without work is given back after this long. Less, and reads page by page pay Bottleneck's 2 to 5 ms a page again. */
const LINGER_MS = 100

/** Who may use what is kept of the target's window. */
const URGENT: readonly Lane[] = ['leaver', 'mover']

type Waiting = { readonly go: () => Promise<void>; readonly drop: (reason: unknown) => void }

/**
 * A Bottleneck job is the lease of one slot, not one request: a job costs 2 to 5 ms of timers, a lease is paid once for all
 * requests that follow each other. Which request a lease sends is decided after its permit came, so a leaver that arrives
 * while eight slots wait for the rate gets the very next permit.
 */
export function openLimiter(o: { readonly concurrent: number; readonly permits: Permits }): Limiter {
  const bottleneck = new Bottleneck({ maxConcurrent: o.concurrent })
  const lanes = new Map<Lane, Waiting[]>(LANES.map((lane) => [lane, []]))
  const idle: ((work: boolean) => void)[] = []
  /** Leases that wait while only others than the urgent have work. */
  const parked: (() => void)[] = []
  let waiting = 0
  /** Leases at the gate: each will take one of the waiting. */
  let gated = 0
  let leases = 0
  let in_flight = 0
  let closed: Error | null = null

  /** Fewer than declared after refusals, and more again with time. */
  const permitted = (): number => Math.min(o.concurrent, o.permits.concurrent?.() ?? o.concurrent)

  function enqueue(lane: Lane, entry: Waiting): void {
    lanes.get(lane)?.push(entry)
    waiting++
    if (URGENT.includes(lane)) for (const wake of parked.splice(0)) wake()
    const free = idle.pop()
    if (free !== undefined) free(true)
    else grow(lane)
  }

  function grow(lane: Lane): void {
    if (leases >= permitted()) return
    leases++
    bottleneck.schedule({ priority: PRIORITY[lane] }, lease).catch((cause) => dropAll(cause))
  }

  function dequeue(from: readonly Lane[] = LANES): Waiting | undefined {
    for (const lane of from) {
      const entry = lanes.get(lane)?.shift()
      if (entry === undefined) continue
      waiting--
      return entry
    }
    return undefined
  }

  const urgent = (): number => URGENT.reduce((sum, lane) => sum + (lanes.get(lane)?.length ?? 0), 0)

  function remove(lane: Lane, entry: Waiting): boolean {
    const entries = lanes.get(lane) as Waiting[]
    const at = entries.indexOf(entry)
    if (at < 0) return false
    entries.splice(at, 1)
    waiting--
    return true
  }

  function dropAll(reason: unknown): void {
    for (let entry = dequeue(); entry !== undefined; entry = dequeue()) entry.drop(reason)
  }

  async function lease(): Promise<void> {
    try {
      while (closed === null) {
        const kept = o.permits.reserved?.() ?? null
        if (kept !== null && waiting > 0 && urgent() <= gated) {
          await Promise.race([kept, new Promise<void>((wake) => parked.push(wake))])
          continue
        }
        if (leases > permitted()) {
          // Somebody else must take what this one was woken for.
          idle.pop()?.(true)
          return
        }
        if (waiting <= gated) {
          if (!(await linger()) && waiting <= gated) return
          continue
        }
        if (waiting > gated + 1) grow('sync')
        const turn = o.permits.take()
        if (turn !== null) {
          gated++
          try {
            await turn
          } finally {
            gated--
          }
        }
        // While it waited, the target may have said that these are too many.
        const over = turn !== null && leases > permitted()
        const entry = over ? undefined : dequeue(o.permits.reserved?.() == null ? LANES : URGENT)
        if (entry === undefined) o.permits.giveBack()
        else {
          in_flight++
          await entry.go()
          in_flight--
        }
      }
    } finally {
      leases--
    }
  }

  function linger(): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = (work: boolean): void => {
        clearTimeout(timer)
        resolve(work)
      }
      const timer = setTimeout(() => {
        idle.splice(idle.indexOf(wake), 1)
        resolve(false)
      }, LINGER_MS)
      timer.unref()
      idle.push(wake)
    })
  }

  return {
    run(lane, signal, work) {
      return new Promise((resolve, reject) => {
        if (closed !== null) return reject(closed)
        if (signal?.aborted) return reject(signal.reason)
        const abort = (): void => {
          if (remove(lane, entry)) reject(signal?.reason)
        }
        const entry: Waiting = {
          go() {
            signal?.removeEventListener('abort', abort)
            return work().then(resolve, reject)
          },
          drop(reason) {
            signal?.removeEventListener('abort', abort)
            reject(reason)
          },
        }
        signal?.addEventListener('abort', abort, { once: true })
        enqueue(lane, entry)
      })
    },
    in_flight: () => in_flight,
    waiting: () => waiting,
    close(reason) {
      closed = reason
      for (const wake of idle.splice(0)) wake(false)
      for (const wake of parked.splice(0)) wake()
      dropAll(reason)
    },
  }
}
