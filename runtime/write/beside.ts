/** The object's whole record after the change, where the looks at its facets leave it open what else moved; and which of that may be our own doing. */
import { mayMove } from '../judge/bystanders.ts'
import type { IntentRow } from '../store/write-port.ts'
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
  return { kind: 'beside', at: at(ctx), where, record, digest: read.digest, because, ours: await oursMeanwhile(work) }
}

/** A leaver's groups are taken while the account is being disabled: two changes of one object, of which each sees the other's. */
async function oursMeanwhile({ ctx, intent, act, events }: Work): Promise<readonly string[]> {
  const looked = events.find((event) => event.kind === 'looked')
  if (looked === undefined || intent.id === null) return []
  const rows = await ctx.store.intents({ connection: intent.connection, id: intent.id, limit: 100 })
  const fields = rows
    .filter((row) => row.intent.intent !== intent.intent && mayHaveMovedSince(row, Date.parse(looked.at)))
    .flatMap((row) => {
      const action = ctx.connector.actions[row.intent.action]
      return action === undefined || action.on !== act.action.on ? [] : mayMove(action, row.intent)
    })
  return [...new Set(fields)].sort()
}

/** Sent, and not over by then. */
function mayHaveMovedSince({ events }: Pick<IntentRow, 'events'>, since_ms: number): boolean {
  const ended = events.findLast((event) => event.kind === 'outcome')
  return (
    events.some((event) => event.kind === 'sending') &&
    (ended === undefined || Date.parse(ended.at) >= since_ms || events.some((event) => isSendingSince(event, since_ms)))
  )
}

const isSendingSince = (event: IntentEvent, since_ms: number): boolean =>
  event.kind === 'sending' && Date.parse(event.at) >= since_ms
