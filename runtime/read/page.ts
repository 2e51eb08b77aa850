/** One observation → the page's records and what follows it, or why it is no page. Pure. */
import type { FailureCode, Next, Observation, PageState } from '../types.ts'
import type { CompiledStream } from './compile.ts'

export type Answer = Extract<Observation, { kind: 'answer' }>

export type OpenedPage =
  | { readonly ok: true; readonly records: readonly unknown[]; readonly next: Next; readonly total: number | null; readonly total_broken: string | null }
  | { readonly ok: false; readonly code: FailureCode; readonly because: string }

export function openPage(compiled: CompiledStream, state: PageState, answer: Answer): OpenedPage {
  const records = recordsIn(compiled, answer.body)
  if ('code' in records) return { ok: false, ...records }
  const next = compiled.pages.next(compiled.stream.pages, state, {
    headers: answer.headers,
    body: answer.body,
    received: records.list.length,
    last: records.list.at(-1),
    url: answer.url,
  })
  return { ok: true, records: records.list, next, ...totalIn(compiled, answer) }
}

/** A missing or wrong records path is an error, unless the declaration says what stands for "none". */
export function recordsIn(
  compiled: CompiledStream,
  body: unknown,
): { readonly list: readonly unknown[] } | { readonly code: FailureCode; readonly because: string } {
  const { records: path, empty } = compiled.stream
  const found = compiled.records(body)
  if (Array.isArray(found)) return { list: found }
  if (found === undefined && (empty === 'absent' || empty === 'null_or_absent')) return { list: [] }
  if (found === null && (empty === 'null' || empty === 'null_or_absent')) return { list: [] }
  const is = found === undefined ? 'is not in the answer' : found === null ? 'is null' : `is ${typeof found === 'object' ? 'an object' : `a ${typeof found}`}, not a list`
  const hint = found === undefined || found === null ? `; if this target says "none" that way, declare \`empty: ${found === null ? '"null"' : 'absent'}\`` : ''
  return { code: 'read/no-records', because: `\`${path}\` ${is}${hint}` }
}

function totalIn(compiled: CompiledStream, answer: Answer): { total: number | null; total_broken: string | null } {
  if (compiled.total === null) return { total: null, total_broken: null }
  const found = compiled.total(answer)
  const total = typeof found === 'string' && /^\d{1,15}$/.test(found) ? Number(found) : found
  if (typeof total === 'number' && Number.isSafeInteger(total) && total >= 0) return { total, total_broken: null }
  return { total: null, total_broken: found === undefined || found === null ? null : `the declared total is not a count (${typeof found})` }
}
