/** A target on loopback that can be changed, in one dialect, and lies about it as told. Shares no code with runtime/. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from './write-clock.ts'
import type { Plan, Say, Verb, Want, WriteDialect } from './write-dialect.ts'
import {
  type StruckWrite,
  WRITE_FAULTS,
  type WriteFault,
  type WriteFaultName,
  type WriteFaultOptions,
  type WriteFaults,
  type WriteReply,
} from './write-faults.ts'
import { graph } from './write-graph.ts'
import { rest } from './write-rest.ts'
import { scim } from './write-scim.ts'
import { apply, type Change, type Effect, openWorlds, type Person, type World, type Worlds } from './write-world.ts'

export const WRITE_DIALECTS = { scim, rest, graph } as const
export type WriteDialectName = keyof typeof WRITE_DIALECTS
export const WRITE_DIALECT_NAMES = Object.keys(WRITE_DIALECTS) as WriteDialectName[]

export type WriteTargetOptions = {
  readonly dialect: WriteDialectName
  readonly clock: Clock
  readonly seed?: number
  readonly people?: number
  /** How many copies answer reads, in turn. */
  readonly replicas?: number
  readonly faults?: WriteFaults
  /** After each request has been answered, before the answer leaves. */
  readonly onAnswer?: () => void
}

export type Mutation = {
  readonly no: number
  readonly at_ms: number
  readonly verb: Verb
  readonly line: string
  readonly status: number
}

export type WriteTarget = {
  readonly url: string
  readonly token: string
  readonly dialect: WriteDialectName
  readonly requests: readonly string[]
  /** Every mutating request, whatever became of it. */
  readonly mutations: () => readonly Mutation[]
  readonly effects: () => readonly Effect[]
  /** What every replica holds now. */
  readonly worlds: () => readonly World[]
  readonly fired: () => { readonly [name in WriteFaultName]?: number }
  /** Requests this target does not know. A test with any has failed. */
  readonly unexpected: () => readonly string[]
  readonly underway: () => number
  /** Somebody else changes the target. */
  readonly meddle: (...changes: Change[]) => void
  /** From now on. */
  readonly lie: (faults: WriteFaults) => void
  /** A new population, no faults, nothing remembered. */
  readonly reset: (options: { readonly seed: number; readonly replicas?: number; readonly faults?: WriteFaults }) => void
  readonly close: () => Promise<void>
}

type Job = { readonly id: string; readonly due_ms: number; readonly fails: boolean }
type Memory = {
  readonly worlds: Worlds
  readonly jobs: Map<string, Job>
  faults: WriteFaults
  passed: { [name in WriteFaultName]?: number }
  fired: { [name in WriteFaultName]?: number }
  readonly mutations: Mutation[]
  readonly requests: string[]
  readonly unexpected: string[]
  readonly echoes: Change[]
  blind: 'no' | 'lists' | 'all'
  lag_ms: readonly number[]
  /** Which replica answered a path last, and when. */
  readonly turns: Map<string, { at_ms: number; turn: number }>
}

const JOB_MS = 1_000
const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

export async function startWriteTarget(o: WriteTargetOptions): Promise<WriteTarget> {
  const dialect: WriteDialect = WRITE_DIALECTS[o.dialect]
  const { clock } = o
  const people = o.people ?? 12
  const remember = (seed: number, replicas: number, faults: WriteFaults): Memory => ({
    worlds: openWorlds({ clock, seed, people, replicas }),
    jobs: new Map(),
    faults,
    passed: {},
    fired: {},
    mutations: [],
    requests: [],
    unexpected: [],
    echoes: [],
    blind: 'no',
    lag_ms: [],
    turns: new Map(),
  })
  let memory = remember(o.seed ?? 1, o.replicas ?? 1, o.faults ?? {})
  const token = `tok-${o.dialect}`
  const hanging = new Set<ServerResponse>()

  const server = createServer(async (request, response) => {
    // A request of an earlier population must not reach the next one.
    const mine = memory
    const body = await bodyOf(request)
    const reply = answer(mine, dialect, clock, request, body, token)
    o.onAnswer?.()
    if (reply.drop === 'hang') hanging.add(response)
    else write(response, reply)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    dialect: o.dialect,
    get requests() {
      return memory.requests
    },
    mutations: () => memory.mutations,
    effects: () => memory.worlds.effects,
    worlds: () => {
      memory.worlds.tick()
      return memory.worlds.replicas
    },
    fired: () => memory.fired,
    unexpected: () => memory.unexpected,
    underway: () => memory.worlds.underway(),
    meddle: (...changes) =>
      memory.worlds.change(changes, { by: 'upstream', request: 0, delay_ms: 0, lag_ms: [], revert_ms: null }),
    lie: (faults) => {
      memory.faults = faults
      memory.passed = {}
      memory.fired = {}
      memory.blind = 'no'
    },
    reset: ({ seed, replicas, faults }) => {
      memory = remember(seed, replicas ?? o.replicas ?? 1, faults ?? {})
    },
    close: () =>
      new Promise((done) => {
        for (const response of hanging) response.destroy()
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function answer(
  memory: Memory,
  dialect: WriteDialect,
  clock: Clock,
  request: IncomingMessage,
  body: unknown,
  token: string,
): WriteReply {
  const line = `${request.method} ${request.url}`
  memory.requests.push(line)
  memory.worlds.tick()
  if (request.headers.authorization !== `Bearer ${token}`) return dialect.sayError(401, 'unauthorized', 'a valid token is needed')
  const base = `http://${request.headers.host}`
  const url = new URL(request.url ?? '/', base)
  const path = url.pathname.split('/').slice(1).map(decodeURIComponent)
  const query = new Map(url.searchParams)
  const method = request.method ?? 'GET'
  const doubled = query.size !== [...url.searchParams].length
  const want = body === undefined || doubled ? null : dialect.hear({ method, path, query, headers: request.headers, body })
  if (want === null || (want.what === 'change') !== WRITES.has(method)) {
    memory.unexpected.push(line)
    return dialect.sayError(400, 'unexpected', 'this target did not expect that request')
  }
  if (want.what === 'change') return change(memory, dialect, clock, want, line, base)
  return read(memory, dialect, clock, want, url, base)
}

// ---------------------------------------------------------------- changing

function change(
  memory: Memory,
  dialect: WriteDialect,
  clock: Clock,
  want: Want & { readonly what: 'change' },
  line: string,
  base: string,
): WriteReply {
  const { worlds } = memory
  const world = worlds.replicas[0]!
  const struck = strike(memory, want.verb)
  const no = memory.mutations.length + 1
  const record = (reply: WriteReply): WriteReply => {
    memory.mutations.push({ no, at_ms: clock.now(), verb: want.verb, line, status: reply.drop === undefined ? reply.status : 0 })
    return reply
  }
  const at = (options: WriteFaultOptions): StruckWrite => ({ options, dialect, world })
  const instead = struck.find(([, fault]) => fault.instead !== undefined)
  if (instead !== undefined) {
    fire(memory, instead[0])
    return record(instead[1].instead!(at(instead[2])))
  }
  const doubles = struck.some(([, fault]) => fault.doubles === true)
  const plan = want.plan(doubles ? { people: new Map(), teams: world.teams } : world, {
    now: new Date(clock.now()).toISOString(),
    fresh: worlds.fresh,
  })
  if (!plan.ok) return record(dialect.sayError(plan.status, plan.code, plan.message))

  let changes = plan.changes
  let delay_ms = plan.say.say === 'job' ? JOB_MS : 0
  let revert_ms: number | null = null
  for (const [name, fault, options] of struck) {
    fire(memory, name)
    if (fault.echoes === true) memory.echoes.push(...changes)
    if (fault.blinds === true) memory.blind = options.lists === true ? 'lists' : 'all'
    changes = fault.changes?.(changes, at(options)) ?? changes
    if (fault.delays === true) delay_ms += options.ms ?? 3_000
    if (fault.reverts === true) revert_ms = options.ms ?? 60_000
    if (fault.job_fails === true) changes = []
  }
  const lag = memory.faults.flip_flop
  const lag_ms = lag === undefined ? [] : worlds.replicas.map((_, replica) => replica * (lag.ms ?? 3_000))
  worlds.change(changes, { by: 'request', request: no, delay_ms, lag_ms, revert_ms })

  let reply: WriteReply = say(
    memory,
    dialect,
    clock,
    plan,
    base,
    struck.some(([, fault]) => fault.job_fails === true),
  )
  for (const [, fault, options] of struck) reply = fault.reply?.(reply, at(options)) ?? reply
  return record(reply)
}

/** The target's yes is made from what was asked, not from what happened: that is what an echo is. */
function say(
  memory: Memory,
  dialect: WriteDialect,
  clock: Clock,
  plan: Plan & { readonly ok: true },
  base: string,
  fails: boolean,
): WriteReply {
  const how: Say = plan.say
  switch (how.say) {
    case 'empty':
      return { status: how.status, headers: {}, body: '' }
    case 'value':
      return { status: how.status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(how.value) }
    case 'person': {
      const echo: World = { people: new Map(), teams: new Map() }
      const there = memory.worlds.replicas[0]!.people.get(how.id)
      if (there !== undefined) echo.people.set(how.id, { ...there })
      for (const one of plan.changes) apply(echo, invitedToo(one, memory))
      return dialect.sayPerson(echo.people.get(how.id)!, how.status)
    }
    case 'job': {
      const job: Job = { id: memory.worlds.fresh('j'), due_ms: clock.now() + JOB_MS, fails }
      memory.jobs.set(job.id, job)
      return dialect.sayJob({ id: job.id, state: 'running' }, 202, `${base}/api/v1/jobs/${job.id}`)
    }
  }
}

/** A target that only invites says so: nobody calls that a lie. */
function invitedToo(one: Change, memory: Memory): Change {
  return one.do === 'create' && memory.faults.invited !== undefined
    ? { ...one, person: { ...one.person, phase: 'invited' } }
    : one
}

type Strike = readonly [name: WriteFaultName, fault: WriteFault, options: WriteFaultOptions]

/** The faults that strike this request and have not fired often enough. */
function strike(memory: Memory, verb: Verb | 'read'): Strike[] {
  return (Object.keys(memory.faults) as WriteFaultName[])
    .map((name): Strike => [name, WRITE_FAULTS[name], memory.faults[name]!])
    .filter(([name, { verbs }, options]) => {
      if (name === 'flip_flop') return false
      if (verb === 'read' ? verbs !== 'reads' : verbs === 'reads' || (verbs !== 'all' && !verbs.includes(verb))) return false
      if (verb !== 'read' && options.verb !== undefined && options.verb !== verb) return false
      memory.passed[name] = (memory.passed[name] ?? 0) + 1
      if (memory.passed[name]! <= (options.skip ?? 0)) return false
      return (memory.fired[name] ?? 0) < (options.times ?? Number.POSITIVE_INFINITY)
    })
}

function fire(memory: Memory, name: WriteFaultName): void {
  memory.fired[name] = (memory.fired[name] ?? 0) + 1
}

// ---------------------------------------------------------------- reading

function read(memory: Memory, dialect: WriteDialect, clock: Clock, want: Want, url: URL, base: string): WriteReply {
  if (memory.mutations.length > 0) {
    const refusal = strike(memory, 'read').find(([, fault]) => fault.instead !== undefined)
    if (refusal !== undefined) {
      fire(memory, refusal[0])
      return refusal[1].instead!({ options: refusal[2], dialect, world: memory.worlds.replicas[0]! })
    }
  }
  const world = turn(memory, clock, url.pathname + url.search)
  const hidden = memory.blind === 'all' || (memory.blind === 'lists' && want.what !== 'person')
  const people = hidden ? [] : [...world.people.values()]
  const one = (id: string) => people.find((person) => person.id === id)
  const missing = () => dialect.sayError(404, 'notFound', 'no such object')
  switch (want.what) {
    case 'me':
      return dialect.sayMe()
    case 'person': {
      const person = one(want.id)
      return person === undefined ? missing() : dialect.sayPerson(echoed(memory, person))
    }
    case 'find': {
      const found = people.filter((person) => person.login === want.login)
      return dialect.sayPeople(found, { from: 0, total: found.length, next: null })
    }
    case 'people': {
      const here = people.slice(want.from, want.from + want.limit)
      const after = want.from + want.limit
      const next = after < people.length ? nextUrl(base, url, dialect.name, after) : null
      return dialect.sayPeople(here, { from: want.from, total: people.length, next })
    }
    case 'teams':
      return dialect.sayTeams(hidden ? [] : [...world.teams.values()])
    case 'team': {
      const team = world.teams.get(want.id)
      return team === undefined || hidden ? missing() : dialect.sayTeam(team)
    }
    case 'members': {
      const team = world.teams.get(want.id)
      if (team === undefined) return missing()
      return dialect.sayMembers(people.filter((person) => team.members.includes(person.id)))
    }
    case 'holdings': {
      // Who may not see the person sees an empty list: that is the trap.
      if (hidden) return dialect.sayHoldings([])
      const person = one(want.id)
      return person === undefined ? missing() : dialect.sayHoldings(person[want.of])
    }
    case 'job': {
      const job = memory.jobs.get(want.id)
      if (job === undefined) return missing()
      const state = clock.now() < job.due_ms ? 'running' : job.fails ? 'failed' : 'done'
      return dialect.sayJob({ id: job.id, state }, 200, url.href)
    }
    case 'change':
      return missing()
  }
}

function echoed(memory: Memory, person: Person): Person {
  if (memory.echoes.length === 0) return person
  const echo: World = { people: new Map([[person.id, { ...person }]]), teams: new Map() }
  for (const one of memory.echoes) apply(echo, one)
  return echo.people.get(person.id) ?? person
}

/** Replicas answer in turn, path by path; at one instant a path is answered by one replica. */
function turn(memory: Memory, clock: Clock, path: string): World {
  const { replicas } = memory.worlds
  const last = memory.turns.get(path) ?? { at_ms: Number.NEGATIVE_INFINITY, turn: -1 }
  const now = clock.now() > last.at_ms ? { at_ms: clock.now(), turn: last.turn + 1 } : last
  memory.turns.set(path, now)
  const world = replicas[(now.turn + 1) % replicas.length]!
  if (
    memory.faults.flip_flop !== undefined &&
    memory.mutations.length > 0 &&
    memory.worlds.underway() > 0 &&
    world !== replicas[0]
  ) {
    fire(memory, 'flip_flop')
  }
  return world
}

function nextUrl(base: string, url: URL, dialect: string, after: number): string {
  const next = new URL(url.pathname + url.search, base)
  next.searchParams.set(dialect === 'graph' ? '$skiptoken' : 'after', String(after))
  return next.href
}

// ---------------------------------------------------------------- the wire

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  if (chunks.length === 0) return null
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    return undefined
  }
}

function write(response: ServerResponse, reply: WriteReply): void {
  if (reply.drop === 'reset') {
    response.socket?.destroy()
    return
  }
  const body = Buffer.from(reply.body)
  const length = reply.status === 204 ? {} : { 'content-length': body.length }
  if (reply.cut === true) {
    // A 204 has nothing to cut: the head alone is half of it.
    response.writeHead(200, { ...reply.headers, 'content-length': body.length + 10 })
    response.write(body.length === 0 ? ' ' : body.subarray(0, Math.ceil(body.length / 2)), () => response.socket?.destroy())
    return
  }
  response.writeHead(reply.status, { ...reply.headers, ...length })
  response.end(body)
}
