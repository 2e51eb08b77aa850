/**
 * Worker processes that play runs, and give them back in the order they were asked for. A run that hangs or kills its process is an
 * `error` and the others go on.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { brokenRun } from './broken-run.ts'
import type { PlayAll } from './bulk.ts'
import type { Bench, Job, Played, Wanted } from './types.ts'

/** From the worker: it stands, or a run is over. */
export type FromWorker = { readonly kind: 'ready' } | { readonly kind: 'played'; readonly index: number; readonly played: Played }
export type ToWorker = { readonly kind: 'play'; readonly index: number; readonly job: Job } | { readonly kind: 'end' }

/** Jobs that wait in a worker: enough that it never waits for us. */
const AHEAD = 2

export type Crew = { readonly play: PlayAll; readonly close: () => Promise<void> }

export type CrewOptions = {
  readonly workers: number
  /** A module that exports `openBenches`, by file URL. */
  readonly module: string
  readonly wanted: Wanted
  /** For one run, first request to last; beyond it the run is an `error`, and its worker is replaced. */
  readonly limit_ms: number
  readonly benches: readonly Bench[]
  readonly onPlayed: (played: Played) => void
}

type Worker = { readonly child: ChildProcess; readonly jobs: Map<number, Job>; timer: NodeJS.Timeout | null; ready: boolean }

/** Worker processes that stand until `close`. One that dies or hangs is replaced; its first run is an `error`, the others are played again. */
export function openCrew(o: CrewOptions): Crew {
  let batch: Batch | null = null
  let broken: Error | null = null
  let closed = false
  const workers: Worker[] = Array.from({ length: o.workers }, () => start())

  function start(): Worker {
    const at = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
    const child = fork(at, [o.module, JSON.stringify(o.wanted)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const worker: Worker = { child, jobs: new Map(), timer: null, ready: false }
    child.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') worker.ready = true
      else done(worker, message.index, message.played)
      feed(worker)
    })
    child.on('error', () => undefined)
    child.on('exit', (code, signal) => {
      if (!closed) replace(worker, `the process of the run ended: ${signal ?? `exit ${code}`}`)
    })
    return worker
  }

  function feed(worker: Worker): void {
    if (batch === null || !worker.ready) return
    while (worker.jobs.size < AHEAD) {
      const index = batch.redo.pop() ?? (batch.next < batch.jobs.length ? batch.next++ : null)
      if (index === null) break
      const job = batch.jobs[index] as Job
      worker.jobs.set(index, job)
      worker.child.send({ kind: 'play', index, job } satisfies ToWorker)
    }
    watch(worker)
  }

  function watch(worker: Worker): void {
    if (worker.timer !== null) clearTimeout(worker.timer)
    worker.timer = null
    if (worker.jobs.size === 0) return
    worker.timer = setTimeout(() => {
      worker.child.removeAllListeners('exit')
      worker.child.kill('SIGKILL')
      replace(worker, `no end within ${o.limit_ms / 1000} s`)
    }, o.limit_ms)
  }

  function done(worker: Worker, index: number, played: Played): void {
    worker.jobs.delete(index)
    watch(worker)
    if (batch === null) return
    batch.played[index] = played
    o.onPlayed(played)
    batch.left--
    if (batch.left === 0) batch.resolve()
  }

  /** The oldest job is the one that was played. */
  function replace(worker: Worker, because: string): void {
    if (worker.timer !== null) clearTimeout(worker.timer)
    if (!worker.ready) {
      broken = new Error(`a worker of the lab did not start: ${because}`)
      batch?.reject(broken)
      return
    }
    const [first, ...others] = [...worker.jobs]
    const fresh = start()
    workers[workers.indexOf(worker)] = fresh
    if (batch === null) return
    batch.redo.push(...others.map(([index]) => index))
    if (first !== undefined) done(fresh, first[0], { job: first[1], run: brokenRun(o.benches, first[1], because), policies: [] })
  }

  return {
    play: async (jobs) => {
      if (broken !== null) throw broken
      if (jobs.length === 0) return []
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      batch = { jobs, played: new Array(jobs.length), next: 0, redo: [], left: jobs.length, resolve, reject }
      const { played } = batch
      for (const worker of workers) feed(worker)
      await promise
      batch = null
      return played as readonly Played[]
    },
    close: async () => {
      closed = true
      await Promise.all(
        workers.map(async ({ child, timer }) => {
          if (timer !== null) clearTimeout(timer)
          if (child.exitCode !== null || child.signalCode !== null) return
          const ended = new Promise((resolve) => child.once('exit', resolve))
          if (child.connected) child.send({ kind: 'end' } satisfies ToWorker)
          const late = setTimeout(() => child.kill('SIGKILL'), 5000)
          await ended
          clearTimeout(late)
        }),
      )
    },
  }
}

type Batch = {
  readonly jobs: readonly Job[]
  readonly played: (Played | undefined)[]
  next: number
  readonly redo: number[]
  left: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}
