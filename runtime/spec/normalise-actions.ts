/** A checked `actions:` entry → `Action`. Its defaults stand here. */
import { seconds } from '../kinds/duration.ts'
import type {
  Action,
  ActionInput,
  ActionName,
  Facet,
  Find,
  Invitation,
  Job,
  Json,
  KindOptions,
  Step,
  Stream,
  Verify,
} from '../types.ts'
import { isCreate, isDestructive } from './action-names.ts'
import { list, mapped, type Open, request, wordWithRequests } from './declared.ts'

type Streams = { readonly [name: string]: Stream }

export function readAction(name: string, action: Open, streams: Streams): Action {
  const stream = streams[action['on'] as string]!
  const does = action['does'] as Action['does']
  const find = action['find'] === undefined ? null : readFind(action['find'] as Open)
  const create = isCreate(name, find !== null)
  const input = mapped(action['input'], readInput)
  return {
    name: name as ActionName,
    title: (action['title'] ?? name) as string,
    on: stream.name,
    does,
    input,
    destructive: (action['destructive'] ?? isDestructive(name, Object.values(does))) as boolean,
    before: action['before'] !== undefined ? request(action['before']) : create ? null : stream.get,
    bind: list(action['bind']) as readonly string[],
    already: (action['already'] ?? null) as string | null,
    protect: list(action['protect']) as unknown as Action['protect'],
    find,
    idempotency: (action['idempotency'] ?? (find === null ? 'native_key' : 'natural_key')) as Action['idempotency'],
    steps: readSteps(action, Object.keys(does) as readonly Facet[]),
    verify: list(action['verify']).map((verify) => readVerify(verify as Open, stream)),
    may_change: (action['may_change'] ?? (create ? null : mayChange(does, input, stream))) as Action['may_change'],
    recheck_s: list(action['recheck']).map((text) => seconds(text as string)),
    job: action['job'] === undefined ? null : readJob(action['job'] as Open),
    invitation: action['invitation'] === undefined ? null : readInvitation(action['invitation'] as Open),
    unverifiable: (action['unverifiable'] ?? null) as string | null,
  }
}

function readInput(declared: Json): ActionInput {
  const input = (declared ?? {}) as Open
  return {
    type: (input['type'] ?? 'text') as ActionInput['type'],
    required: input['required'] !== false,
    label: (input['label'] ?? null) as string | null,
    options: (input['options'] ?? null) as readonly Json[] | null,
    stream: (input['stream'] ?? null) as string | null,
    field: (input['field'] ?? null) as string | null,
  }
}

function readFind(find: Open): Find {
  return {
    request: request(find['request']!),
    records: find['records'] as string,
    ...(find['one'] === true ? { one: true } : {}),
    id: find['id']!,
    match: find['match'] as string,
  }
}

/** The facets that no step names are the last step's: the ones before are on the way to it. */
function readSteps(action: Open, facets: readonly Facet[]): readonly Step[] {
  if (action['send'] !== undefined)
    return [{ name: 'send', facets, send: request(action['send']), accepted: null, when: null, already_status: [] }]
  const steps = list(action['steps']) as readonly Open[]
  const named = steps.flatMap((step) => list(step['facets']))
  return steps.map((step, index) => ({
    name: step['name'] as string,
    facets: (step['facets'] ??
      (index === steps.length - 1 ? facets.filter((facet) => !named.includes(facet)) : [])) as readonly Facet[],
    send: request(step['send']!),
    accepted: (step['accepted'] ?? null) as string | null,
    when: (step['when'] ?? null) as string | null,
    already_status: list(step['already_status']) as readonly number[],
  }))
}

function readVerify(verify: Open, stream: Stream): Verify {
  const facet = verify['facet'] as Facet
  return {
    facet,
    when: (verify['when'] ?? null) as string | null,
    probe: readProbe(verify['probe']!, facet, stream),
    within_s: seconds((verify['within'] ?? '2m') as string),
    agree: (verify['agree'] ?? 2) as number,
    every_s: seconds((verify['every'] ?? '5s') as string),
  }
}

/** Rung of the session ladder that a probe reaches where its author says nothing. truth.md part 2. */
const USUAL_RUNG: { readonly [kind: string]: number } = { state: 1, moved: 2, log: 3, empty: 4, not_listed: 4 }

function readProbe(declared: Json, facet: Facet, stream: Stream): KindOptions {
  const read: { [option: string]: Json } = { ...wordWithRequests('probe', declared, ['look', 'list']) }
  const kind = read['kind'] as string
  const rung = read['rung'] ?? USUAL_RUNG[kind]
  if (rung !== undefined && (facet === 'sessions' || facet === 'tokens')) read['rung'] = rung
  // By the stream's own `get`, gone is what the stream says is gone.
  if (kind === 'gone' && read['look'] === undefined && stream.gone !== null) read['expect'] ??= stream.gone
  return read as KindOptions
}

/** Fields of an account that what is done to a facet moves by itself. */
const MOVED: { readonly [facet in Facet]?: readonly string[] } = { account: ['active', 'status'], credential: ['status'] }
/** Times move with every change, and with a sign-in that nobody asked for. */
const TIMES = ['updatedAt', 'lastLoginAt', 'lastUsedAt']

function mayChange(does: Action['does'], input: Action['input'], stream: Stream): readonly string[] {
  const facets = Object.keys(does) as readonly Facet[]
  const given = does.profile === 'as_given' || does.account === 'as_given' ? Object.keys(input) : []
  const moved = new Set([...facets.flatMap((facet) => MOVED[facet] ?? []), ...given, ...TIMES])
  return Object.keys(stream.fields).filter((field) => moved.has(field))
}

function readJob(job: Open): Job {
  return {
    id: job['id'] as string,
    poll: request(job['poll']!),
    done: job['done'] as string,
    failed: (job['failed'] ?? null) as string | null,
    every_s: seconds((job['every'] ?? '5s') as string),
    within_s: seconds((job['within'] ?? '10m') as string),
  }
}

function readInvitation(invitation: Open): Invitation {
  return { when: invitation['when'] as string, expires_s: seconds((invitation['expires'] ?? '7d') as string) }
}
