/** The positive control of a negative finding: a record known to be alive, asked the same way at the same time. truth.md part 2. */
import { readById } from '../record/by-id.ts'
import { compileStream } from '../record/compile.ts'
import { sendDeclared } from '../record/send-declared.ts'
import { openWhoami } from '../record/whoami.ts'
import type { JsonObject, RecordType, RequestSpec } from '../types.ts'
import { askList, askOne, isObject, type ListSpec } from './ask.ts'
import { buildLook } from './request.ts'
import { asking, idOf, namesOf, type Work } from './work.ts'

export type Control = 'alive' | 'not_alive' | null

/** One that goes is no proof of lost permission: so many are asked before the control counts as failed. */
const TRIES = 3
const SAMPLE = 25
/** Lists of others may be empty by themselves, so more of them are asked. */
const PARENTS = 10
/** Grants of one large group may stand together at the beginning. */
const HELD_SAMPLE = 1000
const HOLDING: ReadonlySet<RecordType> = new Set<RecordType>(['grant', 'credential', 'session'])

/** Null: there is no record to ask for. */
export async function controlOne(work: Work, request: RequestSpec | null): Promise<Control> {
  const names = namesOf(work)
  return await anyAlive(await aliveIds(work), async (id) => {
    const read = await askOne(work, request, { ...names, id, record: null, before: null })
    return read.failed === null && read.status >= 200 && read.status < 300
  })
}

/**
 * A list of one object is asked for other ones, and one of them must hold something; a list that holds all objects of the stream must hold one known to be alive; a list of
 * something else (the members of a group) counts where it holds somebody, and where it is empty another one of its kind must not be.
 * `sees`: does a list hold this object?
 */
export async function controlList(
  work: Work,
  list: ListSpec,
  records: readonly unknown[],
  sees: (id: string, records: readonly unknown[]) => boolean,
): Promise<Control> {
  const request = JSON.stringify(list.request)
  const own = list.request.path === work.act.on.stream.list.path
  const names = namesOf(work)
  if (/\{(id\}|record\.)/.test(request)) {
    return await anyAlive(await likelyIds(work), async (id) => {
      const record = request.includes('{record.') ? await recordOf(work, id) : null
      const read = await askList(work, list, { ...names, id, record, before: null })
      // An empty list beside an empty list shows nothing: a lost right may look like that everywhere.
      return read.whole && read.failed === null && (own ? sees(id, read.records) : read.records.length > 0)
    })
  }
  if (own) return await anyAlive(await aliveIds(work), async (id) => sees(id, records))
  return records.length > 0 ? 'alive' : await anotherList(work, list, request)
}

/**
 * What a list names beside the object (`{input.group}`), other records of the same stream are asked for: one of them holds somebody. Inputs
 * that are fields of one record (a product and its SKU) are taken from one record together.
 */
async function anotherList(work: Work, list: ListSpec, request: string): Promise<Control> {
  const { ctx, act, intent } = work
  const named = Object.entries(act.action.input).filter(([name]) => request.includes(`{input.${name}}`))
  const stream = named.find(([, input]) => input.stream !== null)?.[1].stream ?? null
  if (stream === null) return null
  const mine = named.filter(([, input]) => input.stream === stream)
  const known = await ctx.store.records(ctx.connection.name, stream, { which: 'latest', after: 0, limit: HELD_SAMPLE })
  const held = mine.some(([, { field }]) => field === null) ? await heldOf(work, 'entitlement', stream) : []
  const others = [...held.map((id) => ({ id, fields: {} as JsonObject })), ...known].flatMap(({ id, fields }) => {
    const values = mine.map(([name, { field }]) => [name, field === null ? id : fields[field]] as const)
    if (values.some(([, value]) => typeof value !== 'string')) return []
    return values.every(([name, value]) => value === intent.input[name]) ? [] : [JSON.stringify(Object.fromEntries(values))]
  })
  const names = namesOf(work)
  return await anyAlive([...new Set(others)].slice(0, PARENTS), async (values) => {
    const input = { ...(names['input'] as object), ...(JSON.parse(values) as object) }
    const read = await askList(work, list, { ...names, input, record: null, before: null })
    return read.whole && read.failed === null && read.records.length > 0
  })
}

/**
 * First those of whom a snapshot says that they hold something: an honest empty list is then provable though nobody at the beginning of the
 * directory holds anything. What a snapshot says is only where to look: what counts is what the list shows now.
 */
async function likelyIds(work: Work): Promise<readonly string[]> {
  const self = idOf(work)
  const held = (await heldOf(work, 'account', work.act.action.on)).filter((id) => id !== self).slice(0, PARENTS / 2)
  return [...new Set([...held, ...(await aliveIds(work, PARENTS))])].slice(0, PARENTS)
}

/** Ids of `stream` that grants, credentials and sessions name, a few of each such stream in turn. */
async function heldOf({ ctx }: Work, field: 'account' | 'entitlement', stream: string): Promise<readonly string[]> {
  const naming = Object.values(ctx.connector.streams).filter(
    (one) => HOLDING.has(one.is) && (one.refers[field] ?? []).includes(stream),
  )
  const lists = await Promise.all(
    naming.map(async ({ name }) => {
      const records = await ctx.store.records(ctx.connection.name, name, { which: 'latest', after: 0, limit: HELD_SAMPLE })
      return [...new Set(records.flatMap(({ fields }) => (typeof fields[field] === 'string' ? [fields[field]] : [])))].slice(
        0,
        PARENTS,
      )
    }),
  )
  return Array.from({ length: PARENTS }, (_, place) => lists.flatMap((ids) => ids.slice(place, place + 1))).flat()
}

async function recordOf(work: Work, id: string): Promise<object | null> {
  const read = await askOne(work, work.act.action.before, { ...namesOf(work), id, record: null, before: null })
  const record = read.record ?? (read.failed === null && read.status < 400 ? work.act.on.get_record(read.body) : null)
  return isObject(record) ? record : null
}

async function anyAlive(ids: readonly string[], alive: (id: string) => Promise<boolean>): Promise<Control> {
  for (const id of ids) if (await alive(id)) return 'alive'
  return ids.length === 0 ? null : 'not_alive'
}

/** From the last complete snapshot, not the object itself; the connection's own account where there is none. */
async function aliveIds(work: Work, most = TRIES): Promise<readonly string[]> {
  const { ctx, act } = work
  const self = idOf(work)
  for (const which of ['complete', 'latest'] as const) {
    const records = await ctx.store.records(ctx.connection.name, act.action.on, { which, after: 0, limit: SAMPLE })
    const others = records.filter((record) => record.id !== self)
    const active = others.filter((record) => record.fields['active'] !== false)
    const ids = [...active, ...others.filter((record) => !active.includes(record))].map((record) => record.id)
    if (ids.length > 0) return ids.slice(0, most)
  }
  if (ctx.connector.whoami === null) return []
  const me = await openWhoami({ ...asking(work), names: namesOf(work), connector: ctx.connector })()
  if (!('id' in me) || me.id === self) return []
  // Whoever asks is only a control where it is one of those records.
  const { get } = compileStream(ctx.connector, act.action.on).stream
  if (get === null) return []
  const names = { ...namesOf(work), id: me.id }
  const read = await sendDeclared(asking(work), () => buildLook(ctx.connector, get, names))
  return readById(act.on, read, names) === 'alive' ? [me.id] : []
}
