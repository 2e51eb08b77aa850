import type { PageKind } from '../kind.ts'
import { cursor } from './cursor.ts'
import { link } from './link.ts'
import { nextUrl } from './next-url.ts'
import { none } from './none.ts'
import { offset } from './offset.ts'
import { pageNumber } from './page-number.ts'
import { scimCursor } from './scim-cursor.ts'
import { scimIndex } from './scim-index.ts'

/** Every paging word by its kind. The options a word sees have passed its schema, so the table may forget their types. */
export const pages: { readonly [kind: string]: PageKind } = Object.freeze({
  none,
  link,
  cursor,
  next_url: nextUrl,
  offset,
  page_number: pageNumber,
  scim_index: scimIndex,
  scim_cursor: scimCursor,
} as unknown as { readonly [kind: string]: PageKind })
