/** Everything set for one change: twin and clock, copies of the truth, who it is done to, which lies are told. Nothing of the runtime runs yet. */
import type { Action, Connector } from '../../runtime/types.ts'
import type { Clock } from './clock.ts'
import { throwDice } from './faults/dice.ts'
import { type Meant, type Mutation, strike } from './faults/strike.ts'
import type { Lie } from './faults/write.ts'
import type { Asked } from './oracle/write.ts'
import { type Random, seeded, upTo } from './random.ts'
import type { WriteScenario } from './scenarios/write.ts'
import { askedFor } from './scenarios/write-asked.ts'
import { bestOf, shortestWindow } from './scenarios/write-best.ts'
import { applyChange, dropsOf } from './twin/change.ts'
import { type Copies, type Effected, openCopies } from './twin/copies.ts'
import type { Dialect } from './twin/dialect.ts'
import type { Stage } from './twin/serve.ts'
import type { ActionPlay, Hooks, Native, Twin, World } from './twin/types.ts'
import type { PlayOptions, Said } from './types.ts'
import { type Base, POPULATIONS, stageTwin, toAfterRead } from './write-base.ts'

export type WriteStage = {
  readonly dialect: Dialect
  readonly stage: Stage
  /** A folder of this worker. */
  readonly root: string
  readonly base: (population: number) => Promise<Base>
  /** What an honest target does for this action, asked with this seed; nothing where the action cannot be played. */
  readonly honest: (
    action: string,
    seed: number,
  ) => Promise<{ readonly effects: readonly Effected[]; readonly mutations: number }>
}

export type Scene = {
  readonly twin: Twin
  readonly time: Clock
  readonly connector: Connector
  readonly base: Base
  readonly population: number
  readonly action: Action
  readonly play: ActionPlay
  readonly best: Said
  readonly asked: Asked
  /** Id of the entry it is done to. */
  readonly subject: string | null
  readonly lies: readonly Lie[]
  readonly copies: Copies
  readonly onChange: (listen: (at_ms: number) => void) => void
  readonly mutations: () => readonly Mutation[]
  readonly meant: () => readonly Meant[]
  readonly bare: number
}

/** A target that does not answer is waited for so long, really. */
const HANG_MS = 1_000
const BARE_SEED = 1

export async function setScene(w: WriteStage, scenario: WriteScenario, seed: number, options: PlayOptions): Promise<Scene> {
  const honest = scenario.before === 'already' ? await w.honest(scenario.action, seed) : null
  // Who only asks what an honest target does must not ask again.
  const bare =
    scenario.name.startsWith('honest/') && seed === BARE_SEED ? 0 : (await w.honest(scenario.action, BARE_SEED)).mutations
  const random = seeded(seed)
  const { population, base, twin, time: clock, action, play, found } = await castFor(w, scenario.action, random)
  const worlds: readonly World[] = [twin.world, ...Array.from({ length: scenario.copies - 1 }, () => twin.world.copy())]
  for (const world of worlds) {
    for (const { change } of honest?.effects ?? []) applyChange(world, change)
    if (scenario.before === 'recreated') recreate(world, play, found.subject)
  }
  let listen: (at_ms: number) => void = () => {}
  // What is due happens when its time has come, not when somebody next asks.
  const jump = (ms: number) => {
    clock.jump(ms)
    copies.tick()
  }
  const time: Clock = { ...clock, jump, sleep: async (ms) => jump(Math.max(0, ms)) }
  const copies = openCopies(worlds, time.now, (at_ms) => listen(at_ms))
  const thrown =
    scenario.dice === undefined
      ? []
      : throwDice(random, { kind: scenario.dice, action, play, window_s: shortestWindow(action), copies: scenario.copies })
  const lies = [...scenario.lies, ...thrown]
  const struck = strike({ lies, copies, play, subject: found.subject, values: Object.values(found.asked.input), now: time.now })
  const told: Hooks = options.onExchange === undefined ? {} : exchangeHook(twin, options.onExchange)
  twin.lie([struck.hooks, told])
  const hangs = lies.some((lie) => lie.how === 'hang')
  const connector = hangs ? { ...twin.connector, limits: { ...twin.connector.limits, timeout_ms: HANG_MS } } : twin.connector
  return {
    twin,
    time,
    connector,
    base,
    population,
    action,
    play,
    best: bestOf(action, play),
    asked: found.asked,
    subject: found.subject,
    lies,
    copies,
    onChange: (next) => {
      listen = next
    },
    mutations: () => struck.mutations,
    meant: () => struck.meant,
    bare,
  }
}

/** A population in which somebody fits: the one that the seed chose, else the next. */
async function castFor(w: WriteStage, name: string, random: Random) {
  const first = upTo(random, POPULATIONS.length)
  for (const place of POPULATIONS.keys()) {
    const population = POPULATIONS[(first + place) % POPULATIONS.length] as number
    const base = await w.base(population)
    const { twin, time } = stageTwin(w.dialect, w.stage, population)
    toAfterRead(time)
    const play = w.dialect.file.actions?.[name]
    const action = (twin.connector.actions as { readonly [name: string]: Action })[name]
    if (play === undefined || action === undefined) throw new Error(`${w.dialect.name} does not play ${name}`)
    const me = [...(twin.world.collections.get(w.dialect.file.me ?? '')?.keys() ?? [])][0] ?? null
    const found = askedFor(name, play, twin.world, random, me)
    if (found !== null) return { population, base, twin, time, action, play, found }
  }
  throw new Error(`${w.dialect.name}: nobody can be asked ${name} for`)
}

/** Gone, and one like it under another id. */
function recreate(world: World, play: ActionPlay, id: string | null): void {
  const of = play.subject?.of
  const entry = id === null || of === undefined ? undefined : world.collections.get(of)?.get(id)
  if (of === undefined || id === null || entry === undefined) return
  const again = `${id.slice(0, -1)}${id.endsWith('7') ? '8' : '7'}`
  const native = JSON.parse(JSON.stringify(entry.native).replaceAll(JSON.stringify(id), JSON.stringify(again))) as Native
  for (const change of dropsOf(world, of, id)) applyChange(world, change)
  world.put(of, { ...entry, id: again, native })
}

/** For people who replay a run. */
function exchangeHook(twin: Twin, onExchange: NonNullable<PlayOptions['onExchange']>): Hooks {
  let before = { ...twin.fired }
  return {
    after: (ask, answer) => {
      const faults = Object.keys(twin.fired).filter((name) => twin.fired[name] !== before[name])
      before = { ...twin.fired }
      const query = ask.query.toString()
      const url = query === '' ? ask.path : `${ask.path}?${query}`
      const sent = ask.body === null ? null : JSON.stringify(ask.body)
      onExchange({
        method: ask.method,
        url,
        status: answer.cut === undefined ? answer.status : 0,
        sent,
        answer: answer.text,
        faults,
      })
    },
  }
}
