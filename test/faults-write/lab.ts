/** The real thing (engine, judges, SQLite, HTTP) against a target that lies about writes; one clock for both; and the truth beside it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Http, openHttp } from '../../runtime/http/open.ts'
import { Secret } from '../../runtime/secret.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import type { Store } from '../../runtime/store/port.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { WriteStore } from '../../runtime/store/write-port.ts'
import type { Connection, Connector, JsonObject, Lane } from '../../runtime/types.ts'
import type { Boundary, WriteContext } from '../../runtime/write/context.ts'
import { drain, recheck, requestChange } from '../../runtime/write/engine.ts'
import type { Outcome } from '../../runtime/write-types.ts'
import { invoke } from '../faults/invoke.ts'
import { type Clock, fakeClock } from '../targets/write-clock.ts'
import type { WriteFaultName, WriteFaults } from '../targets/write-faults.ts'
import { type Mutation, startWriteTarget, type WriteDialectName, type WriteTarget } from '../targets/write-server.ts'
import { type AskedFor, type Holds, holdsEverywhere } from '../targets/write-truth.ts'
import { duplicates, type Effect, type Person } from '../targets/write-world.ts'

export type Lab = {
  readonly dialect: WriteDialectName
  readonly clock: Clock
  readonly target: WriteTarget
  readonly connector: Connector
  readonly connection: Connection
  readonly store: () => Store & WriteStore
  readonly context: (onBoundary?: (boundary: Boundary) => void) => WriteContext
  /** As after kill -9: what was open is gone, what was durable is there. */
  readonly reopen: () => Promise<void>
  /** At every request that the target gets. */
  readonly onRequest: (watch: () => void) => void
  /** Same people, no history of the target, faults. */
  readonly reset: (faults: WriteFaults, replicas?: number) => void
  readonly close: () => Promise<void>
}

const CONNECTORS = fileURLToPath(new URL('../connectors-for-tests/', import.meta.url))
const SEED = 11
export const REPLICAS = { scim: 2, rest: 2, graph: 3 } as const satisfies { readonly [dialect in WriteDialectName]: number }

/** `people` were read once before, so that the engine knows whom to ask for as a control. */
export async function openLab(dialect: WriteDialectName): Promise<Lab> {
  const file = join(CONNECTORS, `write-${dialect}.yaml`)
  const clock = fakeClock()
  let watch = () => {}
  let patience_ms = Number.POSITIVE_INFINITY
  const target = await startWriteTarget({ dialect, clock, seed: SEED, onAnswer: () => watch() })
  const dir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rollcall-write-'))
  const end = async () => {
    await target.close()
    rmSync(dir, { recursive: true, force: true })
  }
  let store: (Store & WriteStore) | null = null
  let http: Http | null = null
  try {
    const sync = ['sync', '--connector', file, '--set', `url=${target.url}`, '--secret', 'token=env:ROLLCALL_TEST_TOKEN']
    const read = await invoke([...sync, '--store', dir, '--allow-private', '--attest-scope', 'test; sees all', '--json'], {
      ROLLCALL_TEST_TOKEN: target.token,
    })
    if (read.stdout === '') throw new Error(`the first read failed:\n${read.stderr}`)
    store = await openStore(dir, { create: false })
    const connection = (await store.connections())[0]!
    const { connector, diagnostics } = loadConnector(readFileSync(file), file)
    if (connector === null) throw new Error(JSON.stringify(diagnostics))
    const sleep = async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      // With a clock that jumps, what looks for ever would look for ever at once.
      if (clock.now() > patience_ms) throw new Endless('nothing was concluded within a day')
      await clock.sleep(ms)
      signal?.throwIfAborted()
    }
    const open = (): Http =>
      openHttp({
        connector,
        settings: connection.settings,
        secrets: async () => new Secret(target.token),
        allow_private: true,
        now: clock.now,
        sleep: (ms, signal) => sleep(ms, signal),
        kept: { read: async () => ({}), keep: async () => undefined },
        random: () => 0.5,
      })
    http = open()
    let made = 0
    return {
      dialect,
      clock,
      target,
      connector,
      connection,
      store: () => store!,
      context: (onBoundary) => ({
        connector,
        connection,
        http: http!,
        store: store!,
        now: clock.now,
        sleep,
        newId: () => `${clock.now().toString(36).padStart(12, '0')}${(++made).toString(36).padStart(14, '0')}`,
        ...(onBoundary === undefined ? {} : { onBoundary }),
      }),
      reopen: async () => {
        await http!.close()
        // What was on the wire arrives now or never: no request of a dead process comes out of the blue later.
        await new Promise((done) => setTimeout(done, 3))
        await store!.close()
        store = await openStore(dir, { create: false })
        http = open()
      },
      onRequest: (seen) => {
        watch = seen
        patience_ms = clock.now() + DAY_MS
      },
      reset: (faults, replicas = 1) => {
        clock.advance(3_600_000)
        target.reset({ seed: SEED, faults, replicas })
      },
      close: async () => {
        await http?.close()
        await store?.close()
        await end()
      },
    }
  } catch (error) {
    await http?.close()
    await store?.close()
    await end()
    throw error
  }
}

// ---------------------------------------------------------------- one change

export type Change = AskedFor & { readonly lane?: Lane; readonly person?: string }

export type Changed = {
  readonly intent: string
  readonly outcome: Outcome
  /** What really held, on every replica, when the outcome was known. */
  readonly truth: Holds
  /** What really held at the moment a facet was verified by. */
  readonly when_verified: Holds
  readonly mutations: readonly Mutation[]
  readonly effects: readonly Effect[]
  readonly duplicates: readonly string[]
  readonly fired: { readonly [name in WriteFaultName]?: number }
  readonly crashes: number
  readonly lines: readonly string[]
  readonly took_s: number
}

/** Thrown where a process is meant to die. */
export class Died extends Error {}
/** No outcome in a day of looking. */
export class Endless extends Error {}
const DAY_MS = 86_400_000
/** Far more than any change here needs; who asks so often asks without a pause. */
const STORM = 600

export type ChangeOptions = {
  /** Dies at the n-th boundary of each life, in order; then no more. */
  readonly dies_at?: readonly number[]
  /** Until it is started again. */
  readonly rests_s?: number
}

const LIVES = 12

export async function change(lab: Lab, asked: Change, options: ChangeOptions = {}): Promise<Changed> {
  const began = lab.clock.now()
  const before: Person | null = asked.id === null ? null : { ...lab.target.worlds()[0]!.people.get(asked.id)! }
  const history: { readonly at_ms: number; readonly holds: Holds }[] = []
  const note = () => history.push({ at_ms: lab.clock.now(), holds: holdsEverywhere(lab.target.worlds(), asked, before) })
  const deaths = [...(options.dies_at ?? [])]
  let crashes = 0
  let intent: string | null = null
  lab.onRequest(note)
  for (let life = 0; life < LIVES; life++) {
    const dies_at = deaths.shift() ?? Number.POSITIVE_INFINITY
    let met = 0
    const ctx = lab.context(() => {
      if (lab.target.requests.length > STORM) throw new Endless(`${STORM} requests for one change`)
      if (++met === dies_at) throw new Died(`at boundary ${met}`)
    })
    try {
      // Who was not told that it is durable asks again, and must get the same one.
      intent ??= await request(ctx, asked)
      await drain(ctx)
      break
    } catch (error) {
      if (error instanceof Endless && intent !== null)
        throw new Endless(`${error.message}\n${(await linesOf(lab, intent)).slice(0, 30).join('\n')}`)
      if (!(error instanceof Died)) throw error
      crashes++
      await lab.reopen()
      lab.clock.advance((options.rests_s ?? 0) * 1_000)
    }
  }
  note()
  if (intent === null) throw new Error('no intent came of it')
  const outcome = await outcomeOf(lab, intent)
  return {
    intent,
    outcome,
    truth: history.at(-1)!.holds,
    when_verified: atVerified(outcome, history),
    mutations: lab.target.mutations(),
    effects: lab.target.effects(),
    duplicates: duplicates(lab.target.effects()),
    fired: lab.target.fired(),
    crashes,
    lines: await linesOf(lab, intent),
    took_s: (lab.clock.now() - began) / 1_000,
  }
}

export async function request(ctx: WriteContext, asked: Change): Promise<string> {
  const { intent } = await requestChange(ctx, {
    action: asked.action,
    id: asked.id,
    input: asked.input as JsonObject,
    ...(asked.lane === undefined ? {} : { lane: asked.lane }),
    provenance: { by: 'tester', why: 'test', from: 'test', person: asked.person ?? null },
  })
  return intent
}

export async function outcomeOf(lab: Lab, intent: string): Promise<Outcome> {
  const row = await lab.store().intent(intent)
  const last = row?.events.findLast((event) => event.kind === 'outcome')
  if (last?.kind !== 'outcome')
    throw new Error(`no outcome, the intent is ${row?.state}:\n${(await linesOf(lab, intent)).join('\n')}`)
  return last.outcome
}

/** After so long: rechecks that are due by then, and the looks that must agree with them. */
export async function lookLater(lab: Lab, seconds: number, intent: string): Promise<Outcome> {
  lab.clock.advance(seconds * 1_000)
  for (let look = 0; look < RECHECK_LOOKS; look++) {
    await recheck(lab.context(), intent)
    lab.clock.advance(1_000)
  }
  return await outcomeOf(lab, intent)
}

const RECHECK_LOOKS = 6

/** Its history for people: what a failed test shows. */
export async function linesOf(lab: Lab, intent: string): Promise<readonly string[]> {
  const row = await lab.store().intent(intent)
  const t0 = Date.parse(row?.events[0]?.at ?? '')
  return (row?.events ?? []).map((event) => {
    const at = `${((Date.parse(event.at) - t0) / 1_000).toFixed(1).padStart(6)} s`
    switch (event.kind) {
      case 'sending':
        return `${at} sending ${event.step} ${event.attempt}`
      case 'answered':
        return `${at} answered ${event.step} ${event.result} ${event.status}: ${event.because}`
      case 'look':
        return `${at} ${event.look.phase} ${event.look.facet} ${event.look.where} ${event.look.shows} (${event.look.control}): ${event.look.because}`
      case 'outcome':
        return `${at} outcome ${event.outcome.is}: ${event.outcome.because} ${event.outcome.facets.map((one) => `${one.facet}=${one.is}`).join(' ')}`
      default:
        return `${at} ${event.kind} ${JSON.stringify({ ...event, at: undefined, kind: undefined, record: undefined })}`
    }
  })
}

function atVerified(outcome: Outcome, history: readonly { readonly at_ms: number; readonly holds: Holds }[]): Holds {
  return Object.fromEntries(
    outcome.facets
      .filter((facet) => facet.is === 'verified' && facet.verified_at !== null)
      .map((facet) => {
        const at = Date.parse(facet.verified_at!)
        const then = history.findLast((one) => one.at_ms <= at) ?? history[0]!
        return [facet.facet, then.holds[facet.facet] === true]
      }),
  )
}
