/** Watching, played: two whole reads, and between them a feed that is polled and messages that come in, true or not. The oracle is beside it. */
import { createHash } from 'node:crypto'
import { type Http, openHttp } from '../../runtime/http/open.ts'
import { sync } from '../../runtime/read/sync.ts'
import { Secret } from '../../runtime/secret.ts'
import type { Connection } from '../../runtime/types.ts'
import { watchOnce } from '../../runtime/watch/once.ts'
import { receive } from '../../runtime/watch/receive.ts'
import { rowsOf } from './again.ts'
import { type Clock, clock } from './clock.ts'
import { type WatchLie, watchHooks } from './faults/watch.ts'
import { truthOf } from './oracle/read.ts'
import { type Moment, misplacedOf, untoldOf, untrueOf } from './oracle/watch.ts'
import { type Acted, fateOf, type Look, type Mailed } from './oracle/watch-fate.ts'
import { oneOf, type Random, seeded, upTo } from './random.ts'
import { connectionFor, truthsOf } from './read-scene.ts'
import type { Rig, Store } from './rig.ts'
import { bareRequests } from './scenarios/choose.ts'
import { WATCH_SCENARIOS, type WatchScenario } from './scenarios/watch.ts'
import type { Dialect } from './twin/dialect.ts'
import { createTwin } from './twin/serve.ts'
import type { Ask, Hooks, Twin } from './twin/types.ts'
import type { PlayOptions, Run, Scenario } from './types.ts'
import { openMail } from './watch-mail.ts'
import { type Doings, doingsIn, liesFor, MINUTE_MS, overlapOf, readFor, senderOf, watchedOf } from './watch-scene.ts'

const MOST_REQUESTS = 6_000
const PAGE_SIZES = [3, 4, 5, 7]

type Stage = {
  readonly dialect: Dialect
  readonly twin: Twin
  readonly at: Clock
  readonly store: Store
  readonly http: Http
  readonly connection: Connection
  /** Streams that a feed or a webhook names. */
  readonly watched: readonly string[]
  /** What is read whole, so that those are. */
  readonly only: readonly string[]
  readonly off: readonly string[]
}

export async function playWatch(
  rig: Rig,
  name: string,
  asked: Pick<Scenario, 'name'>,
  seed: number,
  options: PlayOptions = {},
  /** Beside the lies of the scenario; for tests of the oracle. */
  planted: readonly Hooks[] = [],
): Promise<Run> {
  const begun = performance.now()
  const scenario = WATCH_SCENARIOS.find((one) => one.name === asked.name)
  if (scenario === undefined) throw new Error(`the lab has no scenario ${asked.name}`)
  const dialect = rig.dialect(name)
  const random = seeded(seed)
  const at = clock()
  const page_size = oneOf(random, PAGE_SIZES)
  const population = page_size + 3 + upTo(random, 2 * page_size)
  const { onExchange } = options
  const twin = createTwin({
    ...{ dialect, stage: await rig.stage(), clock: at, seed, population, page_size },
    ...(onExchange === undefined ? {} : { onExchange }),
  })
  const lies = liesFor(scenario, dialect, random)
  const watched = watchedOf(dialect)
  const only = readFor(dialect, watched)
  const store = await rig.store()
  const connection = connectionFor(dialect, twin, at, {}, rig.fresh(), {})
  await store.putConnection(connection, { by: 'lab', at: '2026-01-01T00:00:00Z' })
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
  const stage: Stage = { dialect, twin, at, store, http, connection, watched, only, off: options.off ?? [] }
  try {
    const played = await act(stage, scenario, lies, planted, random, seed, options)
    const fired: { [fault: string]: number } = { ...twin.fired }
    for (const { mail } of played.mailed) fired[`mail_${mail}`] = (fired[`mail_${mail}`] ?? 0) + 1
    const struck = [...lies.map(({ fault }) => fault), ...scenario.mail.map((mail) => `mail_${mail}`)]
    const fate = fateOf(played)
    const run: Omit<Run, 'log'> = {
      ...{ scenario: scenario.name, side: 'read', class: scenario.class, dialect: name, seed, population, fired },
      counts: struck.every((fault) => (fired[fault] ?? 0) > 0),
      said: fate.said,
      because: twin.placeless(`${lies.map(({ fault, feed }) => `${feed} · ${fault} · `).join('')}${fate.because}`),
      expected: scenario.expected,
      false_success: fate.false_success,
      false_block: scenario.class !== 'faulty' && !scenario.expected.includes(fate.said),
      noticed: fate.noticed,
      differs: fate.differs.slice(0, 5),
      requests: played.requests,
      requests_bare: played.bare,
      ms: performance.now() - begun,
      ...twin.checked(),
    }
    const log = createHash('sha256')
      .update(twin.log())
      .update(JSON.stringify([run.said, run.because, run.differs, run.fired, played.looks, played.mailed]))
      .digest('hex')
    return { ...run, log }
  } finally {
    twin.lie([])
    await http.close()
  }
}

/** A position of each feed, a whole read to begin with, then everything that happens, a whole read again, and what is said in the end. */
async function act(
  stage: Stage,
  scenario: WatchScenario,
  told: readonly WatchLie[],
  planted: readonly Hooks[],
  random: Random,
  seed: number,
  options: PlayOptions,
): Promise<Acted> {
  const { dialect, twin, at, watched, only } = stage
  const doings = doingsIn(twin, watched, random)
  const feeds = Object.values(dialect.connector.feeds)
  const lies = [...watchHooks(told), ...planted]
  /** What the lies are about, else all that is watched. */
  const about = feeds.filter(({ name }) => told.some(({ feed }) => feed === name)).flatMap((feed) => feed.names)
  const struck = about.length === 0 ? watched : watched.filter((stream) => about.some((named) => named.stream === stream))
  // So long that what was told late before is told.
  const wait = () => at.jump(Math.max(0, ...feeds.map(overlapOf)) + 2 * MINUTE_MS)
  const looks: Look[] = []
  const mailed: Mailed[] = []
  const bare = bareRequests(twin, only, 5)
  let asks = 0
  const ended = (broken: string | null, untold: Acted['untold'] = new Map()): Acted => ({
    ...{ looks, mailed, untold, broken, bare: bare + looks.length * feeds.length },
    requests: twin.requests() - asks,
  })

  const meanwhile = scenario.busy === true ? () => doings.happen(oneOf(random, ['created', 'updated'])) : null
  await lookOnce(stage, [], null)
  at.jump(MINUTE_MS)
  const first = await readAll(stage, meanwhile)
  if (first !== null) return ended(`the read before: ${first}`)
  const before = truthsOf(twin, watched)
  wait()
  asks = twin.requests()
  looks.push(await lookOnce(stage, [], null))

  const happen = (times: number): void => {
    for (let n = 0; n < times; n++) {
      at.jump(20_000)
      doings.happen(undefined, oneOf(random, [...watched, ...struck]))
    }
  }
  const busy = scenario.changes !== 'none'
  if (busy) {
    // Where nothing changed a feed is neither right nor wrong.
    for (const stream of watched) doings.happen('created', stream)
    if (scenario.changes === 'exodus') for (const stream of struck) doings.leave(stream)
    if (scenario.changes === 'removals') for (const stream of struck) doings.happen('deleted', stream)
    happen(scenario.changes === 'many' ? 9 : 2)
  }
  at.jump(MINUTE_MS)
  looks.push(await lookOnce(stage, lies, busy ? { at: 1 + upTo(random, 5), happens: doings.happen } : null))
  at.jump(MINUTE_MS)
  if (busy) happen(1)
  if (scenario.mail.length > 0) mailed.push(...(await post(stage, scenario, doings, seed, options)))
  at.jump(MINUTE_MS)
  looks.push(await lookOnce(stage, lies, null))
  at.jump(MINUTE_MS)

  const last = await readAll(stage, meanwhile)
  if (last !== null) return ended(`the read after: ${last}`)
  wait()
  looks.push(await lookOnce(stage, lies, null))
  if (scenario.third === true) {
    at.jump(MINUTE_MS)
    const third = await readAll(stage, null)
    if (third !== null) return ended(`the third read: ${third}`)
    wait()
    looks.push(await lookOnce(stage, lies, null))
  }
  const after = truthsOf(twin, watched)
  const untold = feeds.map((feed) => [feed.name, untoldOf({ feed, file: twin.file, before, after, named: twin.named })] as const)
  const strange = [...new Set(twin.strangers)].slice(0, 3).join('; ')
  return ended(strange === '' ? null : `the twin was asked what it does not know: ${strange}`, new Map(untold))
}

/** Null: complete, as far as it can be. Else why not. `meanwhile`: happens now and then. */
async function readAll(stage: Stage, meanwhile: (() => void) | null): Promise<string | null> {
  const { dialect, twin, connection, store, http, at, only, off, watched } = stage
  let asked = 0
  twin.lie(meanwhile === null ? [] : [{ after: () => (++asked % 7 === 3 && asked < 20 ? meanwhile() : undefined) }])
  try {
    const result = await sync({ connector: twin.connector, connection, store, http, now: at.now, only, off })
    const lesser = watched.find((stream) => {
      const is = result.streams[stream]?.verdict.is
      return is !== 'complete' && is !== dialect.file.streams[stream]?.best?.is
    })
    return lesser === undefined ? null : `${lesser}: ${result.streams[lesser]?.verdict.because ?? result.because}`
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}

/** Asks the feeds and looks at whoever was named. `during`: something happens after so many requests. */
async function lookOnce(
  stage: Stage,
  lies: readonly Hooks[],
  during: { readonly at: number; readonly happens: () => void } | null,
): Promise<Look> {
  const { twin, at, store, connection, http, watched } = stage
  const control = new AbortController()
  const moments = new Map<string, Moment[]>()
  let asked = 0
  const guard: Hooks = {
    instead: (ask) => {
      if (ask.kind === 'get')
        for (const [key, moment] of momentsOf(twin, watched, ask)) moments.set(key, [...(moments.get(key) ?? []), moment])
      return null
    },
    after: () => {
      asked++
      if (asked === during?.at) during.happens()
      if (asked > MOST_REQUESTS) control.abort(new Error('stopped'))
    },
  }
  twin.lie([guard, ...lies])
  const stored = new Map(await Promise.all(watched.map(async (stream) => [stream, await rows(stage, stream)] as const)))
  const kept = await keptOf(stage, stored)
  const cursor = await store.lastSighting(connection.name)
  const { feeds, waiting } = await watchOnce({
    ...{ connector: twin.connector, connection, store, send: http.send, now: at.now, signal: control.signal },
  })
  const sightings = await store.sightings(connection.name, { after: cursor, limit: 1_000 })
  const untrue = sightings.flatMap((sighting) => {
    const so = moments.get(`${sighting.stream}/${sighting.id}`) ?? []
    return untrueOf(sighting, so) ?? misplacedOf(sighting, so, stored.get(sighting.stream) ?? []) ?? []
  })
  const now = new Map(await Promise.all(watched.map(async (stream) => [stream, await rows(stage, stream)] as const)))
  if ((await keptOf(stage, now)) !== kept) untrue.push('what is stored was changed by watching')
  return {
    feeds: feeds.map(({ feed, is, because }) => ({ feed, is, because: numberless(because) })),
    ...{ untrue, waiting, endless: asked > MOST_REQUESTS },
    seen: sightings.map(({ stream, id, shows, is }) => `${stream}/${id} ${shows} ${is}`),
  }
}

/** A store has seen other runs, and how many no seed decides. */
const numberless = (because: string): string => because.replaceAll(/sync \d+ and \d+/g, 'two syncs')

const rows = ({ store, connection }: Stage, stream: string) =>
  rowsOf((after, limit) => store.records(connection.name, stream, { which: 'complete', after, limit }))

/** Everything that only whole reads write. */
async function keptOf({ store, connection }: Stage, stored: ReadonlyMap<string, readonly object[]>): Promise<string> {
  return JSON.stringify([[...stored], await store.lastChange(connection.name), await store.snapshots(connection.name)])
}

/** What is so of whoever is asked for, as they are asked for. */
function momentsOf(twin: Twin, watched: readonly string[], ask: Ask): readonly (readonly [key: string, moment: Moment])[] {
  const id = Object.values(ask.params)[0] ?? ''
  const about = watched.filter((stream) => twin.file.streams[stream]?.of === ask.collection)
  return about.map((stream) => [`${stream}/${id}`, truthOf(twin, stream).get(id)?.[0] ?? null])
}

/** Everything that comes in, one after the other, and what was made of it. */
async function post(
  { dialect, twin, at, store, connection }: Stage,
  scenario: WatchScenario,
  doings: Doings,
  seed: number,
  { onExchange }: PlayOptions,
): Promise<readonly Mailed[]> {
  const sender = senderOf(dialect)
  if (sender === null) return []
  const posts = openMail({ twin, sender, at, run: `${dialect.name}/${scenario.name}/${seed}`, doings })
  const out: Mailed[] = []
  for (const mail of scenario.mail)
    for (const { message, must, after_ms } of posts(mail)) {
      at.jump(after_ms)
      const before = await store.touchedCounts(connection.name, 5)
      const reply = await receive({
        ...{ connector: twin.connector, connection, store, secret: sender.secret, now: at.now },
        ...{ method: 'POST' as const, headers: message.headers, query: {}, raw: message.raw },
      })
      const after = await store.touchedCounts(connection.name, 5)
      out.push({ mail, must, is: reply.is, status: reply.status, touched: after.waiting !== before.waiting, signs: sender.signs })
      onExchange?.({
        ...{ method: 'POST', url: '/(to us)', status: reply.status, sent: Buffer.from(message.raw).toString('utf8') },
        ...{ answer: reply.is, faults: must === 'taken' ? [] : [mail] },
      })
    }
  return out
}
