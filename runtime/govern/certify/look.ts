/** Where a certification stands: its records, decisions, revocations, what came since, and what the gate says. Reads only. */
import type { CertificationRow, Frozen, Gate, StoredDecision } from '../../certify-types.ts'
import { Failure } from '../../errors.ts'
import { closingReasons } from '../../judge/closing.ts'
import { answerOf, gateReason } from '../../judge/gate-reason.ts'
import { withWaivers } from '../../judge/waiver.ts'
import { fingerprintOf } from '../../read/sync.ts'
import type { CertifyStore, StoredSnapshot } from '../../store/certify-port.ts'
import type { LedgerStore } from '../../store/ledger-port.ts'
import type { Store } from '../../store/port.ts'
import type { IntentRow, WriteStore } from '../../store/write-port.ts'
import type { Target } from '../facts.ts'
import { gateOf } from '../gate-of.ts'
import { type Item, type Names, namesOf, population } from './items.ts'
import { type Certification, certificationOf, decided, differences, intentsOf } from './state.ts'

export type CertifyStores = Store & WriteStore & LedgerStore & CertifyStore
export type CertifyContext = {
  readonly store: CertifyStores
  /** The stored connection and its connector as it is now. Throws where there is none. */
  readonly target: (connection: string) => Promise<Target>
  readonly now: () => number
  readonly newId: () => string
}

export type Revocation = {
  readonly item: Item
  readonly decision: StoredDecision
  readonly intent: string | null
  readonly row: IntentRow | null
}
export type Part = {
  readonly frozen: Frozen
  /** Of the connection as it is now; null: nobody is named. */
  readonly owner: string | null
  readonly data_owner: string | null
  /** Null: the connection is gone. */
  readonly newest: StoredSnapshot | null
  readonly in_scope: number
  readonly late: readonly Item[]
  readonly gone: readonly Item[]
  readonly changed: readonly Item[]
}
export type Looked = {
  readonly row: CertificationRow
  readonly certification: Certification
  readonly names: Names
  readonly parts: readonly Part[]
  readonly items: readonly Item[]
  readonly undecided: readonly Item[]
  readonly kept: number
  readonly revocations: readonly Revocation[]
  /** May it close? */
  readonly gate: Gate
}

/** Throws `store/not-found`. */
export async function rowOf(store: CertifyStore, certification: string): Promise<CertificationRow> {
  const row = await store.certification(certification)
  if (row !== null) return row
  throw new Failure('store/not-found', certification, `there is no certification ${certification}`)
}

/** `by`: who asks; a waiver of theirs counts for nothing. */
export async function look(ctx: CertifyContext, id: string, by: string | null): Promise<Looked> {
  const { store } = ctx
  const row = await rowOf(store, id)
  const certification = certificationOf(row)
  const names = namesOf(row.key)
  const parts: Part[] = []
  const items: Item[] = []
  for (const frozen of certification.frozen) {
    const before = await population(store, names, frozen.snapshot, frozen)
    if (frozen.reviewed) for (const item of before) items.push(item)
    parts.push(await sinceThen(store, names, frozen, before))
  }
  const { undecided, kept, revoked } = decided(items, await allDecisions(store, id))
  const linked = intentsOf(await store.links(id))
  const revocations = await Promise.all(
    revoked.map(async ({ item, decision }): Promise<Revocation> => {
      const intent = linked.get(item.item) ?? null
      return { item, decision, intent, row: intent === null ? null : await store.intent(intent) }
    }),
  )
  const undecidedIn = ({ connection, stream }: Frozen): number =>
    undecided.filter((one) => one.connection === connection && one.stream === stream).length
  const gate = await closingGate(ctx, certification, { undecided: undecidedIn, revocations, by })
  return { row, certification, names, parts, items, undecided, kept, revocations, gate }
}

async function sinceThen(store: CertifyStores, names: Names, frozen: Frozen, before: readonly Item[]): Promise<Part> {
  const newest = await store.newestSnapshot(frozen.connection, frozen.stream)
  const { owner = null, data_owner = null } = (await store.connection(frozen.connection)) ?? {}
  const base = { frozen, owner, data_owner, newest }
  const none = { late: [], gone: [], changed: [] }
  if (newest === null || newest.snapshot === frozen.snapshot) return { ...base, in_scope: before.length, ...none }
  const now = await population(store, names, newest.snapshot, frozen)
  return { ...base, in_scope: now.length, ...differences(before, now) }
}

export async function allDecisions(store: CertifyStore, id: string): Promise<readonly StoredDecision[]> {
  const all: StoredDecision[] = []
  for (;;) {
    const more = await store.decisions(id, all.at(-1)?.n ?? 0, 10_000)
    for (const one of more) all.push(one)
    if (more.length < 10_000) return all
  }
}

type Seen = {
  readonly undecided: (part: Frozen) => number
  readonly revocations: readonly Revocation[]
  readonly by: string | null
}

export async function closingGate(
  ctx: CertifyContext,
  certification: Certification,
  { undecided, revocations, by }: Seen,
): Promise<Gate> {
  const streams = Map.groupBy(certification.frozen, ({ connection }) => connection)
  const asked = await gateOver(ctx, new Map([...streams].map(([name, of]) => [name, of.map(({ stream }) => stream)])))
  const own = closingReasons({
    certification: certification.certification,
    frozen: certification.frozen.map((one) => ({ ...one, now: asked.fingerprints.get(one.connection) ?? '' })),
    undecided: certification.frozen
      .filter(({ reviewed }) => reviewed)
      .map((part) => ({ connection: part.connection, stream: part.stream, count: undecided(part) })),
    revocations: revocations.map(({ item, decision, intent, row }) => ({
      connection: item.connection,
      stream: item.stream,
      intent,
      action: row?.intent.action ?? decision.change?.action ?? '',
      outcome: row?.outcome ?? null,
    })),
  })
  const reasons = [...asked.gate.reasons, ...own]
  const not_by = [...certification.concerned, ...(by === null ? [] : [by])]
  return withWaivers({ ...asked.gate, is: answerOf(reasons), reasons }, await ctx.store.waivers(), ctx.now(), not_by)
}

/** Of several connections at once, waivers aside. */
export async function gateOver(
  ctx: CertifyContext,
  streams: ReadonlyMap<string, readonly string[]>,
): Promise<{
  readonly gate: Gate
  readonly fingerprints: ReadonlyMap<string, string>
  readonly targets: ReadonlyMap<string, Target>
}> {
  const targets = new Map<string, Target>()
  const answers: Gate[] = []
  for (const [name, of] of streams) {
    if ((await ctx.store.connection(name)) === null) {
      answers.push(removed(name))
      continue
    }
    const target = await ctx.target(name)
    targets.set(name, target)
    answers.push(await gateOf(ctx.store, target, new Set(of), ctx.now()))
  }
  const reasons = answers.flatMap((one) => one.reasons)
  const gate = { is: answerOf(reasons), reasons, waived: [], snapshots: answers.flatMap((one) => one.snapshots) }
  const fingerprints = new Map(
    [...targets].map(([name, { connector, connection }]) => [name, fingerprintOf(connector, connection)]),
  )
  return { gate, fingerprints, targets }
}

function removed(connection: string): Gate {
  const settle = `Connect ${connection} again and sync, or withdraw the certification and open one without it.`
  const reason = gateReason('scope', { connection, stream: '' }, '', 'the connection is not there any more', settle)
  return { is: 'deny', reasons: [reason], waived: [], snapshots: [] }
}
