/** A second person lets one reason stand, until a day. */
import type { GateReason, Waiver } from '../../certify-types.ts'
import { Failure } from '../../errors.ts'
import { WAIVABLE } from '../../judge/gate-reason.ts'
import { isSamePerson } from '../../judge/waiver.ts'
import type { CertifyContext } from './look.ts'
import { actOf, type Who } from './open.ts'

const DAY_MS = 86_400_000
/** Longer than a review lasts; whoever wants more signs again. */
const LONGEST_MS = 90 * DAY_MS

/** `reasons`: of the gate as it is now; `requested_by`: who wants it; `request`: what is signed by it, once. Throws `Failure` certify/waiver. */
export async function waive(
  ctx: Pick<CertifyContext, 'store' | 'now'>,
  reasons: readonly GateReason[],
  asked: { readonly reason: string; readonly requested_by: string; readonly until: string },
  who: Who,
  request: string | null = null,
): Promise<Waiver> {
  const { id, kind, connection, stream, because } = mayBeWaived(reasons, asked, ctx.now())
  const wrong = (text: string): Failure => new Failure('certify/waiver', asked.reason, text)
  if (who.by.trim() === '' || asked.requested_by.trim() === '') throw wrong('a waiver has two names: who asks and who signs')
  if (isSamePerson(who.by, asked.requested_by)) throw wrong(`${who.by} asked for it, and nobody signs their own waiver`)
  const waiver: Waiver = {
    reason: id,
    kind,
    connection,
    stream,
    because,
    requested_by: asked.requested_by,
    by: who.by,
    why: who.why,
    at: new Date(ctx.now()).toISOString(),
    expires_at: new Date(asked.until).toISOString(),
  }
  await ctx.store.waive(waiver, actOf(ctx, who), request)
  return waiver
}

/** The reason itself, where it is one of the gate now, of a kind that a person may let stand, and the day is near enough. Throws certify/waiver. */
export function mayBeWaived(
  reasons: readonly GateReason[],
  asked: { readonly reason: string; readonly until: string },
  now_ms: number,
): GateReason {
  const wrong = (because: string): Failure => new Failure('certify/waiver', asked.reason, because)
  const reason = reasons.find(({ id }) => id === asked.reason)
  const known = reasons.map(({ id, kind }) => `${id} (${kind})`).join(', ')
  if (reason === undefined) throw wrong(`the gate has no reason ${asked.reason}; it has ${known === '' ? 'none' : known}`)
  if (!WAIVABLE.has(reason.kind)) throw wrong(`${reason.because}: this is not waived but settled. ${reason.settle}`)
  const until = Date.parse(asked.until)
  if (Number.isNaN(until) || until <= now_ms) throw wrong('it ends on a day to come, like 2026-12-31')
  if (until - now_ms > LONGEST_MS) throw wrong('it ends within 90 days')
  return reason
}
