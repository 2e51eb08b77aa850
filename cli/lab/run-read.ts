/** Reading, played: one scenario through the real runtime against a twin, with the oracle beside it. */
import { createHash } from 'node:crypto'
import { openHttp } from '../../runtime/http/open.ts'
import type { Attempt, Listener } from '../../runtime/read/evidence.ts'
import type { SyncResult } from '../../runtime/read/run.ts'
import { sync } from '../../runtime/read/sync.ts'
import { Secret } from '../../runtime/secret.ts'
import type { Connection } from '../../runtime/types.ts'
import { listen, rowsOf } from './again.ts'
import { type Clock, clock } from './clock.ts'
import type { Tried } from './derive/own.ts'
import { readHooks } from './faults/read.ts'
import { compare, told } from './oracle/read.ts'
import { seeded, upTo } from './random.ts'
import { differenceOf, hangsOn, judge, rows } from './read-judge.ts'
import { worst } from './read-said.ts'
import { connectionFor, idsOf, streamsFor, type Truths, truthsOf } from './read-scene.ts'
import type { Rig, Store } from './rig.ts'
import { bareRequests, choose, sizesOf } from './scenarios/choose.ts'
import { READ_SCENARIOS } from './scenarios/read.ts'
import { changesIn, hitOf, labelOf } from './scenarios/read-drawn.ts'
import { LOST } from './scenarios/read-make.ts'
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
  const hit = hitOf(chosen, fired)
  const judged = await judge(stage, scenario, hit, { before, moments }, last, earlier)
  const wanted = scenario.stopped === true ? ['stopped'] : [...new Set(lies.map(labelOf))]
  const best = dialect.file.streams[judged.stream]?.best
  const capped = scenario.class === 'faulty' && judged.said === best?.is ? `stream ${judged.stream}: ${best.because}` : null
  const run: Omit<Run, 'log'> = {
    scenario: scenario.name,
    side: 'read',
    class: scenario.class,
    dialect: name,
    seed,
    population,
    fired,
    counts: wanted.filter((fault) => (fired[fault] ?? 0) > 0).length >= (chosen.drawn.length > 0 ? 2 : wanted.length),
    said: judged.said,
    because: twin.placeless(
      `${chosen.target}${lies.map((lie) => ` · ${labelOf(lie)}${lie.page === undefined ? '' : ` on page ${lie.page}`}`).join('')} · ${judged.because}`,
    ),
    expected: hit.must.length > 0 ? LOST : scenario.expected,
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

/** One sync. `stop`: after so many requests. */
async function play(stage: Stage, hooks: readonly Hooks[], stop: number | null, { moments, listener }: Ears): Promise<Played> {
  const { twin, at, store, connection } = stage
  const control = new AbortController()
  let asked = 0
  let strikes = 0
  const changing = hooks.some((hook) => hook.after !== undefined)
  const guard: Hooks = {
    after: () => {
      const now = changing ? changesIn(twin.fired) : 0
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
