/**
 * A list that ends at its total ends where a low one says, and a target that cuts pages short shows nothing of it: so the row behind the total
 * is asked for once. Item 4. Only an answer that contradicts itself is taken for something: it says how many there are, and gives one more.
 */
import { type OpenedPage, openPage, viewOf } from '../record/page.ts'
import { buildRequest } from '../record/request.ts'
import { idOrNull } from '../record/rows.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { Observation, PageState } from '../types.ts'
import type { Partition, ReadContext } from './context.ts'

type Answer = Extract<Observation, { kind: 'answer' }>
type Opened = Extract<OpenedPage, { ok: true }>

/** The page as it was, or broken off where its list goes on; and the requests that took. A page shorter than another had room for more rows. */
export async function lookBehind(
  context: ReadContext,
  partition: Partition,
  state: PageState,
  answer: Answer,
  opened: Opened,
): Promise<Opened & { readonly requests: number }> {
  const { compiled, connector, longest } = context
  const { records, next } = opened
  const full = records.length > 0 && records.length >= longest.rows
  longest.rows = Math.max(longest.rows, records.length)
  const at = full && next.kind === 'end' ? compiled.pages.behind?.(compiled.stream.pages, state, viewOf(answer, records)) : null
  if (at == null) return { ...opened, requests: 0 }
  const patch = compiled.pages.ask(compiled.stream.pages, at)
  const seen = await sendDeclared(context, () => ({
    ...buildRequest(connector, compiled.stream.list, { ...context.names, ...partition.vars }, patch),
    takes_duplicates: true,
  }))
  const { requests } = seen
  // Behind its end a list may answer with anything: an error, nothing, its first page again.
  const found = seen.kind === 'answer' ? openPage(compiled, at, seen) : null
  if (found?.ok !== true || found.next.kind !== 'broken' || found.next.code !== 'pages/beyond') return { ...opened, requests }
  const vars = { ...partition.vars, settings: context.names['settings'] }
  const idsOf = (rows: readonly unknown[]) => rows.flatMap((row) => idOrNull(compiled, row, vars) ?? [])
  const here = new Set(idsOf(records))
  const others = idsOf(found.records).filter((id) => !here.has(id))
  const known = await context.session.has(others)
  return known.every(Boolean) ? { ...opened, requests } : { ...opened, next: found.next, requests }
}
