import type { Next } from '../../../types.ts'
import type { PageView } from '../../kind.ts'
import { compilePath } from '../../value/path.ts'
import { broken, end, kindOf } from './next.ts'

export const totalFrom = {
  description: 'Where the answer says how many rows there are: a path, or a header.',
  oneOf: [
    { type: 'string', minLength: 1 },
    {
      type: 'object',
      properties: { header: { type: 'string', minLength: 1 } },
      required: ['header'],
      additionalProperties: false,
    },
  ],
} as const
export type TotalFrom = string | { readonly header: string }

/** A count as targets write it: a whole number, or its digits as text. Null: something else. */
export function countOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null
}

/** The declared total, or why it cannot be used. */
export function readTotal(from: TotalFrom, view: PageView): number | Next {
  const value = typeof from === 'string' ? compilePath(from)(view.body) : view.headers[from.header.toLowerCase()]
  const what = typeof from === 'string' ? `\`${from}\`` : `header ${from.header}`
  if (value === undefined || value === null)
    return broken('pages/total-missing', `the list ends at its total, and ${what} is ${kindOf(value)}`)
  return (
    countOf(value) ??
    broken(
      'pages/wrong-type',
      `${what} should be a count and is ${typeof value === 'number' ? 'no whole number' : kindOf(value)}`,
    )
  )
}

/** Has the declared total been reached? Null: not yet, and this page brought rows. `net`: rows received so far, each once. */
export function totalSays(total: number, net: number, received: number, gained: number): Next | null {
  if (net > total) return broken('pages/beyond', `${net} rows came, and the target says there are ${total}`)
  if (net === total) return end(`total ${total} reached`)
  return stalled(received, gained, `${net} of the declared total of ${total} rows came`)
}

/** An empty page, or one that only repeats: no way forward and no end. */
export function stalled(received: number, gained: number, so_far: string): Next | null {
  if (received === 0) return broken('pages/hole', `an empty page before the end: ${so_far}`)
  return gained <= 0 ? broken('pages/no-progress', `a page with nothing but the rows asked for again: ${so_far}`) : null
}
