/** A second enumeration of a stream: another page size, order or list; only the ids are compared. */

import { Failure } from '../errors.ts'
import type { ProofAnswer, ProofAsk } from '../kinds/kind.ts'
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

type PassContext = Omit<ReadContext, 'onPage'> & {
  readonly sessions: Sessions
  readonly fold: Pick<Fold, 'fetched' | 'on_one_page'>
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
  // Overlaps and another page size repeat rows; beyond this the second pass is a list without an end.
  const budget = { rows: ROWS_FACTOR * context.fold.fetched + ROWS_SPARE }
  await pool(
    partitionsOf(context.compiled.stream, context.names, context.sessions),
    context.connector.limits.concurrent,
    async (partition) => {
      if (failed === null) failed = await passPartition(context, ask, partition, pass.add, budget)
    },
  )
  const difference = await pass.end()
  return { ask: 'pass', ...difference, tries: context.session.attempt, failed }
}

/** Null when the declared end was reached, else why not. */
async function passPartition(
  context: PassContext,
  ask: Extract<ProofAsk, { ask: 'pass' }>,
  partition: Partition,
  add: (ids: readonly string[]) => Promise<void>,
  budget: { rows: number },
): Promise<string | null> {
  const { compiled, connector } = context
  const seen = new Set<string>()
  const query = { ...ask.query, ...halved(context, ask, partition) }
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
    budget.rows -= opened.records.length
    if (empty > EMPTY_LIMIT || budget.rows < 0) return 'the second pass does not end'
    await add(opened.records.flatMap((record) => idIn(context, record, vars)))
    if (opened.next.kind === 'end') return null
    if (opened.next.kind === 'broken') return opened.next.because
    state = opened.next.state
  }
}

/**
 * A list that came on one page would come on the same page again, with the same row cut off it: both passes would agree. So it is asked
 * for in halves. Whatever the pass asks for as a whole number above 1 is the size of its pages.
 */
function halved(
  { fold }: PassContext,
  { query, list }: Extract<ProofAsk, { ask: 'pass' }>,
  { key }: Partition,
): { readonly [name: string]: string } {
  const rows = fold.on_one_page?.get(key) ?? 0
  if (rows === 0) return {}
  const half = Math.ceil(rows / 2)
  const asked = [...Object.entries(query), ...(list?.query ?? [])]
  const sizes = asked.filter(([, value]) => /^[1-9]\d*$/.test(String(value)) && Number(value) > half)
  return Object.fromEntries(sizes.map(([name]) => [name, String(half)]))
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
