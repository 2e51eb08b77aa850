/** What the ledger and whoever listens is told of a change. The names of the fields are part of what is promised: docs/levels.md. */
import type { Alert, EventType, Exception, GateState } from '../../levels-types.ts'
import type { Act } from '../../store/ledger-port.ts'
import type { Told } from '../../store/levels-port.ts'
import type { Connection, Json, JsonObject } from '../../types.ts'
import type { ConnectionGate } from '../scope-gate.ts'

type Said = { readonly what: string; readonly about: string; readonly detail: JsonObject }
const MOST_REASONS = 50

const told = (newId: () => string, act: Act, said: Said, type: EventType, data: { readonly [name: string]: Json }): Told => ({
  entry: { ...act, ...said },
  message: { message: `msg_${newId()}`, type, data },
})

export function gateTold(
  newId: () => string,
  act: Act,
  before: GateState | null,
  after: GateState,
  gate: ConnectionGate | null,
  owners: Pick<Connection, 'owner' | 'data_owner'>,
): Told {
  const { connection, is, streams, kinds } = after
  const reasons = (gate?.reasons ?? []).map(({ id, stream, kind, because, settle }) => ({ id, stream, kind, because, settle }))
  const said = {
    what: 'gate changed',
    about: connection,
    detail: { gate: is, before: before?.is ?? null, kinds: kinds.map(({ stream, kind }) => `${stream} ${kind}`) },
  }
  return told(newId, act, said, 'gate.changed', {
    ...{ connection, is, before: before === null ? null : { is: before.is, streams: before.streams } },
    ...{ streams, reasons: reasons.slice(0, MOST_REASONS), more_reasons: Math.max(0, reasons.length - MOST_REASONS) },
    waived: (gate?.waived ?? []).map(({ reason, waiver }) => ({ id: reason.id, by: waiver.by, until: waiver.expires_at })),
    ...{ until: gate?.until ?? null, owner: owners.owner, data_owner: owners.data_owner ?? null },
  })
}

const WHAT = { opened: 'exception opened', changed: 'exception changed', closed: 'exception closed' } as const

export function exceptionTold(newId: () => string, act: Act, is: keyof typeof WHAT, row: Exception): Told {
  const { exception, connection, control, stream, severity, state, evidence } = row
  const said = {
    what: WHAT[is],
    about: stream === '' ? connection : `${connection}/${stream}`,
    detail: { exception, control, severity, state, evidence },
  }
  return told(newId, act, said, `exception.${is}`, { ...shownException(row) })
}

/** All of it: an exception names no secret. */
export function shownException(row: Exception): { readonly [name: string]: Json } {
  const { exception, connection, control, stream, severity, state, since, opened_at, because, evidence, next_step } = row
  const { owner, data_owner, acknowledged, closed } = row
  return {
    ...{ exception, connection, control, stream: stream === '' ? null : stream, severity, state, since, opened_at },
    ...{ because, evidence, next_step, owner, data_owner, acknowledged, closed },
  }
}

export function alertTold(newId: () => string, act: Act, is: 'firing' | 'resolved', alert: Alert): Told {
  const { connection, control, severity, since, burn } = alert
  const said = { what: `alert ${is}`, about: connection, detail: { control, severity, since, burn } }
  return told(newId, act, said, `alert.${is}`, { connection, control, severity, since, burn })
}

/** One line for the log. */
export const alertLine = (is: 'firing' | 'resolved', { connection, control, severity, burn }: Alert): string =>
  `alert ${is} [${severity}] ${connection}: ${control} burns its budget ${burn.long.toFixed(1)} times over ${hours(burn.long_ms)} h and ${burn.short.toFixed(1)} times over ${hours(burn.short_ms)} h (limit ${burn.factor.toFixed(1)})`
const hours = (ms: number): string => (ms / 3_600_000).toFixed(2)
