/** Reading, played: one scenario through the real runtime against a twin, with the oracle beside it. */
import { createHash } from 'node:crypto'
import { openHttp } from '../../runtime/http/open.ts'
import type { Attempt, Listener } from '../../runtime/read/evidence.ts'
import type { SyncResult } from '../../runtime/read/run.ts'
import { sync } from '../../runtime/read/sync.ts'
import { Secret } from '../../runtime/secret.ts'
import type { Connection } from '../../runtime/types.ts'
import { type Evidence, hangingOn, listen, rowsOf } from './again.ts'
import { type Clock, clock } from './clock.ts'
import type { Tried } from './derive/own.ts'
import { READ_FAULTS, readHooks } from './faults/read.ts'
import { compare, type Difference, isTrue, type StoredRow, told, truthOf } from './oracle/read.ts'
import { seeded, upTo } from './random.ts'
import { isCounted, worst } from './read-said.ts'
import { connectionFor, idsOf, streamsFor, type Truths, truthsOf } from './read-scene.ts'
import type { Rig, Store } from './rig.ts'
import { bareRequests, choose, sizesOf } from './scenarios/choose.ts'
import { READ_SCENARIOS } from './scenarios/read.ts'
import type { ReadScenario } from './scenarios/read-types.ts'
import type { Dialect } from './twin/dialect.ts'
import { createTwin } from './twin/serve.ts'
import type { Hooks, StreamTruth, Twin } from './twin/types.ts'
import type { PlayOptions, Run, Said, Scenario } from './types.ts'

/** More than any honest or lied-to read needs: a run beyond it has no end. */
const MOST_REQUESTS = 6_000

type Played = { readonly result: SyncResult | null; readonly because: string | null }
/** `moments`: the truth after each change that a lie made in the target meanwhile. */
type Ears = { readonly listener?: Listener; readonly moments: Truths[] }
type Stage = {
  readonly dialect: Dialect
  readonly twin: Twin
  readonly at: Clock
  readonly store: Store
  readonly connection: Connection
  readonly only: readonly string[]
  readonly off: readonly string[]
}

export async function playRead(
  rig: Rig,
  name: string,
  asked: Pick<Scenario, 'name'>,
  seed: number,
  options: PlayOptions = {},
): Promise<Run> {
  const begun = performance.now()
  const scenario = READ_SCENARIOS.find((one) => one.name === asked.name)
  if (scenario === undefined) throw new Error(`the lab has no scenario ${asked.name}`)
  const dialect = rig.dialect(name)
  const random = seeded(seed)
  const at = clock()
  const sizes = sizesOf(scenario, dialect, random)
  const { population, page_size } = sizes
  const twin = createTwin({
    dialect,
    stage: await rig.stage(),
    clock: at,
    seed,
    ...sizes,
    ...(options.onExchange === undefined ? {} : { onExchange: options.onExchange }),
  })
  const chosen = choose(scenario, dialect, twin, page_size, random)
  const struck = [...new Set([chosen.target, ...chosen.lies.map((lie) => lie.stream)])]
  const only = streamsFor(dialect, struck, scenario.all_streams === true)
  const store = await rig.store()
  const victims = scenario.canaries === true ? idsOf(twin, chosen.target, random) : null
  const planted = victims === null ? {} : { [chosen.target]: victims }
  const connection = connectionFor(dialect, twin, at, scenario, rig.fresh(), planted)
  await store.putConnection(connection, { by: 'lab', at: '2026-01-01T00:00:00Z' })
  const stage: Stage = { dialect, twin, at, store, connection, only, off: options.off ?? [] }

  const bare = bareRequests(twin, only, page_size)
  let earlier: { readonly truths: Truths; readonly verdict: Said } | null = null
  if (scenario.before !== undefined) {
    const first = await play(stage, [], null, { moments: [] })
    // What was never complete, at its best, leaves no complete snapshot to keep.
    const whole = only.filter((stream) => first.result?.streams[stream]?.verdict.is === 'complete')
    earlier = { truths: truthsOf(twin, whole), verdict: worst(dialect, first.result, only) }
    at.jump(3_600_000)
    scenario.before.changes?.(twin, chosen.target, random)
  }
  const asks = twin.requests()
  const lies = chosen.lies.map((lie) => (victims === null ? lie : { ...lie, who: victims.slice(0, 1) }))
  const before = truthsOf(twin, only)
  const moments: Truths[] = []
  const heard = listen<Attempt>(async (stream, session) => {
    const stored = await rowsOf((after, limit) => session.records(after, limit))
    return differenceOf(stage, stream, before, moments, stored) !== null
  })
  const ears: Ears = stage.off.length > 0 ? { moments } : { moments, listener: heard.listener }
  let last = await play(stage, readHooks(lies), scenario.stopped === true ? 2 + upTo(random, bare) : null, ears)
  const fired: { [fault: string]: number } = { ...twin.fired }
  if (scenario.stopped === true) {
    fired['stopped'] = last.result?.state === 'paused' ? 1 : 0
    if (last.result?.state === 'paused') last = await play(stage, [], null, ears)
  }
  const requests = twin.requests() - asks
  const judged = await judge(stage, scenario, chosen.target, { before, moments }, last, earlier)
  const wanted = scenario.stopped === true ? ['stopped'] : [...new Set(lies.map(labelOf))]
  const must = mustNotice(chosen.drawn, fired)
  const best = dialect.file.streams[chosen.target]?.best
  const capped = scenario.class === 'faulty' && judged.said === best?.is ? `stream ${chosen.target}: ${best.because}` : null
  const run: Omit<Run, 'log'> = {
    scenario: scenario.name,
    side: 'read',
    class: scenario.class,
    dialect: name,
    seed,
    population,
    fired,
    counts: wanted.every((fault) => (fired[fault] ?? 0) > 0),
    said: judged.said,
    because: twin.placeless(
      `${chosen.target}${lies.map((lie) => ` · ${lie.fault}${lie.page === undefined ? '' : ` on page ${lie.page}`}`).join('')} · ${judged.because}`,
    ),
    expected: scenario.expected,
    false_success: judged.false_success,
    false_block: scenario.class !== 'faulty' && !scenario.expected.includes(judged.said),
    noticed: judged.said !== 'complete' && capped === null,
    ...(capped === null ? {} : { capped }),
    differs: judged.differs,
    requests,
    requests_bare: bare,
    ...hangsOn(stage, heard.evidence(), judged, scenario.class !== 'faulty'),
    ms: performance.now() - begun,
    ...twin.checked(),
  }
  const log = createHash('sha256')
    .update(twin.log())
    .update(JSON.stringify([run.said, run.because, run.differs, run.fired, run.asked, run.named, run.escapes, run.carried_by]))
    .digest('hex')
  return { ...run, log }
}

/** Lies that change the target itself. */
const CHANGING = Object.keys(READ_FAULTS).filter((name) => READ_FAULTS[name]?.after !== undefined)

/** One sync. `stop`: after so many requests. */
async function play(stage: Stage, hooks: readonly Hooks[], stop: number | null, { moments, listener }: Ears): Promise<Played> {
  const { twin, at, store, connection } = stage
  const control = new AbortController()
  let asked = 0
  let strikes = 0
  const changing = hooks.some((hook) => hook.after !== undefined)
  const guard: Hooks = {
    after: () => {
      const now = changing ? CHANGING.reduce((sum, fault) => sum + (twin.fired[fault] ?? 0), 0) : 0
      if (now > strikes) moments.push(truthsOf(twin, stage.only))
      strikes = now
      asked++
      if (asked === stop || asked > MOST_REQUESTS) control.abort(new Error('stopped'))
    },
  }
  twin.lie([...hooks, guard])
  const http = openHttp({
    connector: twin.connector,
    settings: twin.settings,
    secrets: async (secret) => new Secret(twin.secrets[secret] ?? 'unknown'),
    allow_private: true,
    now: at.now,
    sleep: at.sleep,
    random: () => 0.5,
    kept: { read: () => store.kept(connection.name), keep: (key, value) => store.keep(connection.name, key, value) },
  })
  try {
    const result = await sync({
      connector: twin.connector,
      connection,
      store,
      http,
      now: at.now,
      only: stage.only,
      signal: control.signal,
      off: stage.off,
      ...(listener === undefined ? {} : { listener }),
    })
    return { result, because: asked > MOST_REQUESTS ? `no end after ${MOST_REQUESTS} requests` : null }
  } catch (error) {
    return { result: null, because: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
  } finally {
    await http.close()
  }
}

/** One honest read of everything that is played; what came of each stream, and what differs from the truth. */
export async function tryRead(rig: Rig, dialect: Dialect): Promise<Tried> {
  const at = clock()
  const twin = createTwin({ dialect, stage: await rig.stage(), clock: at, seed: 1, population: 12, page_size: 5 })
  const only = Object.keys(dialect.file.streams)
  const store = await rig.store()
  const connection = connectionFor(dialect, twin, at, {}, rig.fresh(), {})
  await store.putConnection(connection, { by: 'lab', at: '2026-01-01T00:00:00Z' })
  const { result, because } = await play({ dialect, twin, at, store, connection, only, off: [] }, [], null, { moments: [] })
  const truths = truthsOf(twin, only)
  const streams: { [stream: string]: Tried['streams'][string] } = {}
  for (const stream of only) {
    const about = dialect.file.streams[stream] as StreamTruth
    const truth = truths.get(stream) ?? new Map()
    const found = await rows(store, connection.name, stream, 'latest')
    const differs = told(compare(about, { before: truth, after: truth, ever: truth }, found), stream)
    const verdict = result?.streams[stream]?.verdict
    streams[stream] = { is: verdict?.is ?? 'error', because: verdict?.because ?? because ?? 'no result', differs }
  }
  return { strangers: [...new Set(twin.strangers)], streams }
}

type Judged = {
  readonly said: Said
  readonly because: string
  readonly false_success: boolean
  readonly differs: readonly string[]
  /** Streams that differ and are not `complete`. */
  readonly wrong: readonly string[]
}

async function judge(
  stage: Stage,
  scenario: ReadScenario,
  target: string,
  { before, moments }: { readonly before: Truths; readonly moments: readonly Truths[] },
  played: Played,
  earlier: { readonly truths: Truths; readonly verdict: Said } | null,
): Promise<Judged> {
  const { dialect, twin, store, connection } = stage
  const broken = (because: string): Judged => ({ said: 'error', because, false_success: false, differs: [], wrong: [] })
  const { result } = played
  if (twin.strangers.length > 0)
    return broken(`the twin was asked what it does not know: ${[...new Set(twin.strangers)].slice(0, 3).join('; ')}`)
  if (result === null || result.state === 'paused') return broken(played.because ?? result?.because ?? 'no result')
  if (earlier !== null && earlier.verdict !== 'complete') return broken(`the clean sync before is ${earlier.verdict}`)
  const differs: string[] = []
  const wrong: string[] = []
  let false_success = false
  for (const stream of stage.only) {
    const about = dialect.file.streams[stream]
    const read = result.streams[stream]
    if (about === undefined || read === undefined) continue
    const difference = differenceOf(stage, stream, before, moments, await rows(store, connection.name, stream, 'latest'))
    if (difference !== null) {
      differs.push(...told(difference, stream))
      if (read.verdict.is === 'complete') false_success = true
      else wrong.push(stream)
    }
    // The last complete snapshot is never overwritten by a lesser one.
    const known = earlier?.truths.get(stream)
    if (read.verdict.is === 'complete' || known === undefined) continue
    const kept = compare(
      about,
      { before: known, after: known, ever: known },
      await rows(store, connection.name, stream, 'complete'),
    )
    if (!isTrue(kept)) {
      false_success = true
      differs.push(...told(kept, `${stream}, the last complete snapshot`))
    }
  }
  const verdict = result.streams[target]?.verdict
  const all = worst(dialect, result, stage.only)
  const said: Said = false_success ? 'complete' : scenario.class === 'faulty' ? (verdict?.is ?? 'error') : all
  const low = stage.only.find((stream) => result.streams[stream]?.verdict.is === said) ?? target
  const because = scenario.class === 'faulty' ? verdict?.because : `${low}: ${result.streams[low]?.verdict.because}`
  if (scenario.holds === true && said === 'complete' && verdict?.hold === null)
    return broken('complete, and nothing is held although a third is gone')
  return { said, because: because ?? 'no verdict', false_success, differs: differs.slice(0, 5), wrong }
}

const rows = (store: Store, connection: string, stream: string, which: 'latest' | 'complete'): Promise<readonly StoredRow[]> =>
  rowsOf((after, limit) => store.records(connection, stream, { which, after, limit }))

/** Null where they are as they were before, are now, or were at a moment between. */
function differenceOf(
  { dialect, twin }: Stage,
  stream: string,
  truths: Truths,
  moments: readonly Truths[],
  stored: readonly StoredRow[],
): Difference | null {
  const about = dialect.file.streams[stream]
  if (about === undefined) return null
  const before = truths.get(stream) ?? new Map()
  const during = moments.flatMap((moment) => moment.get(stream) ?? [])
  const truth = { before, after: truthOf(twin, stream), ever: truthOf(twin, stream, true), during }
  const difference = compare(about, truth, stored)
  return isTrue(difference) ? null : difference
}

/** What the run hangs on; nothing of one that broke, or that was played without an item. */
function hangsOn({ dialect, off, only }: Stage, evidence: Evidence, { said, wrong }: Judged, honest: boolean) {
  if (off.length > 0 || said === 'error') return {}
  const { streams } = dialect.connector
  const above = (stream: string) =>
    Object.values(streams[stream]?.each ?? {}).flatMap((each) => (each.from === 'stream' ? [each.stream] : []))
  const yes = honest && said === 'complete' ? only.filter((stream) => isCounted(dialect, stream)) : []
  return hangingOn(evidence, above, wrong, yes)
}
