/** Certifications as people read them. Everything from outside is escaped here. */
import type { Gate, GateReason } from '../runtime/certify-types.ts'
import type { Looked } from '../runtime/govern/certify/look.ts'
import { WAIVABLE } from '../runtime/judge/gate-reason.ts'
import { type Paint, plural, safe } from './text.ts'

const where = ({ connection, stream }: Pick<GateReason, 'connection' | 'stream'>): string =>
  stream === '' ? safe(connection) : `${safe(connection)}/${safe(stream)}`

/** Every reason with where it is, and what would settle it; `about`: what a waiver is given to. */
export function reasonLines(gate: Gate, paint: Paint, about: string): string {
  const word = { allow: paint.green('allow'), deny: paint.red('deny'), waiver_required: paint.yellow('waiver required') }[gate.is]
  const said = Map.groupBy(gate.reasons, ({ because, settle, kind, id }) =>
    WAIVABLE.has(kind) ? id : JSON.stringify([because, settle]),
  )
  const places = Map.groupBy([...said.values()], (of) => of.map(where).join(', '))
  const blocks = [...places].map(([place, all]) => {
    const told = all.map((of) => {
      const [{ because, settle, kind, id }] = of as [GateReason]
      const waive = WAIVABLE.has(kind) ? `        ${paint.dim(`→ rollcall waive ${safe(about)} ${id} --by SECOND …`)}\n` : ''
      return `      ${safe(because)}\n        ${paint.dim(`→ ${safe(settle)}`)}\n${waive}`
    })
    return `  ${paint.bold(place)}\n${told.join('')}`
  })
  return `gate: ${word}\n${blocks.join('')}${waivedLines(gate, paint)}`
}

/** Under a gate that is told elsewhere: what may be waived, and what is. */
export function waiverLines(gate: Gate, paint: Paint, about: string): string {
  const may = gate.reasons.filter(({ kind }) => WAIVABLE.has(kind))
  const lines = may.map((one) => `  ${paint.dim(`→ ${where(one)}: rollcall waive ${safe(about)} ${one.id} --by SECOND …`)}\n`)
  return `${lines.join('')}${waivedLines(gate, paint)}`
}

const waivedLines = (gate: Gate, paint: Paint): string =>
  gate.waived
    .map(
      ({ reason, waiver }) =>
        `  ${paint.yellow('waived')}  ${where(reason)}: ${safe(reason.because)}\n      by ${safe(waiver.by)} until ${waiver.expires_at}: ${safe(waiver.why)}\n`,
    )
    .join('')

export function statusText(looked: Looked, paint: Paint): string {
  const { certification: of, parts, items, undecided, kept, revocations } = looked
  const verified = revocations.filter(({ row }) => row?.outcome === 'verified').length
  const head = `${paint.bold(safe(of.name))}  ${of.certification}  ${of.state}\n  owner ${safe(of.owner)}; opened ${of.opened.at} by ${safe(of.opened.by)}\n`
  const frozen = parts.map(({ frozen: { connection, stream, sync, in_scope, reviewed }, late, gone, changed }) => {
    const since = [
      late.length > 0 ? `${late.length} late` : '',
      gone.length > 0 ? `${gone.length} gone` : '',
      changed.length > 0 ? `${changed.length} changed` : '',
    ].filter((text) => text !== '')
    return `  ${safe(connection)}/${safe(stream)}  sync ${sync}, ${plural(in_scope, 'record')}${reviewed ? '' : paint.dim(' (not reviewed)')}${since.length === 0 ? '' : `; since then ${paint.yellow(since.join(', '))}`}\n`
  })
  const decided = `  ${items.length - undecided.length} of ${items.length} decided: ${kept} keep, ${revocations.length} revoke${revocations.length === 0 ? '' : `, ${verified} of them verified`}\n`
  return head + frozen.join('') + decided
}
