/** The look before: is it still the same object, may it be touched, is it so already? Nothing is sent without one. */
import { boundFields } from '../judge/bound.ts'
import { same } from '../judge/bystanders.ts'
import { MOVED, movedFields } from '../judge/moved.ts'
import { openWhoami } from '../record/whoami.ts'
import { askOne, isObject, type OneRead } from './ask.ts'
import { controlOne } from './control.ts'
import { mapped } from './look.ts'
import { search } from './search.ts'
import { asking, namesOf, type Work } from './work.ts'

export type Before =
  | {
      readonly is: 'seen'
      /** Null: a create that finds nothing. */
      readonly record: object | null
      readonly found: string | null
      readonly already: boolean
      readonly skip: readonly string[]
      readonly silent: readonly number[]
    }
  /** It is not there, and a record known to be alive is. */
  | { readonly is: 'gone'; readonly because: string }
  /** Not to be sent, whatever is asked: another object than was meant, or a protected one. */
  | { readonly is: 'refused'; readonly brake: 'identity' | 'protected' | 'ambiguous' | 'moved'; readonly because: string }
  | { readonly is: 'unanswered'; readonly because: string }

export async function lookBefore(work: Work): Promise<Before> {
  if (work.intent.id === null) return await beforeCreate(work)
  const { act, intent } = work
  const read = await askOne(work, act.action.before, namesOf(work))
  if (read.failed !== null) return { is: 'unanswered', because: read.failed }
  if (read.status === 404 || read.status === 410) return await absent(work, read)
  const record = read.record ?? act.on.get_record(read.body)
  if (!isObject(record)) return { is: 'unanswered', because: 'the answer holds no record' }
  return (await refusal(work, record, intent.id as string)) ?? unlessMoved(work, record)
}

async function beforeCreate(work: Work): Promise<Before> {
  const found = await search(work)
  switch (found.is) {
    case 'unanswered':
      return found
    case 'ambiguous':
      return { is: 'refused', brake: 'ambiguous', because: `${found.count} records have this natural key already` }
    case 'none':
      return found.control === 'not_alive'
        ? { is: 'unanswered', because: 'nothing is found, but a record known to be there is not found either' }
        : { is: 'seen', record: null, found: null, already: false, skip: [], silent: [] }
    case 'found':
      return (await refusal(work, found.record, found.id)) ?? { ...seen(work, found.record, found.id), already: true }
  }
}

/** Somebody who changed it since the plan is not overwritten; what we sent ourselves is no such change. */
function unlessMoved(work: Work, record: object): Before {
  const now = seen(work, record, null)
  const moved =
    now.already || work.events.some((event) => event.kind === 'sending') ? [] : movedFields(work.intent, mapped(work, record))
  if (moved.length === 0) return now
  const what = `${moved.join(', ')} ${moved.length === 1 ? 'is' : 'are'} not what ${moved.length === 1 ? 'it was' : 'they were'}`
  return { is: 'refused', brake: MOVED, because: `${what} when the plan was made; read and plan again` }
}

async function absent(work: Work, read: OneRead): Promise<Before> {
  const control = await controlOne(work, work.act.action.before)
  if (control === 'alive') return { is: 'gone', because: `the target says ${read.status}; a record known to be alive answers` }
  const why =
    control === null
      ? 'no record known to be alive could be asked for beside it'
      : 'a record known to be alive is not seen either'
  return { is: 'unanswered', because: `the target says ${read.status}, but ${why}` }
}

function seen(work: Work, record: object, found: string | null): Extract<Before, { is: 'seen' }> {
  const { act } = work
  const context = { ...namesOf(work), record, before: record }
  return {
    is: 'seen',
    record,
    found,
    already: act.already?.(context) === true,
    skip: act.steps.filter(({ when }) => when !== null && when(context) === false).map(({ step }) => step.name),
    silent: act.speaks.flatMap((speaks, index) => (speaks !== null && speaks(context) === false ? [index] : [])),
  }
}

/** Identity first: what is protected or ours is asked of the object that was meant. */
async function refusal(
  work: Work,
  record: object,
  id: string,
): Promise<Extract<Before, { is: 'refused' | 'unanswered' }> | null> {
  const { act, ctx, intent } = work
  const fields = mapped(work, record)
  const bound = Object.entries(boundFields(act.action, intent, work.events))
  const moved = bound.filter(([name, value]) => !same(fields[name], value))
  if (moved.length > 0) {
    const names = moved.map(([name]) => name).join(', ')
    return { is: 'refused', brake: 'identity', because: `it is not the object that was meant: ${names} differs` }
  }
  if ((ctx.connection.protected?.[act.action.on] ?? []).includes(id))
    return { is: 'refused', brake: 'protected', because: 'the connection names it as protected' }
  const rule = act.protect.find(({ when }) => when({ ...namesOf(work), record, before: record }) === true)
  if (rule !== undefined) return { is: 'refused', brake: 'protected', because: `it is protected: ${rule.name}` }
  if (ctx.connector.whoami === null || act.on.stream.is !== 'account') return null
  const me = await openWhoami({ ...asking(work), names: namesOf(work), connector: ctx.connector })()
  if (!('id' in me)) {
    return act.action.destructive
      ? { is: 'unanswered', because: `whose account this connection uses is not known: ${me.failed}` }
      : null
  }
  return me.id === id ? { is: 'refused', brake: 'protected', because: "it is the connection's own account" } : null
}
