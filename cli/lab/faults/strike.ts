/** Plays lies about writes over a twin: what happens to the world, what is answered, and which copy of the truth a read gets. */
import type { Json } from '../../../runtime/types.ts'
import { applyChange, type Change, entryOf, idOf, same } from '../twin/change.ts'
import type { Copies } from '../twin/copies.ts'
import { changesOf, conflicts, leaves } from '../twin/effects.ts'
import { over, put } from '../twin/path.ts'
import { render } from '../twin/template.ts'
import type { ActionPlay, Answer, Ask, Hooks, Native, Template, TwinView, World } from '../twin/types.ts'
import { type Lie, WRITE_FAULTS, type WriteFault } from './write.ts'

/** A request that was to change something, whatever became of it. */
export type Mutation = {
  readonly no: number
  readonly at_ms: number
  readonly line: string
  readonly method: string
  readonly url: string
  readonly body: Ask['body']
  readonly headers: Ask['headers']
}
/** What a request would have done at an honest target. */
/** `about`: the ids of the record and of what it ties together. */
export type Meant = { readonly request: number; readonly change: Change; readonly about: readonly string[] }

export type StrikeOptions = {
  readonly lies: readonly Lie[]
  readonly copies: Copies
  readonly play: ActionPlay
  /** Id of the entry it is done to, and the values asked for. */
  readonly subject: string | null
  readonly values: readonly Json[]
  readonly now: () => number
}
export type Struck = { readonly hooks: Hooks; readonly mutations: readonly Mutation[]; readonly meant: readonly Meant[] }

const LAG_MS = 3_000
/** These strike whether or not they change what was to happen. */
const ALWAYS: ReadonlySet<WriteFault['changes']> = new Set([undefined, 'if_applied'])
const HIDDEN: ReadonlySet<string> = new Set(['list', 'get'])

export function strike(o: StrikeOptions): Struck {
  const { lies, copies, now } = o
  const mutations: Mutation[] = []
  const steps: string[] = []
  const passed = new Map<Lie, number>()
  const struck = new Map<Lie, number>()
  const meant: Meant[] = []
  /** Of the request under way. */
  let current: readonly Lie[] = []
  let ghost: World | null = null
  let blind: Lie | null = null
  const turns = new Map<string, { at_ms: number; turn: number }>()
  const lag_ms = lies.find(({ fault }) => fault === 'flip_flop')?.ms ?? LAG_MS
  const of = (lie: Lie): WriteFault => WRITE_FAULTS[lie.fault]

  function choose(ask: Ask, strikes: WriteFault['strikes']): readonly Lie[] {
    return lies.filter((lie) => {
      if (of(lie).strikes !== strikes || lie.fault === 'flip_flop') return false
      if (strikes === 'writes' && lie.step !== undefined && steps[lie.step] !== ask.endpoint) return false
      const before = passed.get(lie) ?? 0
      passed.set(lie, before + 1)
      return before >= (lie.skip ?? 0) && (struck.get(lie) ?? 0) < (lie.times ?? Number.POSITIVE_INFINITY)
    })
  }
  const fire = (lie: Lie, twin: TwinView) => {
    struck.set(lie, (struck.get(lie) ?? 0) + 1)
    twin.fire(lie.fault)
  }
  const answered = (lie: Lie, twin: TwinView): Answer => {
    const fault = of(lie)
    if (fault.between === true) return { status: 200, headers: { 'content-type': 'application/json' }, text: '{}' }
    const wait = fault.instead === 'too_many' ? { 'retry-after': String(lie.seconds ?? 2) } : {}
    const answer = twin.error(fault.instead ?? 'server', wait)
    return { ...answer, status: fault.as_status ?? lie.status ?? answer.status }
  }

  const hooks: Hooks = {
    instead: (ask, twin) => {
      copies.tick()
      if (ask.kind === 'write') {
        if (!steps.includes(ask.endpoint)) steps.push(ask.endpoint)
        mutations.push(mutationOf(ask, mutations.length + 1, now()))
        current = choose(ask, 'writes')
        const lie = current.find((one) => of(one).instead !== undefined)
        if (lie !== undefined) {
          fire(lie, twin)
          current = []
          return answered(lie, twin)
        }
        return null
      }
      if (mutations.length === 0 || !HIDDEN.has(ask.kind)) return null
      const lie = choose(ask, 'reads').find((one) => of(one).instead !== undefined)
      if (lie !== undefined) {
        fire(lie, twin)
        return answered(lie, twin)
      }
      if (blind !== null && ask.kind === 'get' && blind.reads !== 'list') return twin.error('not_found')
      return null
    },
    entries: (ask, entries) => (blind !== null && ask.kind === 'list' && blind.reads !== 'get' ? [] : entries),
    does: (ask, effects, twin) => {
      const primary = copies.worlds[0] as World
      const planned = changesOf(primary, effects, ask.scope)
      meant.push(...planned.map((change) => ({ request: mutations.length, change, about: aboutOf(change, primary) })))
      const made = planned.find((one) => one.do === 'put')
      if (conflicts(effects, planned, primary)) {
        const doubles = current.find((one) => of(one).doubles === true)
        if (doubles === undefined) return twin.error('conflict')
        fire(doubles, twin)
      }
      const echo = echoOf(planned, twin)
      let changes = planned
      let delay_ms = 0
      let undone_ms: number | null = null
      for (const lie of current) {
        const fault = of(lie)
        if (fault.doubles === true) continue
        const after = changed(fault, lie, changes, { ...o, world: primary, twin })
        // What is shown and did not happen is a lie of its own, whoever else swallowed the change.
        if (ALWAYS.has(fault.changes) || !same(after, changes) || (fault.ghost === true && planned.length > 0)) fire(lie, twin)
        changes = after
        if (fault.changes === 'invited') for (const one of changes) applyInvited(echo, one)
        if (fault.when === 'delayed') delay_ms += lie.ms ?? LAG_MS
        if (fault.when === 'undone') undone_ms = lie.ms ?? 20_000
        if (fault.ghost === true) ghost = echoOf(planned, twin)
        if (fault.blinds === true) blind = lie
      }
      copies.change(changes, { by: 'request', request: mutations.length, delay_ms, undone_ms, lag_ms })
      return { world: echo, made: made === undefined ? null : { of: made.of, id: made.entry.id } }
    },
    world: (ask, twin) => {
      if (ghost !== null && ask.kind === 'get') return ghost
      const world = turn(`${ask.path}?${ask.query}`)
      const lie = lies.find(({ fault }) => fault === 'flip_flop')
      if (lie !== undefined && mutations.length > 0 && world !== copies.worlds[0] && copies.underway() > 0) fire(lie, twin)
      return world
    },
    answer: (ask, answer, twin) => {
      if (ask.kind !== 'write') return answer
      for (const lie of current) {
        const { answer: becomes } = of(lie)
        // The answer is its own, whoever else swallowed the change.
        if ((becomes === 'accepted_202' || becomes === 'no_content') && !struck.has(lie)) fire(lie, twin)
        if (becomes === 'lost') return { ...answer, cut: lie.how === 'cut' ? 'body' : lie.how === 'hang' ? 'hang' : 'before' }
        if (becomes === 'failed') return { ...twin.error('server'), status: lie.status ?? 500 }
        if (becomes === 'no_content') return { ...answer, status: 204, text: '' }
        if (becomes === 'accepted_202') return { ...answer, status: 202 }
      }
      return answer
    },
  }
  return { hooks, mutations, meant }

  /** Copies answer in turn, address by address; at one instant an address is answered by one copy. */
  function turn(address: string): World {
    const last = turns.get(address) ?? { at_ms: Number.NEGATIVE_INFINITY, turn: -1 }
    const next = now() > last.at_ms ? { at_ms: now(), turn: last.turn + 1 } : last
    turns.set(address, next)
    return copies.worlds[(next.turn + 1) % copies.worlds.length] as World
  }
}

function mutationOf(ask: Ask, no: number, at_ms: number): Mutation {
  const query = ask.query.toString()
  const { method, path, body, headers } = ask
  return { no, at_ms, line: ask.endpoint, method, url: query === '' ? path : `${path}?${query}`, body, headers }
}

function aboutOf(change: Change, world: World): readonly string[] {
  const entry = change.do === 'put' ? change.entry : entryOf(world, change.of, change.id)
  return [idOf(change), ...Object.values(entry?.links ?? {})]
}

/** The target's yes is made from what was asked, not from what happened: that is what an echo is. */
function echoOf(changes: readonly Change[], twin: TwinView): World {
  const echo = twin.world.copy()
  for (const change of changes) applyChange(echo, change)
  return echo
}

/** A target that only invites says so in its answer: nobody calls that a lie. */
function applyInvited(echo: World, change: Change): void {
  if (change.do !== 'put') return
  echo.remove(change.of, change.entry.id)
  echo.put(change.of, { ...change.entry })
}

function changed(
  fault: WriteFault,
  lie: Lie,
  changes: readonly Change[],
  o: StrikeOptions & { readonly world: World; readonly twin: TwinView },
): readonly Change[] {
  const { play, world, twin } = o
  switch (fault.changes) {
    case 'none':
      return []
    case 'job_only':
      return changes.filter((change) => change.of === play.job?.of).map((change) => laidOver(change, play.job?.failed, twin))
    case 'if_applied':
      return lie.applied === false ? [] : changes
    case 'elsewhere':
      return changes.map((change) => elsewhere(change, o))
    case 'first_only': {
      const sets = changes.filter((change) => change.do === 'set')
      if (sets.length === 0) return changes.map((change) => (change.do === 'put' ? withoutOne(change, o.values) : change))
      return sets.length > 1 ? changes.filter((change) => change.do !== 'set' || change === sets[0]) : changes
    }
    case 'leaves_facet': {
      const behind = Object.entries(play.holds ?? {}).flatMap(([facet, of]) =>
        lie.facet === undefined || lie.facet === facet ? of : [],
      )
      return changes.filter((change) => !behind.includes(change.do === 'set' ? `${change.of}.${change.path}` : change.of))
    }
    case 'invited':
      return changes.map((change) => laidOver(change, play.invited?.[change.of], twin))
    case 'and_bystander':
      return changes.length === 0 ? changes : [...changes, ...bystander(play, world, o.subject)]
    default:
      return changes
  }
}

/** The same to somebody else: whatever names the subject names another one, a log of it too. */
function elsewhere(change: Change, o: StrikeOptions & { readonly world: World }): Change {
  const of = o.play.subject?.of
  const others = [...(o.world.collections.get(of ?? '')?.keys() ?? [])].filter((id) => id !== o.subject)
  const other = others[others.length >> 1]
  if (o.subject === null || other === undefined) return change
  const text = JSON.stringify(change)
  const turned = JSON.parse(text.replaceAll(o.subject, other)) as Change
  if (change.do === 'put' || text.includes(o.subject)) return turned
  // What is tied to them is known by its links.
  const theirs = [...(o.world.collections.get(change.of)?.values() ?? [])].find((one) => Object.values(one.links).includes(other))
  return theirs === undefined ? change : { ...change, id: theirs.id }
}

/** A record that is made, with something else in it. */
function laidOver(change: Change, laid: Template | undefined, twin: TwinView): Change {
  if (change.do !== 'put' || laid === undefined) return change
  const above = render(laid, { scope: () => undefined, random: twin.random, lists: null }) ?? {}
  return { ...change, entry: { ...change.entry, native: over(change.entry.native, above) as Native } }
}

function bystander(play: ActionPlay, world: World, id: string | null): readonly Change[] {
  const of = play.subject?.of
  if (play.bystander === undefined || of === undefined || id === null || !world.collections.get(of)?.has(id)) return []
  return [{ do: 'set', of, id, path: play.bystander, to: 'Wiped' }]
}

/** A record of which the last asked-for attribute is not kept. */
function withoutOne(change: Change & { readonly do: 'put' }, values: readonly Json[]): Change {
  const asked = leaves(change.entry.native).filter(([, value]) => values.some((one) => same(one, value)))
  const path = asked.at(-1)?.[0]
  if (asked.length < 2 || path === undefined) return change
  const native = structuredClone(change.entry.native)
  put(native, path, undefined)
  return { ...change, entry: { ...change.entry, native } }
}
