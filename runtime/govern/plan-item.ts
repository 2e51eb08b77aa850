/** One wanted change against the last snapshot: what changes, from what to what; or that it is so already. */
import { type Grants, grantsOf } from '../record/grants.ts'
import type { Store } from '../store/port.ts'
import type { WriteStore } from '../store/write-port.ts'
import type { Action, Json, JsonObject, Lane } from '../types.ts'
import { intentOf } from '../write/engine.ts'
import type { PlanItem } from '../write-types.ts'
import { recordOf } from './accounts.ts'
import type { Target } from './facts.ts'

export type WantedChange = {
  readonly connection: string
  readonly action: string
  /** Native id; null for creates. */
  readonly id: string | null
  readonly input: JsonObject
  readonly lane?: Lane
  readonly person?: string | null
}

export type Considered = { readonly item: PlanItem; readonly already: string | null }

type Context = { readonly store: Store & WriteStore; readonly target: Target; readonly now: () => number }

/** What every account of a stream holds, read once for a whole plan: `account entitlement`. */
export type Known = Map<string, Promise<{ readonly has: ReadonlySet<string>; readonly streams: Grants['streams'] }>>

/** `known` null: whether it is so already is not asked. Throws `Failure` write/unknown-action, write/input, write/no-id. */
export async function considered(
  { store, target, now }: Context,
  wanted: WantedChange,
  known: Known | null,
): Promise<Considered> {
  const { connector, connection } = target
  const {
    action: name,
    id,
    input,
    bound,
    lane,
  } = await intentOf(
    { connector, connection, store, now, newId: () => '' },
    {
      ...wanted,
      provenance: { by: '', why: '', from: '', person: wanted.person ?? null },
      ...(wanted.lane === undefined ? {} : { lane: wanted.lane }),
    },
  )
  const action = connector.actions[name] as Action
  const record = id === null ? null : await recordOf(store, { connection: connection.name, stream: action.on, id })
  const fields = record?.fields ?? null
  const names = await namesOf(store, connection.name, action, input)
  const who = id === null ? nameIn(input) : `${nameIn(fields ?? {})}${nameIn(fields ?? {}) === '' ? '' : ' '}(${id})`
  const seen = id === null || fields !== null ? '' : '; the last snapshot does not show it'
  const before = await beforeOf(store, target, action, fields, input)
  const item: PlanItem = {
    connection: connection.name,
    action: name,
    id,
    input,
    bound,
    ...(before === null ? {} : { before }),
    destructive: action.destructive,
    lane,
    person: wanted.person ?? null,
    change: `${action.title}: ${who}: ${changesOf(action, fields, input, names)}${seen}`,
  }
  return { item, already: known === null ? null : await alreadySo(store, target, action, id, fields, input, known) }
}

/**
 * What the fields were that it sets: whoever changes them until it is carried out is not overwritten. That one is empty counts only where
 * the list that was read fills it for others; many lists show less than a record by itself.
 */
async function beforeOf(
  store: Store,
  { connector, connection }: Target,
  action: Action,
  fields: JsonObject | null,
  input: JsonObject,
): Promise<JsonObject | null> {
  if (fields === null || !Object.values(action.does).includes('as_given')) return null
  const known = connector.streams[action.on]?.fields ?? {}
  const names = Object.keys(input).filter((name) => Object.hasOwn(known, name) && !SECRET.test(name))
  const read = names.some((name) => (fields[name] ?? null) === null)
    ? (await store.snapshots(connection.name)).find(({ latest }) => latest.stream === action.on)
    : undefined
  const entries = names.flatMap((name): [string, Json][] => {
    const value = fields[name] ?? null
    return value !== null || (read?.latest.facts.filled[name] ?? 0) > 0 ? [[name, value]] : []
  })
  return entries.length === 0 ? null : Object.fromEntries(entries)
}

// ---------------------------------------------------------------- in words

function changesOf(action: Action, fields: JsonObject | null, input: JsonObject, names: JsonObject): string {
  const parts = Object.entries(action.does).map(([facet, state]) => {
    const what = Object.values(names).join(', ')
    switch (state) {
      case 'inactive':
      case 'active':
        return `active ${shown(fields?.['active'] ?? null)} → ${state === 'active'}`
      case 'present':
        return 'made'
      case 'absent':
        return 'there → gone'
      case 'held':
        return `${facet} + ${what}`
      case 'not_held':
        return what === '' ? `${facet} → none` : `${facet} − ${what}`
      case 'as_given':
        return profile(fields, input)
      default:
        return `${facet} → ${state}`
    }
  })
  return parts.filter((part) => part !== '').join('; ')
}

function profile(fields: JsonObject | null, input: JsonObject): string {
  const lines = Object.entries(input).flatMap(([name, value]) => {
    const before = fields?.[name]
    if (fields !== null && before !== undefined && same(before, value)) return []
    const after = SECRET.test(name) ? '…' : shown(value)
    return [fields === null || before === undefined ? `${name} ${after}` : `${name} ${shown(before)} → ${after}`]
  })
  return lines.join(', ')
}

/** Names of inputs whose values are shown to nobody. */
export const SECRET = /pass(word|phrase)|secret|token|pin$/i
const shown = (value: Json): string =>
  value === null ? 'unknown' : typeof value === 'string' ? `"${value}"` : JSON.stringify(value)
const same = (a: Json | undefined, b: Json): boolean => JSON.stringify(a ?? null) === JSON.stringify(b)
const nameIn = (fields: JsonObject): string => String(fields['userName'] ?? fields['displayName'] ?? fields['email'] ?? '')

/** The names of what inputs point to, where a snapshot knows them. */
async function namesOf(store: Store, connection: string, action: Action, input: JsonObject): Promise<JsonObject> {
  const pointing = Object.entries(action.input).filter(([name, { stream }]) => stream !== null && typeof input[name] === 'string')
  const named = await Promise.all(
    pointing.map(async ([name, { stream }]) => {
      const id = input[name] as string
      const record = await recordOf(store, { connection, stream: stream as string, id })
      const title = record === null ? '' : nameIn(record.fields)
      return [name, title === '' ? id : `${title} (${id})`] as const
    }),
  )
  return Object.fromEntries(named)
}

// ---------------------------------------------------------------- so already?

/**
 * Every facet must be so already in the last snapshot; what a snapshot cannot show (sessions, tokens) is not. That something is absent
 * counts only where the read was complete.
 */
async function alreadySo(
  store: Store,
  { connector, connection }: Target,
  action: Action,
  id: string | null,
  fields: JsonObject | null,
  input: JsonObject,
  known: Known,
): Promise<string | null> {
  const states = Object.entries(action.does)
  const reasons = await Promise.all(states.map(async ([, state]) => await reason(state as string)))
  return states.length === 0 || reasons.some((one) => one === null) ? null : reasons.join('; ')

  async function reason(state: string): Promise<string | null> {
    switch (state) {
      case 'inactive':
        return fields?.['active'] === false ? 'it is inactive already' : null
      case 'active':
        return fields?.['active'] === true ? 'it is active already' : null
      case 'as_given': {
        const known = fields !== null && Object.entries(input).every(([name, value]) => same(fields[name], value))
        return known && Object.keys(input).length > 0 ? 'it has these values already' : null
      }
      case 'absent':
        return id !== null && fields === null && (await complete(action.on)) ? 'it is gone already' : null
      case 'held':
      case 'not_held':
        return await holding(state)
      default:
        return null
    }
  }

  async function holding(state: 'held' | 'not_held'): Promise<string | null> {
    const wanted = Object.entries(action.input).flatMap(([name, { stream }]) =>
      stream === null ? [] : [[stream, input[name]] as const],
    )
    const [one] = wanted
    if (one === undefined || wanted.length > 1 || id === null) return null
    const { has: all, streams } = await held()
    const has = all.has(JSON.stringify([id, one[1]]))
    if (state === 'held') return has ? 'it holds that already' : null
    const telling = Object.entries(streams).filter(([name]) =>
      (connector.streams[name]?.refers['entitlement'] ?? []).includes(one[0]),
    )
    const whole = telling.length > 0 && telling.every(([, verdict]) => verdict === 'complete')
    return !has && whole ? 'it does not hold that' : null
  }

  function held() {
    const key = JSON.stringify([connection.name, action.on])
    const before = known.get(key)
    if (before !== undefined) return before
    const asked = grantsOf(store, connector, connection.name, action.on, null).then((grants) => ({
      has: new Set(grants.held.map(({ account, entitlement }) => JSON.stringify([account, entitlement]))),
      streams: grants.streams,
    }))
    known.set(key, asked)
    return asked
  }

  async function complete(stream: string): Promise<boolean> {
    const found = (await store.snapshots(connection.name)).find(({ latest }) => latest.stream === stream)
    return found?.latest.verdict.is === 'complete'
  }
}
