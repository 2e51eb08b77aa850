import { Failure } from '../../errors.ts'

/**
 * What CEL gives, as plain JSON values: int and uint to number (value/number beyond 2^53), timestamp to ISO 8601 text,
 * duration to text in seconds, a present optional to its value and none to undefined, maps to objects.
 * Bytes, types and numbers that JSON cannot say are refused (value/result). Unchanged values are returned as they are.
 */
export function normalise(value: unknown, where: string): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return value
    case 'number':
      if (Number.isFinite(value)) return value
      throw new Failure('value/number', where, 'the result is not a finite number')
    case 'bigint':
      return toNumber(value, where)
    case 'object':
      return value === null ? null : normaliseObject(value, where)
    default:
      throw new Failure('value/result', where, `a ${typeof value} is no result`)
  }
}

function normaliseObject(value: object, where: string): unknown {
  if (Array.isArray(value)) {
    const out = value.map((item) => normalise(item, where) ?? null)
    return out.some((item, index) => item !== value[index]) ? out : value
  }
  if (value instanceof Map) return entries([...value], where)
  if (value instanceof Set) return [...value].map((item) => normalise(item, where) ?? null)
  if (value instanceof Date) return value.toISOString()
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) {
    const pairs = Object.entries(value)
    return pairs.some(([, inner]) => needsWork(inner, where)) ? entries(pairs, where) : value
  }
  // The library exports none of these classes as values; own data is plain JSON, so a method here is the library's.
  const instance = value as { hasValue?: unknown; orValue?: unknown; seconds?: unknown; value?: unknown }
  if (typeof instance.hasValue === 'function' && typeof instance.orValue === 'function') {
    return normalise((instance.orValue as (none: undefined) => unknown)(undefined), where)
  }
  if (typeof instance.seconds === 'bigint') return String(value)
  if (typeof instance.value === 'bigint') return toNumber(instance.value, where)
  if (value instanceof Uint8Array)
    throw new Failure('value/result', where, 'bytes are no result; use `.string()`, `.hex()` or `.base64()`')
  throw new Failure('value/result', where, 'a CEL type is no result')
}

function needsWork(value: unknown, where: string): boolean {
  return normalise(value, where) !== value
}

/** fromEntries defines own properties: a key `__proto__` stays data. */
function entries(pairs: readonly (readonly [unknown, unknown])[], where: string): unknown {
  return Object.fromEntries(pairs.map(([key, inner]) => [String(key), normalise(inner, where) ?? null]))
}

function toNumber(value: bigint, where: string): number {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw new Failure('value/number', where, 'the result is an integer beyond 2^53; keep it as text')
}
