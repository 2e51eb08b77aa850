/** A plan that was written to a file, taken back: checked for its form and against its own hash. */
import { Failure } from '../errors.ts'
import type { Plan } from '../write-types.ts'
import { hashOf } from './plan.ts'

/** Throws `Failure` plan/file where it is no plan, plan/altered where it is not as it was made. */
export function planFrom(text: string, where: string): Plan {
  const plan = parsed(text, where)
  const form =
    isObject(plan) &&
    plan['version'] === 1 &&
    ['hash', 'made_at', 'made_by', 'why'].every((key) => typeof plan[key] === 'string') &&
    isObject(plan['rests_on']) &&
    Object.values(plan['rests_on']).every((on) => isObject(on) && typeof on['fingerprint'] === 'string') &&
    isList(plan['held']) &&
    plan['held'].every(
      (brake) => isObject(brake) && typeof brake['brake'] === 'string' && typeof brake['because'] === 'string',
    ) &&
    isList(plan['items']) &&
    plan['items'].every(isItem)
  if (!form) throw new Failure('plan/file', where, `${where} is no plan as \`rollcall plan --out\` writes it`)
  const made = plan as unknown as Plan
  if (hashOf(made) !== made.hash)
    throw new Failure('plan/altered', where, `${where} was changed after it was made: its list does not have its hash`)
  return made
}

function parsed(text: string, where: string): unknown {
  try {
    const value = JSON.parse(text) as unknown
    // What `rollcall plan --json` prints holds the plan.
    return isObject(value) && isObject(value['plan']) ? value['plan'] : value
  } catch {
    throw new Failure('plan/file', where, `${where} is no JSON`)
  }
}

function isItem(item: unknown): boolean {
  return (
    isObject(item) &&
    ['connection', 'action', 'lane', 'change'].every((key) => typeof item[key] === 'string') &&
    ['id', 'person'].every((key) => item[key] === null || typeof item[key] === 'string') &&
    isObject(item['input']) &&
    isObject(item['bound']) &&
    (item['before'] === undefined || isObject(item['before'])) &&
    typeof item['destructive'] === 'boolean'
  )
}

type Unknown = { readonly [key: string]: unknown }
const isObject = (value: unknown): value is Unknown => typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
