/** The object's whole record after the change, where no look at a facet reads it. */
import type { IntentEvent } from '../write-types.ts'
import { askOne, isObject } from './ask.ts'
import { mapped } from './look.ts'
import { at, namesOf, type Work } from './work.ts'

type Beside = Extract<IntentEvent, { kind: 'beside' }>

/** Asked as the look before was, so that the two can be compared. Never rejects for what a target does. */
export async function lookBeside(work: Work): Promise<Beside> {
  const { act, ctx } = work
  const { before } = act.action
  const read = await askOne(work, before, namesOf(work))
  const spec = before ?? act.on.stream.get
  const found = read.record ?? (read.failed === null && read.status < 400 ? act.on.get_record(read.body) : null)
  const record = isObject(found) ? mapped(work, found) : null
  const because = record !== null ? 'read once more' : (read.failed ?? `the target says ${read.status}`)
  const where = spec === null ? 'get' : `${spec.method} ${spec.path}`
  return { kind: 'beside', at: at(ctx), where, record, digest: read.digest, because }
}
