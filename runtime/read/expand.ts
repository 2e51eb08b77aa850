/** Per-record expansion: one request a record, merged over it. A record whose request fails is kept aside, never stored half. */
import type { QuarantineRow } from '../store/port.ts'
import { type Partition, type ReadContext, sendDeclared } from './context.ts'
import { buildRequest } from './request.ts'
import { idOf, rawText } from './rows.ts'

export type Expanded = {
  readonly records: readonly unknown[]
  readonly quarantined: readonly QuarantineRow[]
  readonly requests: number
}

export async function expandRecords(
  context: ReadContext,
  partition: Partition,
  records: readonly unknown[],
  page: number,
): Promise<Expanded> {
  const { expand } = context.compiled.stream
  if (expand === null || records.length === 0) return { records, quarantined: [], requests: 0 }
  const answers = await Promise.all(
    records.map((record) =>
      sendDeclared(context, () =>
        buildRequest(context.connector, expand, {
          ...context.names,
          ...partition.vars,
          record,
          id: idOf(context.compiled, record, partition.vars),
        }),
      ),
    ),
  )
  const kept: unknown[] = []
  const quarantined: QuarantineRow[] = []
  answers.forEach((answer, index) => {
    const record = records[index]
    if (answer.kind === 'answer' && isObject(answer.body) && isObject(record)) {
      kept.push({ ...record, ...answer.body })
      return
    }
    const because = answer.kind === 'answer' ? 'the expanded record is not an object' : answer.because
    quarantined.push({ reason: 'expand/failed', id: null, partition: partition.key, page, because, raw: rawText(record) })
  })
  return { records: kept, quarantined, requests: answers.reduce((sum, answer) => sum + answer.requests, 0) }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
