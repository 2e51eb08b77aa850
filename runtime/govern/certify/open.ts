/** Opening a certification, and freezing it again: both asked of the gate, both bound to the snapshots it answered upon. */
import { hash, randomBytes } from 'node:crypto'
import type { Frozen, Gate, ScopePart, Waiver } from '../../certify-types.ts'
import { Failure } from '../../errors.ts'
import { freshFor } from '../../judge/freshness.ts'
import { withWaivers } from '../../judge/waiver.ts'
import { rootOf } from '../../ledger/root-of.ts'
import type { Act } from '../../store/ledger-port.ts'
import type { Target } from '../facts.ts'
import { type Names, namesOf, pageLines, population, populationLine } from './items.ts'
import { type CertifyContext, gateOver, rowOf } from './look.ts'
import { type ScopeAsked, scopeOf } from './scope.ts'
import { certificationOf } from './state.ts'

export type Who = Required<Pick<Act, 'by'>> & {
  readonly why: string
  readonly from: string
  readonly on_behalf_of?: string | null
}
export type Opening =
  | { readonly is: 'opened'; readonly certification: string; readonly gate: Gate; readonly frozen: readonly Frozen[] }
  /** The gate is not open: nothing was stored but an entry in the ledger. */
  | { readonly is: 'refused'; readonly gate: Gate }

/** Throws `Failure` certify/scope, certify/moved. */
export async function openCertification(
  ctx: CertifyContext,
  asked: ScopeAsked & { readonly name: string; readonly owner: string },
  who: Who,
): Promise<Opening> {
  const targets = new Map<string, Target>()
  for (const name of new Set(asked.connections)) targets.set(name, await ctx.target(name))
  const scope = scopeOf({ ...asked, connections: [...targets.keys()] }, targets)
  const [certification, key] = [ctx.newId(), randomBytes(32)]
  const answered = await allowed(ctx, scope, [who.by])
  const act = actOf(ctx, who)
  if (answered.gate.is !== 'allow') return refused(ctx, asked.name, 'certification refused to open', answered.gate, act)
  const frozen = await freeze(ctx, namesOf(key), scope, answered)
  const { name, owner } = asked
  const waived = waiversOf(answered.gate)
  await ctx.store.openCertification(
    certification,
    key,
    { kind: 'opened', at: act.at, by: who.by, why: who.why, name, owner, frozen, waived },
    act,
  )
  return { is: 'opened', certification, gate: answered.gate, frozen }
}

/** The same scope upon the newest reads. Throws `store/not-found`, `certify/over`, `certify/moved`. */
export async function refreeze(ctx: CertifyContext, id: string, who: Who): Promise<Opening> {
  const row = await rowOf(ctx.store, id)
  const { frozen: before, concerned } = certificationOf(row)
  const scope = before.map(({ connection, stream, where, reviewed }) => ({ connection, stream, where, reviewed }))
  const answered = await allowed(ctx, scope, [...concerned, who.by])
  const act = actOf(ctx, who)
  if (answered.gate.is !== 'allow') return refused(ctx, id, 'certification refused to freeze', answered.gate, act)
  const frozen = await freeze(ctx, namesOf(row.key), scope, answered)
  const waived = waiversOf(answered.gate)
  const event = { kind: 'frozen', at: act.at, by: who.by, why: who.why, frozen, waived } as const
  await ctx.store.appendCertification(id, { version: row.version, newest: frozen.map((one) => one.snapshot) }, event, act)
  return { is: 'opened', certification: id, gate: answered.gate, frozen }
}

export const actOf = (ctx: Pick<CertifyContext, 'now'>, { by, why, from, on_behalf_of = null }: Who): Act => ({
  at: new Date(ctx.now()).toISOString(),
  by,
  why,
  from,
  on_behalf_of,
})

export const waiversOf = (gate: Gate): readonly Waiver[] => gate.waived.map(({ waiver }) => waiver)

/** A refusal is an entry of the ledger: who wanted it, and what stood in the way. */
export async function refused(
  ctx: CertifyContext,
  about: string,
  what: string,
  gate: Gate,
  act: Act,
): Promise<{ readonly is: 'refused'; readonly gate: Gate }> {
  const reasons = gate.reasons.map(({ id, kind, connection, stream }) => ({ reason: id, kind, connection, stream }))
  await ctx.store.enter({ ...act, what, about, detail: { gate: gate.is, reasons } })
  return { is: 'refused', gate }
}

type Answered = { readonly gate: Gate; readonly targets: ReadonlyMap<string, Target> }

async function allowed(ctx: CertifyContext, scope: readonly ScopePart[], not_by: readonly string[]): Promise<Answered> {
  const streams = Map.groupBy(scope, ({ connection }) => connection)
  const { gate, targets } = await gateOver(ctx, new Map([...streams].map(([name, of]) => [name, of.map(({ stream }) => stream)])))
  return { gate: withWaivers(gate, await ctx.store.waivers(), ctx.now(), not_by), targets }
}

async function freeze(
  ctx: CertifyContext,
  names: Names,
  scope: readonly ScopePart[],
  { gate, targets }: Answered,
): Promise<readonly Frozen[]> {
  const frozen: Frozen[] = []
  for (const part of scope) {
    const { connector, connection } = targets.get(part.connection) as Target
    const stream = connector.streams[part.stream]
    const at = await ctx.store.newestSnapshot(part.connection, part.stream)
    if (at === null || !gate.snapshots.some(({ stream, sync }) => stream === part.stream && sync === at.sync))
      throw new Failure('certify/moved', part.stream, `${part.connection}/${part.stream} was read again while the gate was asked`)
    const items = await population(ctx.store, names, at.snapshot, part)
    frozen.push({
      ...part,
      snapshot: at.snapshot,
      sync: at.sync,
      verdict: at.verdict.is,
      digest: hash('sha256', at.verdict_text, 'hex'),
      rules: at.verdict.rules,
      fingerprint: at.fingerprint,
      connector: { name: connector.connector, version: connector.version, digest: connector.fingerprint },
      started_at: at.facts.started_at,
      fresh_for_s: stream === undefined ? 0 : freshFor(stream, connection),
      records: at.records,
      in_scope: items.length,
      population: rootOf(items.map(populationLine)).root,
      pages: rootOf(await pageLines(ctx.store, names, { ...part, snapshot: at.snapshot })),
    })
  }
  return frozen
}
