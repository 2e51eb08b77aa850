/** Which reasons stand by a second person's word. Pure: the time comes in. */
import type { Gate, GateReason, Waiver } from '../certify-types.ts'
import { personName } from '../person-name.ts'
import { answerOf, WAIVABLE } from './gate-reason.ts'

export const isSamePerson = (a: string, b: string): boolean => personName(a) === personName(b)

/** `not_by`: who opened, who asks now. A waiver of theirs, or of who requested it, counts for nothing. */
export function withWaivers(answer: Gate, waivers: readonly Waiver[], now_ms: number, not_by: readonly string[]): Gate {
  const found = answer.reasons.map((reason) => ({ reason, waiver: waivers.find((one) => holds(one, reason, now_ms, not_by)) }))
  const reasons = found.flatMap(({ reason, waiver }) => (waiver === undefined ? [reason] : []))
  const waived = found.flatMap(({ reason, waiver }) => (waiver === undefined ? [] : [{ reason, waiver }]))
  return { ...answer, is: answerOf(reasons), reasons, waived: [...answer.waived, ...waived] }
}

function holds(waiver: Waiver, reason: GateReason, now_ms: number, not_by: readonly string[]): boolean {
  return (
    waiver.reason === reason.id &&
    waiver.kind === reason.kind &&
    WAIVABLE.has(reason.kind) &&
    personName(waiver.by) !== '' &&
    ![waiver.requested_by, ...not_by].some((name) => isSamePerson(waiver.by, name)) &&
    Date.parse(waiver.at) <= now_ms &&
    now_ms < Date.parse(waiver.expires_at)
  )
}
