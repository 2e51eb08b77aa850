import type { Dialect } from './dialect.ts'
import { cursor } from './dialect-cursor.ts'
import { link } from './dialect-link.ts'
import { nextUrl } from './dialect-next-url.ts'
import { offset } from './dialect-offset.ts'
import { pageNumber } from './dialect-page-number.ts'
import { scim } from './dialect-scim.ts'

export const DIALECTS = { cursor, offset, page_number: pageNumber, link, scim, next_url: nextUrl } as const satisfies {
  readonly [name: string]: Dialect
}
export type DialectName = keyof typeof DIALECTS
export const DIALECT_NAMES = Object.keys(DIALECTS) as readonly DialectName[]
