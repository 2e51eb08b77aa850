import type { Next } from '../../../types.ts'
import { compilePath } from '../../value/path.ts'
import { broken, end, kindOf } from './next.ts'

const pathText = (description: string) => ({ type: 'string', minLength: 1, description }) as const

/** A value in the answer that says whether the list is over. */
export const flagEnd = {
  type: 'object',
  properties: {
    flag: pathText('Path of the value that says whether the list is over.'),
    is: { type: ['boolean', 'string', 'number'], description: 'The list is over when the value is this.' },
  },
  required: ['flag', 'is'],
  additionalProperties: false,
} as const
export type FlagEnd = { readonly flag: string; readonly is: boolean | string | number }

/** What stands where the next page would be named when there is none. */
export const markEnd = {
  enum: ['null', 'absent', 'empty', 'null_or_absent'],
  description: 'What stands in the place of the next page when there is none: JSON null, nothing, the empty text.',
} as const
export type MarkEnd = 'null' | 'absent' | 'empty' | 'null_or_absent'

/** Null: the flag says that more follows. */
export function flagSays(end_: FlagEnd, body: unknown): Next | null {
  const value = compilePath(end_.flag)(body)
  if (value === undefined || value === null) {
    return broken('pages/no-end-mark', `\`${end_.flag}\` should say whether the list is over, and the answer does not have it`)
  }
  if (typeof value !== typeof end_.is) {
    return broken('pages/wrong-type', `\`${end_.flag}\` should be ${kindOf(end_.is)} and is ${kindOf(value)}`)
  }
  return value === end_.is ? end(`${end_.flag} is ${String(end_.is)}`) : null
}

/** What the value that names the next page says: a usable text or number, the end as declared, or neither. */
export function markSays(mark: MarkEnd | null, value: unknown, what: string): { readonly more: string | number } | Next {
  if (typeof value === 'number' && Number.isFinite(value)) return { more: value }
  if (typeof value === 'string' && value !== '') return { more: value }
  const seen = value === undefined ? 'absent' : value === null ? 'null' : value === '' ? 'empty' : null
  if (seen === null) return broken('pages/wrong-type', `${what} should be a text or a number and is ${kindOf(value)}`)
  if (mark === seen || (mark === 'null_or_absent' && seen !== 'empty')) return end(`${what} is ${seen}`)
  const declared = mark === null ? 'and the flag says that more follows' : `and the declared end is \`${mark}\``
  return broken('pages/no-end-mark', `${what} is ${seen}, ${declared}`)
}
