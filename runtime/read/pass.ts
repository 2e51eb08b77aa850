/** A second enumeration of a stream: another page size, order or list; only the ids are compared. */

import { Failure } from '../errors.ts'
import type { ProofAnswer, ProofAsk } from '../kinds/kind.ts'
import { isOtherList, sizesOf } from '../kinds/prove/parts/otherwise.ts'
import { openPage } from '../record/page.ts'
import { buildRequest, type Names } from '../record/request.ts'
import { idOf } from '../record/rows.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { PageState } from '../types.ts'
import { type Partition, type ReadContext, wantsRestart } from './context.ts'
import type { Fold } from './facts.ts'
import { pool } from './pool.ts'
import { partitionsOf, type Sessions } from './stream.ts'

/** As many empty pages in a row as the first read tolerates. */
const EMPTY_LIMIT = 100
const ROWS_FACTOR = 3
const ROWS_SPARE = 1000

type PassContext = Omit<ReadContext, 'onPage' | 'longest'> & {
  readonly sessions: Sessions
  readonly fold: Pick<Fold, 'fetched' | 'longest_page'>
}

export async function passOver(context: PassContext, ask: Extract<ProofAsk, { ask: 'pass' }>): Promise<ProofAnswer> {
  const first = await passOnce(context, ask)
  // Its cursors may expire as those of the first read may; then it begins again, once.
  return first.failed === RESTART ? passOnce(context, ask) : first
}

const RESTART = 'the target gave up its paging position'

async function passOnce(
  context: PassContext,
  ask: Extract<ProofAsk, { ask: 'pass' }>,
): Promise<Extract<ProofAnswer, { ask: 'pass' }>> {
  const pass = context.session.startPass()
  let failed: string | null = null
  let alike = 0
  // Overlaps and another page size repeat rows; beyond this the second pass is a list without an end.
  const budget = { rows: ROWS_FACTOR * context.fold.fetched + ROWS_SPARE }
  await pool(
    partitionsOf(context.compiled.stream, context.names, context.sessions),
    context.connector.limits.concurrent,
    async (partition) => {
      if (failed !== null) return
      const end = await passPartition(context, ask, partition, pass.add, budget)
      if (typeof end === 'string') failed = end
      else if (end.alike) alike++
    },
  )
  const difference = await pass.end()
  return { ask: 'pass', ...difference, tries: context.session.attempt, alike, failed }
}

/** Why the declared end was not reached, or whether it was the first read's question once more. */
async function passPartition(
  context: PassContext,
  ask: Extract<ProofAsk, { ask: 'pass' }>,
  partition: Partition,
  add: (ids: readonly string[]) => Promise<void>,
  budget: { rows: number },
): Promise<string | { readonly alike: boolean }> {
  const { compiled, connector } = context
  const seen = new Set<string>()
  const longest = context.fold.longest_page?.get(partition.key) ?? 0
  const asked = sizesOf(compiled.stream.list, ask)
  const sizes = shorter(asked, longest)
  const query = { ...ask.query, ...Object.fromEntries(sizes.map(([name, rows]) => [name, String(rows)])) }
  const pages = { longest: 0, hollow: 0 }
  const vars = { ...partition.vars, settings: context.names['settings'] }
  let empty = 0
  for (let state: PageState = compiled.pages.first(compiled.stream.pages); ; ) {
    const patch = compiled.pages.ask(compiled.stream.pages, state)
    const position = JSON.stringify(patch)
    if (seen.has(position)) return 'the second pass runs in a circle'
    seen.add(position)
    const observation = await sendDeclared(context, () =>
      buildRequest(connector, ask.list ?? compiled.stream.list, { ...context.names, ...partition.vars }, patch, {
        query,
      }),
    )
    if (wantsRestart(observation, seen.size - 1)) return RESTART
    if (observation.kind !== 'answer') return observation.because
    const opened = openPage(compiled, state, observation)
    if (!opened.ok) return opened.because
    empty = opened.records.length === 0 ? empty + 1 : 0
    pages.longest = Math.max(pages.longest, opened.records.length)
    if (opened.records.length === 0 && opened.next.kind === 'page') pages.hollow++
    budget.rows -= opened.records.length
    if (empty > EMPTY_LIMIT || budget.rows < 0) return 'the second pass does not end'
    await add(opened.records.flatMap((record) => idIn(context, record, vars)))
    if (opened.next.kind === 'end')
      return { alike: !isOtherList(compiled.stream.list, ask) && isAlike(longest, asked.length > 0, pages) }
    if (opened.next.kind === 'broken') return opened.next.because
    state = opened.next.state
  }
}

/** From so many rows a page on, three quarters of it are pages with other rows on them; a few rows fall to the same places. */
const LONG = 40
/** Up to so many rows are asked for one by one. */
const ONE_BY_ONE = 3

/**
 * Pages must be cut elsewhere than in the first read: what is lost with a place on a page would be lost again. A target that gives less
 * than it is asked for gives both passes the same pages, so what it gave is what counts.
 */
function shorter(asked: ReturnType<typeof sizesOf>, longest: number): ReturnType<typeof sizesOf> {
  if (longest === 0) return asked
  const most = longest >= LONG ? Math.floor(0.75 * longest) : Math.max(1, Math.floor(longest / 2))
  return asked.map(([name, rows]) => [name, Math.min(rows, most)] as const)
}

/**
 * Shorter pages are other pages; of one row or none nothing can be cut shorter, and there it is enough to have asked. A page of one that
 * comes empty with more behind it lost its row, and the first read's page may have lost the same.
 */
function isAlike(longest: number, sized: boolean, pages: { readonly longest: number; readonly hollow: number }): boolean {
  if (longest < 2 && !sized) return true
  return (longest > 1 && pages.longest >= longest) || (longest > 0 && longest <= ONE_BY_ONE && pages.hollow > 0)
}

/** Records the first read filtered out or kept aside are no part of its set; here they are left out the same way. */
function idIn(context: PassContext, record: unknown, vars: Names): readonly string[] {
  try {
    const id = idOf(context.compiled, record, vars)
    return context.compiled.filters.some((filter) => filter.drop(record, vars) === true) ? [] : [id]
  } catch (error) {
    if (error instanceof Failure) return []
    throw error
  }
}
