/** A certification as the API shows it, and what its routes share. */
import type { Gate } from '../certify-types.ts'
import { Failure } from '../errors.ts'
import type { CertifyContext } from '../govern/certify/look.ts'
import type { Opening, Who } from '../govern/certify/open.ts'
import { type Standing, stand } from '../govern/certify/stand.ts'
import { certificationOf } from '../govern/certify/state.ts'
import { openNewId } from '../write/new-id.ts'
import { fromOf } from './from.ts'
import { InputFailure } from './problems.ts'
import { targetOf } from './targets.ts'
import type { Ask } from './types.ts'

export const context = ({ house, room }: Ask): CertifyContext => ({
  store: room.store,
  target: (connection) => targetOf(house, room, connection),
  now: house.now,
  newId: openNewId(house.now),
})
export const whoOf = ({ who }: Ask, reason: string): Who => ({ by: who.by, why: reason, from: fromOf(who) })
export const reasonOf = ({ body }: Ask): string => (body as { readonly why: string }).why

/** One of another tenant is not there. Throws `api/not-found`. */
export async function known({ room, params }: Ask): Promise<string> {
  const id = params['certification'] ?? ''
  if ((await room.store.certification(id)) === null)
    throw new Failure('api/not-found', 'certification', 'there is no such certification')
  return id
}

export const standing = async (ask: Ask): Promise<Standing> => stand(context(ask), await known(ask), ask.who.by)

export async function brief({ room }: Ask, id: string): Promise<object> {
  const row = await room.store.certification(id)
  if (row === null) throw new Failure('api/not-found', 'certification', 'there is no such certification')
  const { name, state } = certificationOf(row)
  const last = row.events.at(-1)
  return { certification: id, name, state, last: last?.kind, at: last?.at }
}

export function shown({ certification: it, parts, counts, revocations, gate }: Standing): object {
  const { certification, state, name, owner, frozen_at } = it
  return {
    ...{ certification, state, name, owner, opened_at: it.opened.at, opened_by: it.opened.by, frozen_at, frozen: it.frozen },
    counts: { ...counts, revoked: revocations.length },
    revocations: revocations.map(({ item, decision, intent, row }) => ({
      id: item.id,
      by: decision.by,
      intent,
      outcome: row?.outcome ?? null,
    })),
    parts: parts.map(({ frozen, in_scope, late, gone, changed }) => ({
      connection: frozen.connection,
      stream: frozen.stream,
      in_scope,
      late: late.map(({ id }) => id),
      gone: gone.map(({ id }) => id),
      changed: changed.map(({ id }) => id),
    })),
    gate: { is: gate.is, reasons: gate.reasons, waived: gate.waived },
  }
}

export async function openedAnswer(ask: Ask, opened: Opening, status: number) {
  if (opened.is === 'refused') throw refusal('it does not open', opened.gate)
  const body = shown(await stand(context(ask), opened.certification, ask.who.by))
  return { status, body, headers: { location: `/v1/certifications/${opened.certification}` } }
}

/** Every reason with what would settle it. */
export function refusal(what: string, { reasons }: Gate): InputFailure {
  const errors = reasons.map(({ connection, stream, kind, id, because, settle }) => ({
    at: `${connection}${stream === '' ? '' : `/${stream}`} ${kind} ${id}`,
    because: `${because}. ${settle}`,
  }))
  return new InputFailure('api/gate', 'gate', `${what}: ${reasons.map(({ because }) => because).join('; ')}`, errors)
}

export function drain({ room }: Ask, intents: readonly { readonly item: { readonly connection: string } }[]): void {
  for (const connection of new Set(intents.map(({ item }) => item.connection))) room.work.drain(connection)
}
