/** Per-record expansion: one request a record, merged over it. A record whose request fails is kept aside, never stored half. */

import type { QuarantineRow } from '../store/port.ts'
import type { Connector } from '../types.ts'
import type { CompiledStream } from './compile.ts'
import { buildRequest, type Names } from './request.ts'
import { idOrNull, rawText } from './rows.ts'
import { type Asking, sendDeclared } from './send-declared.ts'

export type Expanded = {
  readonly records: readonly unknown[]
  readonly quarantined: readonly QuarantineRow[]
  readonly requests: number
}

export async function expandRecords(
  context: Asking & { readonly connector: Connector; readonly compiled: CompiledStream; readonly names: Names },
  where: { readonly partition: string; readonly vars: Names; readonly page: number },
  records: readonly unknown[],
): Promise<Expanded> {
  const { compiled } = context
  const { expand } = compiled.stream
  if (expand === null || records.length === 0) return { records, quarantined: [], requests: 0 }
  const ids = records.map((record) => idOrNull(compiled, record, where.vars))
  const answers = await Promise.all(
    records.map((record, index) =>
      sendDeclared(context, () =>
        buildRequest(context.connector, expand, { ...context.names, ...where.vars, record, id: ids[index] }),
      ),
    ),
  )
  const kept: unknown[] = []
  const quarantined: QuarantineRow[] = []
  answers.forEach((answer, index) => {
    const record = records[index]
    const id = ids[index] ?? null
    if (answer.kind === 'answer' && isObject(answer.body) && isObject(record)) kept.push({ ...record, ...answer.body })
    // Never sent, for want of an id: the record is kept aside as what it is, one without an id.
    else if (id === null && answer.requests === 0) kept.push(record)
    else {
      const because = answer.kind === 'answer' ? 'the expanded record is not an object' : answer.because
      const { partition, page } = where
      quarantined.push({ reason: 'expand/failed', id, partition, page, because, raw: rawText(record) })
    }
  })
  return { records: kept, quarantined, requests: answers.reduce((sum, answer) => sum + answer.requests, 0) }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
