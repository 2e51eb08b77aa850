/** Decisions of reviewers, and the changes that carry revocations out. What was decided is durable before anything is asked for. */
import type { Decision, Link, StoredDecision } from '../../certify-types.ts'
import { Failure } from '../../errors.ts'
import { rootOf } from '../../ledger/root-of.ts'
import type { JsonObject } from '../../types.ts'
import { intentOf } from '../../write/engine.ts'
import type { Intent } from '../../write-types.ts'
import { decisionLine, type Item, namesOf, population } from './items.ts'
import { allDecisions, type CertifyContext, rowOf } from './look.ts'
import { actOf, type Who } from './open.ts'
import { certificationOf, decided, intentsOf } from './state.ts'
import { noWayBack, type TakesBack, takesBack } from './takes-back.ts'

export type Deciding = {
  /** Null: the id is of one record only. */
  readonly connection: string | null
  readonly stream: string | null
  readonly id: string
  readonly is: Decision['is']
  readonly why: string | null
  /** Who decided, where the sheet says so. */
  readonly by: string | null
  /** An intent that takes it back already. */
  readonly intent: string | null
}

export type Decided = { readonly kept: number; readonly revoked: number; readonly asked: Asked }
export type Asked = { readonly intents: readonly { readonly item: Item; readonly intent: string }[] }

type Found = { readonly item: Item; readonly fields: JsonObject }

/**
 * All of them or none. A later word about the same record replaces the earlier one, which stays in the history.
 * Throws `Failure` certify/decision with the first that does not fit, `certify/over`, `store/not-found`.
 */
export async function decide(ctx: CertifyContext, id: string, decisions: readonly Deciding[], who: Who): Promise<Decided> {
  const row = await rowOf(ctx.store, id)
  const names = namesOf(row.key)
  const found = new Map<string, Found[]>()
  const see = (item: Item, fields: JsonObject): void => {
    const same = found.get(item.id)
    if (same === undefined) found.set(item.id, [{ item, fields }])
    else same.push({ item, fields })
  }
  const wanted = new Set(decisions.map((one) => one.id))
  for (const part of certificationOf(row).frozen.filter(({ reviewed }) => reviewed))
    await population(ctx.store, names, part.snapshot, part, see, wanted)
  const at = new Date(ctx.now()).toISOString()
  const links: Link[] = []
  const made: Decision[] = []
  for (const one of decisions) {
    const { item, fields } = oneOf(found.get(one.id) ?? [], one)
    const change = one.is === 'keep' || one.intent !== null ? null : await changeOf(ctx, item, fields)
    if (one.intent !== null) links.push({ item: item.item, intent: await named(ctx, one.intent, item), at, by: who.by })
    const [by, why] = [one.by ?? who.by, one.why ?? who.why]
    made.push({
      connection: item.connection,
      stream: item.stream,
      id: item.id,
      item: item.item,
      record: item.record,
      is: one.is,
      by,
      at,
      why,
      change,
    })
  }
  const root = (stored: readonly StoredDecision[]): string => rootOf(stored.map((each) => decisionLine(names, each))).root
  if (made.length > 0) await ctx.store.decide(id, made, root, actOf(ctx, who))
  if (links.length > 0) await ctx.store.link(id, links, actOf(ctx, who))
  const asked = await askFor(ctx, id, who)
  const count = (is: Decision['is']) => made.filter((one) => one.is === is).length
  return { kept: count('keep'), revoked: count('revoke'), asked }
}

function oneOf(found: readonly Found[], { id, connection, stream }: Deciding): Found {
  const fits = found.filter(
    ({ item }) => (connection === null || item.connection === connection) && (stream === null || item.stream === stream),
  )
  const [first] = fits
  if (first !== undefined && fits.length === 1) return first
  const because =
    first === undefined
      ? `${id} is no record that is decided upon here`
      : `${id} is a record of ${fits.map(({ item }) => `${item.connection}/${item.stream}`).join(' and ')}; say which`
  throw new Failure('certify/decision', id, because)
}

async function changeOf(ctx: CertifyContext, item: Item, fields: JsonObject): Promise<TakesBack> {
  const { connector } = await ctx.target(item.connection)
  const stream = connector.streams[item.stream]
  const change = stream === undefined ? null : takesBack(connector, stream, { id: item.id, fields })
  if (change === null) throw noWayBack(item.stream, item.id)
  return change
}

async function named(ctx: CertifyContext, intent: string, item: Item): Promise<string> {
  const row = await ctx.store.intent(intent)
  if (row?.intent.connection === item.connection) return intent
  throw new Failure('certify/decision', item.id, `${item.connection} has no intent ${intent}`)
}

/** What is over and not verified is asked for again; what is under way, verified or can not be looked at is not. */
const AGAIN: ReadonlySet<string> = new Set(['cancelled', 'rejected', 'reverted', 'refuted', 'partial'])
const LOT = 500

/** Asks for every revocation that nothing carries out yet. Asked twice, it asks for nothing twice. Throws `certify/over`. */
export async function askFor(ctx: CertifyContext, id: string, who: Who): Promise<Asked> {
  const { store } = ctx
  const row = await rowOf(store, id)
  const certification = certificationOf(row)
  if (certification.state !== 'open') throw new Failure('certify/over', id, `${id} is ${certification.state}`)
  const names = namesOf(row.key)
  const parts = certification.frozen.filter(({ reviewed }) => reviewed)
  const decisions = await allDecisions(store, id)
  const ids = new Set(decisions.filter((one) => one.is === 'revoke').map((one) => one.id))
  if (ids.size === 0) return { intents: [] }
  const items = await Promise.all(parts.map((part) => population(store, names, part.snapshot, part, undefined, ids)))
  const { revoked } = decided(items.flat(), decisions)
  const linked = intentsOf(await store.links(id))
  const wanted: { readonly item: Item; readonly intent: Intent }[] = []
  for (const { item, decision } of revoked) {
    const before = linked.get(item.item)
    const known = before === undefined ? null : await store.intent(before)
    if (decision.change === null || (known !== null && !AGAIN.has(known.outcome ?? ''))) continue
    const provenance = { by: decision.by, why: `certification ${id}: ${decision.why}`, from: 'certification', person: null }
    const target = await ctx.target(item.connection)
    wanted.push({ item, intent: await intentOf({ ...ctx, ...target }, { ...decision.change, lane: 'mover', provenance }) })
  }
  const asked: { readonly item: Item; readonly intent: string }[] = []
  for (let from = 0; from < wanted.length; from += LOT) {
    const lot = wanted.slice(from, from + LOT)
    const requested = await store.request(lot.map(({ intent }) => intent))
    const at = new Date(ctx.now()).toISOString()
    const made = lot.map(({ item }, i) => ({ item, intent: requested[i]!.intent }))
    await store.link(
      id,
      made.map(({ item, intent }) => ({ item: item.item, intent, at, by: who.by })),
      actOf(ctx, who),
    )
    asked.push(...made)
  }
  return { intents: asked }
}
