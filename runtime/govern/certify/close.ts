/** Closing: asked of the gate once more, bound to what was looked at, with the statement that the proof will hold. */
import { hash } from 'node:crypto'
import type { Gate, Waiver } from '../../certify-types.ts'
import { Failure } from '../../errors.ts'
import { actionLines } from '../proof/actions.ts'
import { entriesOf } from '../proof/entries.ts'
import { statementOf } from '../proof/statement.ts'
import { wordsOf } from '../proof/words.ts'
import { allDecisions, type CertifyContext, look, rowOf } from './look.ts'
import { actOf, refused, type Who, waiversOf } from './open.ts'
import { certificationOf } from './state.ts'

export type Closing =
  | { readonly is: 'closed'; readonly certification: string; readonly gate: Gate; readonly words: string; readonly entry: number }
  | { readonly is: 'refused'; readonly gate: Gate }

/** Throws `store/not-found`, `certify/over`, `certify/moved` (ask again). */
export async function closeCertification(ctx: CertifyContext, id: string, who: Who): Promise<Closing> {
  const looked = await look(ctx, id, who.by)
  const { certification, gate, row } = looked
  if (certification.state !== 'open') throw new Failure('certify/over', id, `${id} is ${certification.state}`)
  const act = actOf(ctx, who)
  if (gate.is !== 'allow') return refused(ctx, id, 'certification refused to close', gate, act)
  const actions = looked.revocations.map(({ item, row: intent }) => ({
    item: item.item,
    intent: intent?.intent.intent ?? '',
    events: intent?.events.length ?? 0,
  }))
  const statement = statementOf({
    looked,
    decisions: await allDecisions(ctx.store, id),
    actions: await actionLines(ctx.store, looked.names, actions),
    entries: await entriesOf(ctx.store, looked),
    waivers: unique([...certification.waived, ...waiversOf(gate)]),
    closed: { at: act.at, by: who.by, why: who.why },
  })
  const text = JSON.stringify(statement)
  const words = wordsOf(statement)
  const event = {
    kind: 'closed',
    at: act.at,
    by: who.by,
    why: who.why,
    statement: text,
    words,
    statement_digest: hash('sha256', text, 'hex'),
    words_digest: hash('sha256', words, 'hex'),
    actions,
    newest: looked.parts.map(({ newest }) => newest?.snapshot ?? 0),
  } as const
  const entry = await ctx.store.appendCertification(id, { version: row.version, newest: event.newest }, event, act)
  return { is: 'closed', certification: id, gate, words, entry }
}

export async function withdrawCertification(ctx: CertifyContext, id: string, who: Who): Promise<void> {
  const row = await rowOf(ctx.store, id)
  const { state } = certificationOf(row)
  if (state !== 'open') throw new Failure('certify/over', id, `${id} is ${state}`)
  const act = actOf(ctx, who)
  await ctx.store.appendCertification(
    id,
    { version: row.version, newest: [] },
    { kind: 'withdrawn', at: act.at, by: who.by, why: who.why },
    act,
  )
}

const unique = (waivers: readonly Waiver[]): readonly Waiver[] => [
  ...new Map(waivers.map((one) => [`${one.reason} ${one.by} ${one.at}`, one])).values(),
]
