/** One change played through the real runtime: asked for, worked off, looked at again later, and held against the truth. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { checkStanding, settle } from '../../runtime/govern/standing.ts'
import { sync } from '../../runtime/read/sync.ts'
import type { Store } from '../../runtime/store/port.ts'
import type { WriteStore } from '../../runtime/store/write-port.ts'
import type { Action, JsonObject } from '../../runtime/types.ts'
import { type Boundary, drain, recheckDue, requestChange, type WriteContext } from '../../runtime/write/engine.ts'
import { accept } from './accept.ts'
import { type Asked, type Holds, holdsIn, judgeWrite, type Moment, type Told } from './oracle/write.ts'
import type { WriteScenario } from './scenarios/write.ts'
import { spansOf } from './scenarios/write-best.ts'
import { mayEndOf } from './scenarios/write-may.ts'
import type { Effected } from './twin/copies.ts'
import type { PlayOptions, Run, Said } from './types.ts'
import { besides, copyOf, httpOf } from './write-base.ts'
import { blinded } from './write-evidence.ts'
import { lawsBroken } from './write-laws.ts'
import { type Scene, setScene, type WriteStage } from './write-scene.ts'
import { storyLine } from './write-story.ts'

export type WritePlayed = {
  readonly run: Run
  readonly asked: Asked
  readonly told: readonly Told[]
  readonly effects: readonly Effected[]
  readonly mutations: number
  /** The intent's history for people, and every request that was to change something. */
  readonly story: readonly string[]
}

/** Rechecks wait for a day between them, and for nothing else; patience is longer than any window but a search index's. */
const DAYS_MS = 30 * 86_400_000
const PATIENCE_MS = 6 * 3_600_000
const LIVES = 4
const MOST_REQUESTS = 4_000

/** Rejects where the lab itself is at fault, never for what the runtime says. */
export async function playWrite(
  w: WriteStage,
  scenario: WriteScenario,
  seed: number,
  options: PlayOptions = {},
): Promise<WritePlayed> {
  const began = performance.now()
  const scene = blinded(await setScene(w, scenario, seed, options), options.off ?? [])
  const history: Moment[] = []
  const note = (at_ms: number) => history.push({ at_ms, holds: holdsIn(scene.play, scene.copies.worlds, scene.asked) })
  scene.onChange(note)
  note(scene.time.now())
  const ended = unported(await change(w, scene, scenario), `${scene.twin.origin}/@`)
  scene.copies.tick()
  const now = holdsIn(scene.play, scene.copies.worlds, scene.asked)
  const judged = judgeWrite(ended.told, history, now, spansOf(scene.action))
  const wrong = [...ended.wrong, ...lawsBroken(scene, scenario, ended.told)]
  const last = ended.told.at(-1)
  const said: Said = wrong.length > 0 ? 'error' : ((last?.is as Said | undefined) ?? 'unknown')
  const best = scene.best
  const fired = scene.twin.fired
  const expected = expectedOf(scene, scenario, fired, now)
  const why = scene.play.best?.because ?? `its declaration shows no more than ${best}`
  const capped =
    scenario.class === 'faulty' && said === best && best !== 'verified' ? `action ${scene.action.name}: ${why}` : null
  const names = [...new Set(scene.lies.map((lie) => lie.fault))]
  const counts = scenario.class !== 'faulty' || names.some((name) => (fired[name] ?? 0) > 0)
  const run: Run = {
    scenario: scenario.name,
    side: 'write',
    class: scenario.class,
    dialect: w.dialect.name,
    seed,
    population: scene.population,
    fired,
    // Of several drawn lies some have nothing to strike; each of a scenario's own must have struck. `doubles` only lets pass what others do.
    counts:
      counts &&
      (scenario.class !== 'faulty' || scenario.lies.every((lie) => lie.fault === 'doubles' || (fired[lie.fault] ?? 0) > 0)),
    said,
    because: wrong[0] ?? ended.because,
    expected,
    false_success: judged.false_success,
    false_block: scenario.class !== 'faulty' && !expected.includes(said),
    noticed: scenario.class === 'faulty' && said !== best,
    ...(capped === null ? {} : { capped }),
    differs: [...wrong, ...judged.differs].slice(0, 5),
    requests: scene.twin.requests(),
    requests_bare: scene.bare,
    ms: performance.now() - began,
    ...scene.twin.checked(),
    log: createHash('sha256')
      .update(JSON.stringify([scene.twin.log(), ended.told, ended.story, said, judged, now]))
      .digest('hex'),
  }
  return {
    run,
    asked: scene.asked,
    told: ended.told,
    effects: scene.copies.effects,
    mutations: scene.mutations().length,
    story: [...ended.story, ...mutationLines(scene)],
  }
}

/** Of drawn lies only those that struck keep anybody from the truth. */
function expectedOf(scene: Scene, { dice, expected }: WriteScenario, fired: Run['fired'], now: Holds): readonly Said[] {
  if (dice === undefined) return expected
  const struck = scene.lies.filter((lie) => (fired[lie.fault] ?? 0) > 0)
  return mayEndOf(struck, scene, Object.values(now).every(Boolean))
}

// ---------------------------------------------------------------- the change

type Ended = {
  readonly told: readonly Told[]
  readonly because: string
  readonly story: readonly string[]
  readonly wrong: readonly string[]
}

/** The port differs from run to run: nothing that is told or hashed names it. */
const unported = (ended: Ended, origin: string): Ended => ({
  ...ended,
  because: ended.because.replaceAll(origin, 'https://'),
  story: ended.story.map((line) => line.replaceAll(origin, 'https://')),
})

async function change(w: WriteStage, scene: Scene, scenario: WriteScenario): Promise<Ended> {
  const folder = join(w.root, 'run')
  let start_ms = scene.time.now()
  const patient = besides(scene.time)
  let store = await copyOf(scene.base, folder)
  let http = httpOf(scene.twin, scene.time, scene.connector)
  let made = 0
  let intent: string | null = null
  const wrong: string[] = []
  const context = (onBoundary?: (boundary: Boundary) => void): WriteContext => ({
    connector: scene.connector,
    connection: scene.base.connection,
    http,
    store,
    now: scene.time.now,
    sleep: async (ms, signal) => {
      if (scene.time.now() > start_ms + PATIENCE_MS) throw new Waiting('nothing was concluded in six hours; it goes on looking')
      if (scene.twin.requests() > MOST_REQUESTS) throw new Endless(`more than ${MOST_REQUESTS} requests for one change`)
      await patient(ms, signal)
    },
    newId: () => `${scene.time.now().toString(36).padStart(12, '0')}${(++made).toString(36).padStart(14, '0')}`,
    ...(onBoundary === undefined ? {} : { onBoundary }),
  })
  try {
    for (let life = 0; life < LIVES; life++) {
      let met = 0
      const ctx = context(
        scenario.dies_at === undefined || life > 0
          ? undefined
          : () => {
              if (++met === scenario.dies_at) throw new Died(`at boundary ${met}`)
            },
      )
      try {
        intent ??= await ask(ctx, scene.asked)
        await drain(ctx)
        break
      } catch (error) {
        if (error instanceof Waiting) break
        if (!(error instanceof Died)) throw error
        // As after kill -9: what was durable is there.
        await http.close()
        await store.close()
        const { openStore } = await import('../../runtime/store/sqlite/open.ts')
        store = await openStore(folder, { create: false })
        http = httpOf(scene.twin, scene.time, scene.connector)
      }
    }
    if (intent !== null) {
      start_ms = scene.time.now() + DAYS_MS
      accept(scene)
      await lookLater(scene, context(), scene.action)
      // What ends only then is looked at again after that, as any other.
      if (await outlive(scene, context(), intent)) await lookLater(scene, context(), scene.action)
    }
    return await endOf(scene, context(), intent, wrong)
  } catch (error) {
    if (!(error instanceof Endless)) throw error
    return { told: [], because: error.message, story: [error.message], wrong: [error.message] }
  } finally {
    await http.close()
    await store.close()
  }
}

async function ask(ctx: WriteContext, asked: Asked): Promise<string> {
  const { intent } = await requestChange(ctx, {
    action: asked.action,
    id: asked.id,
    input: asked.input as JsonObject,
    provenance: { by: 'lab', why: 'lab', from: 'lab', person: null },
  })
  return intent
}

/** Rechecks at their times; where none is declared an hour later, for what is not over. */
async function lookLater(scene: Scene, ctx: WriteContext, action: Action): Promise<void> {
  const from_ms = scene.time.now()
  for (const s of action.recheck_s.length === 0 ? [3_600] : action.recheck_s) {
    scene.time.jump(Math.max(1, from_ms + s * 1000 + 5_000 - scene.time.now()))
    await lookOften(scene, ctx)
  }
}

async function lookOften(scene: Scene, ctx: WriteContext): Promise<void> {
  const every_ms = Math.max(1, ...scene.action.verify.map((verify) => verify.every_s)) * 1000 + 1
  for (let look = 0; look < 16; look++) {
    const looked = await recheckDue(ctx)
    if (looked.length === 0) return
    scene.time.jump(every_ms)
  }
}

/** What is only pending says until when: then it ends, one way or the other. */
async function outlive(scene: Scene, ctx: WriteContext, intent: string): Promise<boolean> {
  const row = await ctx.store.intent(intent)
  const last = row?.events.findLast((event) => event.kind === 'outcome')
  const until_ms =
    last?.kind === 'outcome' && last.outcome.is === 'pending' ? Date.parse(last.outcome.expires_at ?? '') : Number.NaN
  if (!Number.isFinite(until_ms)) return false
  scene.time.jump(Math.max(1, until_ms + 5_000 - scene.time.now()))
  await lookOften(scene, ctx)
  return true
}

/** What stands once everything was read again: whatever was claimed is held against that, in every run, so that a false `reverted` shows too. */
async function endOf(scene: Scene, ctx: WriteContext, intent: string | null, wrong: string[]): Promise<Ended> {
  scene.copies.tick()
  const { store, connector, connection } = ctx
  const now = new Date(ctx.now()).toISOString()
  await settle(store, connector, connection.name, now)
  // Where nothing is claimed nothing can be broken, and reading everything would show nothing.
  if ((await store.assertions(connection.name)).length > 0) {
    await sync({ connector, connection, store, http: ctx.http, now: ctx.now })
    await checkStanding(store, connector, connection.name, new Date(ctx.now()).toISOString())
  }
  return { ...(await historyOf(store, intent)), wrong }
}

async function historyOf(store: Store & WriteStore, intent: string | null): Promise<Omit<Ended, 'wrong'>> {
  const row = intent === null ? null : await store.intent(intent)
  const events = row?.events ?? []
  const told = events.flatMap((event): readonly Told[] =>
    event.kind === 'outcome' ? [{ is: event.outcome.is, facets: event.outcome.facets, at_ms: Date.parse(event.at) }] : [],
  )
  const last = events.findLast((event) => event.kind === 'outcome')
  const held = events.findLast((event) => event.kind === 'held')
  const because =
    last?.kind === 'outcome'
      ? last.outcome.because
      : held?.kind === 'held'
        ? `held by ${held.brake}: ${held.because}`
        : `no outcome, it is ${row?.state}`
  const t0 = Date.parse(events[0]?.at ?? '')
  return {
    told: told.map((one) => ({ ...one, facets: one.facets.map(({ facet, is, verified_at }) => ({ facet, is, verified_at })) })),
    because,
    story: events.map((event) => storyLine(event, t0)),
  }
}

const mutationLines = (scene: Scene): readonly string[] =>
  scene.mutations().map((one) => `  request ${one.no} ${one.method} ${one.url} ${JSON.stringify(one.body) ?? ''}`.slice(0, 300))

/** No outcome yet, and none is claimed. */
class Waiting extends Error {}
class Died extends Error {}
class Endless extends Error {}
