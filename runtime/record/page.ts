/** One observation → the page's records and what follows it, or why it is no page. Pure. */
import type { PageView } from '../kinds/kind.ts'
import type { FailureCode, Next, Observation, PageState, Stream } from '../types.ts'
import type { CompiledStream } from './compile.ts'

export type Answer = Extract<Observation, { kind: 'answer' }>

/** What a list says of its pages: of a stream, or of a feed. */
export type Paged = Pick<CompiledStream, 'pages' | 'records' | 'total'> & { readonly stream: Pick<Stream, 'pages'> }

export type OpenedPage =
  | {
      readonly ok: true
      readonly records: readonly unknown[]
      readonly next: Next
      readonly total: number | null
      readonly total_broken: string | null
    }
  | { readonly ok: false; readonly code: FailureCode; readonly because: string }

export function openPage(compiled: Paged, state: PageState, answer: Answer): OpenedPage {
  const found = compiled.records(answer.body)
  if (!found.ok) return { ok: false, code: 'read/no-records', because: `${found.because}${hint(found.what)}` }
  if (
    answer.duplicates !== undefined &&
    amongRecords(found.records, answer.duplicates) < (answer.duplicates.get(answer.body) ?? 0)
  ) {
    const because = 'beside its records the answer names a key twice, and nothing says which of the values is meant'
    return { ok: false, code: 'decode/duplicate-key', because }
  }
  const next = compiled.pages.next(compiled.stream.pages, state, viewOf(answer, found.records))
  return { ok: true, records: found.records, next, ...totalIn(compiled, answer) }
}

/** What a paging word may see of it. */
export const viewOf = (answer: Answer, records: readonly unknown[]): PageView => ({
  headers: answer.headers,
  body: answer.body,
  received: records.length,
  last: records.at(-1),
  url: answer.url,
})

function amongRecords(records: readonly unknown[], duplicates: NonNullable<Answer['duplicates']>): number {
  return records.reduce<number>((sum, record) => sum + (duplicates.get(record) ?? 0), 0)
}

/** Only the author can know that a missing list means an empty one. */
function hint(what: 'absent' | 'null' | 'type'): string {
  return what === 'type'
    ? ''
    : `; if this target says "none" that way, declare \`empty: ${what === 'null' ? '"null"' : 'absent'}\``
}

function totalIn(compiled: Paged, answer: Answer): { total: number | null; total_broken: string | null } {
  if (compiled.total === null) return { total: null, total_broken: null }
  const found = compiled.total(answer)
  const total = typeof found === 'string' && /^\d{1,15}$/.test(found) ? Number(found) : found
  if (typeof total === 'number' && Number.isSafeInteger(total) && total >= 0) return { total, total_broken: null }
  return {
    total: null,
    total_broken: found === undefined || found === null ? null : `the declared total is not a count (${typeof found})`,
  }
}
