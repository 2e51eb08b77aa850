import type { Json } from '../../../types.ts'
import type { RequestPatch } from '../../kind.ts'

export type Place = { readonly query: string } | { readonly body: string } | { readonly header: string }

const name = (description: string) => ({ type: 'string', minLength: 1, description }) as const
const one = <const K extends string, const P>(key: K, part: P) =>
  ({
    type: 'object',
    properties: { [key]: part } as { readonly [k in K]: P },
    required: [key],
    additionalProperties: false,
  }) as const

const inQuery = one('query', name('Name of the query parameter.'))
const inBody = one('body', name('Dotted path in the body; below `variables` for graphql, below `params` for jsonrpc.'))
const inHeader = one('header', name('Name of the header.'))

/** Where a number goes. */
export const numberPlace = { description: 'Where it goes in the request.', oneOf: [inQuery, inBody] } as const
/** Where a cursor goes. */
export const place = { description: 'Where it goes in the next request.', oneOf: [inQuery, inBody, inHeader] } as const

const rows = { type: 'integer', minimum: 1, maximum: 100_000, description: 'Rows to ask for in one page.' } as const
const sized = <const K extends string, const P>(key: K, part: P) =>
  ({
    type: 'object',
    properties: { [key]: part, rows } as { readonly [k in K]: P } & { readonly rows: typeof rows },
    required: [key, 'rows'],
    additionalProperties: false,
  }) as const

/** The page size: where it goes and how many rows. The target may give fewer. */
export const size = {
  description: 'How the page size is asked for. The target may give fewer rows.',
  oneOf: [sized('query', name('Name of the query parameter.')), sized('body', name('Dotted path in the body.'))],
} as const
export type Size = { readonly query: string; readonly rows: number } | { readonly body: string; readonly rows: number }

/** A body keeps the value's type; queries and headers are text. */
export function put(where: Place | Size, value: Json): RequestPatch {
  if ('query' in where) return { query: { [where.query]: String(value) } }
  if ('body' in where) return { body: { [where.body]: value } }
  return { headers: { [where.header]: String(value) } }
}

export function join(a: RequestPatch, b: RequestPatch): RequestPatch {
  return {
    ...((a.query ?? b.query) && { query: { ...a.query, ...b.query } }),
    ...((a.body ?? b.body) && { body: { ...a.body, ...b.body } }),
    ...((a.headers ?? b.headers) && { headers: { ...a.headers, ...b.headers } }),
  }
}
