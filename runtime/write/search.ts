/** Searching for what has no native id yet: by natural key, before a create and after it. */
import { Failure } from '../errors.ts'
import type { Names } from '../record/request.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { JsonObject } from '../types.ts'
import { isObject } from './ask.ts'
import { wholeInput } from './input.ts'
import { buildLook } from './request.ts'
import { asking, namesOf, type Work } from './work.ts'

export type Found =
  | { readonly is: 'found'; readonly id: string; readonly record: object }
  | { readonly is: 'none'; readonly control: 'alive' | 'not_alive' | null }
  | { readonly is: 'ambiguous'; readonly count: number }
  | { readonly is: 'unanswered'; readonly because: string }

/** The action must declare `find`. */
export async function search(work: Work): Promise<Found> {
  const found = await searchFor(work, namesOf(work))
  return found.is === 'none' ? { is: 'none', control: await control(work) } : found
}

async function searchFor(work: Work, names: Names): Promise<Found> {
  const { act, ctx } = work
  const { find } = act.action
  if (find === null || act.find === null) throw new Failure('write/no-id', act.action.name, 'the action has no `find`')
  const answer = await sendDeclared(asking(work), () => buildLook(ctx.connector, find.request, names))
  if (answer.kind !== 'answer') {
    if (answer.kind === 'refused' && (answer.status === 404 || answer.status === 410)) return { is: 'none', control: null }
    return { is: 'unanswered', because: answer.because }
  }
  const listed = act.find.records(answer.body)
  if (!listed.ok) return { is: 'unanswered', because: listed.because }
  const { id, match } = act.find
  const matching = listed.records.filter((record) => match({ ...names, record }) === true)
  const [record, ...more] = matching
  if (record === undefined) return { is: 'none', control: null }
  if (more.length > 0) return { is: 'ambiguous', count: matching.length }
  const native = idValue(() => id(record, { input: names['input'], settings: names['settings'] }))
  if (native === null || !isObject(record)) return { is: 'unanswered', because: 'the found record has no id' }
  return { is: 'found', id: native, record }
}

function idValue(read: () => unknown): string | null {
  try {
    const value = read()
    if (typeof value === 'string' && value !== '') return value
    return Number.isSafeInteger(value) ? String(value) : null
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return null
  }
}

/**
 * "Nothing found" may be a lost right or a stale index. A record we know is searched for the same way where our fields hold what
 * the search asks for; null where they do not.
 */
async function control(work: Work): Promise<'alive' | 'not_alive' | null> {
  const { ctx, act } = work
  const names = namesOf(work)
  const text = JSON.stringify([act.action.find?.request, act.action.find?.match])
  const asked = Object.keys(act.action.input).filter((name) => new RegExp(`\\binput\\.${name}\\b`).test(text))
  const known = await ctx.store.records(ctx.connection.name, act.action.on, { which: 'complete', after: 0, limit: 5 })
  const usable = known.filter((record) => asked.every((name) => record.fields[name] !== undefined)).slice(0, 2)
  if (asked.length === 0 || usable.length === 0) return null
  for (const record of usable) {
    const input: JsonObject = Object.fromEntries(asked.map((name) => [name, record.fields[name] ?? null]))
    const found = await searchFor(work, { ...names, input: wholeInput(act.action, input) })
    if (found.is === 'found' || found.is === 'ambiguous') return 'alive'
  }
  return 'not_alive'
}
