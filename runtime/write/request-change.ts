/** A change asked for: checked, bound to what the object was when we last saw it, durable. Nothing is sent here. */
import { hash } from 'node:crypto'
import { Failure } from '../errors.ts'
import { isHeldAsMoved } from '../judge/moved.ts'
import type { WriteStore } from '../store/write-port.ts'
import type { Action, ActionName, Json, JsonObject, Lane } from '../types.ts'
import type { Intent, Provenance } from '../write-types.ts'
import { actionOf } from './compile.ts'
import type { WriteContext } from './context.ts'
import { checkInput } from './input.ts'
import { at, boundary } from './work.ts'

export type Wanted = {
  readonly action: string
  /** Native id; null for creates. */
  readonly id: string | null
  readonly input: JsonObject
  readonly lane?: Lane
  readonly provenance: Provenance
  readonly plan?: string
  /** What the plan took the fields for that it sets. */
  readonly planned?: JsonObject
  /** ISO; leavers: five minutes from now. */
  readonly due_at?: string
}

export type Requested = { readonly intent: string; readonly made: boolean; readonly cancelled: readonly string[] }
type RequestContext = Pick<WriteContext, 'connector' | 'connection' | 'store' | 'now' | 'newId' | 'onBoundary'>

const LEAVER_DUE_MS = 300_000

/** Throws `Failure` write/unknown-action, write/input, write/no-id; what the store throws where it cannot keep it. */
export async function requestChange(ctx: RequestContext, wanted: Wanted): Promise<Requested> {
  const intent = await intentOf(ctx, wanted)
  if (ctx.onBoundary !== undefined) await boundary(ctx as WriteContext, 'before_intent')
  const [requested] = await askAnew(ctx.store, [intent])
  if (ctx.onBoundary !== undefined) await boundary(ctx as WriteContext, 'intent_durable')
  return requested as Requested
}

/** One that stands held because its plan was overtaken does not stand for a new one: it is withdrawn. As `store.request`. */
export async function askAnew(store: WriteStore, intents: readonly Intent[]): Promise<readonly Requested[]> {
  const asked: Requested[] = []
  for (const [place, requested] of (await store.request(intents)).entries()) {
    const intent = intents[place] as Intent
    const row = requested.made ? null : await store.intent(requested.intent)
    if (row === null || row.intent.plan === intent.plan || !isHeldAsMoved(row.events)) asked.push(requested)
    else {
      const because = `asked for anew by ${intent.provenance.by}`
      const event = { kind: 'cancelled', at: intent.made_at, by: intent.provenance.by, because } as const
      await store.append(requested.intent, event, { by: intent.provenance.by, what: 'withdrawn' })
      asked.push(...(await store.request([intent])))
    }
  }
  return asked
}

/** For who asks for many at once. */
export async function intentOf(ctx: RequestContext, wanted: Wanted): Promise<Intent> {
  const action = actionOf(ctx.connector, wanted.action)
  const id = checkId(action, wanted.id)
  const input = checkInput(action, wanted.input)
  const lane = wanted.lane ?? laneOf(action.name)
  const due_at = wanted.due_at ?? (lane === 'leaver' ? new Date(ctx.now() + LEAVER_DUE_MS).toISOString() : null)
  return {
    intent: ctx.newId(),
    connection: ctx.connection.name,
    action: action.name,
    id,
    input,
    bound: await boundTo(ctx, action, id),
    ...(wanted.planned === undefined ? {} : { planned: wanted.planned }),
    lane,
    destructive: action.destructive,
    provenance: wanted.provenance,
    key: keyOf(ctx.connection.name, action.name, id, input),
    plan: wanted.plan ?? null,
    made_at: at(ctx as WriteContext),
    due_at,
  }
}

/** The same asked-for change has the same key, whatever the order of its input's keys. */
export function keyOf(connection: string, action: ActionName, id: string | null, input: JsonObject): string {
  return hash('sha256', JSON.stringify([connection, action, id, sorted(input)]))
}

function sorted(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => sorted(item as Json))
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

function checkId(action: Action, id: string | null): string | null {
  if (id !== null && id !== '') return id
  if (action.find !== null && action.idempotency !== 'native_key') return null
  throw new Failure('write/no-id', `actions.${action.name}`, `${action.name} needs the native id of the record it changes`)
}

/** Null where the last snapshot does not have the object: then nothing binds but the id. */
async function boundTo(ctx: RequestContext, action: Action, id: string | null): Promise<JsonObject> {
  if (id === null || action.bind.length === 0) return {}
  const options = { which: 'latest', after: 0, limit: 1, id } as const
  const [record] = await ctx.store.records(ctx.connection.name, action.on, options)
  if (record === undefined) return {}
  return Object.fromEntries(action.bind.map((name) => [name, record.fields[name] ?? null]))
}

const LEAVING: ReadonlySet<ActionName> = new Set<ActionName>([
  'deactivate_account',
  'delete_account',
  'revoke_sessions',
  'revoke_tokens',
  'rotate_credential',
])
const JOINING: ReadonlySet<ActionName> = new Set<ActionName>(['create_account', 'reactivate_account', 'grant', 'set_license'])

const laneOf = (name: ActionName): Lane => (LEAVING.has(name) ? 'leaver' : JOINING.has(name) ? 'joiner' : 'mover')
