/** Cursors: where a list goes on. Of one list only; what stands in one is checked like any input. */
import { Failure } from '../errors.ts'
import type { Json } from '../types.ts'
import type { Answer, Ask } from './types.ts'

/** Throws `api/input`. */
export function limitOf(ask: Ask): number {
  const n = Number(ask.query['limit'] ?? 100)
  if (!(n >= 1 && n <= 1000)) throw new Failure('api/input', 'limit', 'limit takes 1 to 1000')
  return n
}

/** `list` names the list with its filters. Null: from the beginning. Throws `api/cursor`. */
export function after<T extends Json>(ask: Ask, list: string, is: (at: Json) => at is T): T | null {
  const text = ask.query['cursor']
  if (text === undefined) return null
  try {
    const [of, at] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as readonly [string, Json]
    if (of === list && is(at)) return at
  } catch {}
  throw new Failure('api/cursor', 'cursor', 'the cursor is not of this list')
}

export const cursor = (list: string, at: Json): string => Buffer.from(JSON.stringify([list, at])).toString('base64url')
export const isSeq = (at: Json): at is number => typeof at === 'number' && Number.isSafeInteger(at) && at >= 0
export const isText = (at: Json): at is string => typeof at === 'string' && at.length <= 300

/** One more than a page is asked for, so that the last page says that it is. */
export function pageOf<T>(
  list: string,
  rows: readonly T[],
  limit: number,
  at: (row: T) => Json,
  shown: (row: T) => unknown,
): Answer {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const next = rows.length > limit && last !== undefined ? cursor(list, at(last)) : null
  return { status: 200, body: { items: items.map(shown), next } }
}
