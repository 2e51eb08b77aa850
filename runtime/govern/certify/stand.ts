/**
 * Where a certification stands, as `look` says it, without a pseudonym and a hash of every record: counts come from the store's index, and of
 * records only those are read that two snapshots do not share. Of a hundred thousand records nobody waits for seconds. Reads only.
 */
import type { CertificationRow, Frozen, Gate, StoredDecision } from '../../certify-types.ts'
import type { JsonObject, StoredRecord } from '../../types.ts'
import { type Item, isInScope, type Names, namesOf } from './items.ts'
import { type CertifyContext, type CertifyStores, closingGate, type Part, type Revocation, rowOf } from './look.ts'
import { type Certification, certificationOf, differences, intentsOf } from './state.ts'

export type Standing = {
  readonly certification: Certification
  readonly parts: readonly Part[]
  readonly counts: { readonly items: number; readonly undecided: number; readonly kept: number }
  readonly revocations: readonly Revocation[]
  readonly gate: Gate
}

type Words = { readonly frozen: Frozen; readonly kept: number; readonly revoked: readonly StoredDecision[] }

/** `by`: who asks; a waiver of theirs counts for nothing. Throws `store/not-found`. */
export async function stand(ctx: CertifyContext, id: string, by: string | null): Promise<Standing> {
  const { store } = ctx
  const row = await rowOf(store, id)
  const certification = certificationOf(row)
  const names = namesOf(row.key)
  const reviewed = certification.frozen.filter((part) => part.reviewed)
  const parts: Part[] = []
  for (const frozen of certification.frozen) parts.push(await sinceThen(store, names, frozen))
  const words: Words[] = []
  for (const frozen of reviewed) words.push(await wordsOf(store, names, row, frozen))
  const linked = intentsOf(await store.links(id))
  const revocations = await Promise.all(
    words
      .flatMap(({ revoked }) => revoked)
      .map(async (decision): Promise<Revocation> => {
        const { item, record, connection, stream, id: native } = decision
        const intent = linked.get(item) ?? null
        const found = { item, record, connection, stream, id: native, seq: 0 }
        return { item: found, decision, intent, row: intent === null ? null : await store.intent(intent) }
      }),
  )
  const undecided = (part: Frozen): number => {
    const said = words.find(({ frozen }) => frozen === part)
    return said === undefined ? 0 : part.in_scope - said.kept - said.revoked.length
  }
  const sum = (of: readonly number[]): number => of.reduce((all, one) => all + one, 0)
  return {
    certification,
    parts,
    counts: {
      items: sum(reviewed.map(({ in_scope }) => in_scope)),
      undecided: sum(reviewed.map(undecided)),
      kept: sum(words.map(({ kept }) => kept)),
    },
    revocations,
    gate: await closingGate(ctx, certification, { undecided, revocations, by }),
  }
}

/** Of a part the last words that hold: about a record that is in the population, as it is there. */
async function wordsOf(store: CertifyStores, names: Names, row: CertificationRow, frozen: Frozen): Promise<Words> {
  const { certification } = row
  const { connection, stream } = frozen
  const { keep } = await store.lastWords(certification, connection, stream)
  const revoked = await store.lastRevocations(certification, connection, stream)
  const old = await unheld(store, names, row, frozen)
  const kept = keep - [...old.values()].filter(({ is }) => is === 'keep').length
  return {
    frozen,
    kept,
    revoked: revoked.filter(({ item }) => !old.has(item)).sort((a, b) => (a.item < b.item ? -1 : 1)),
  }
}

/** Words about records that are not what they were, or not there, since it was frozen again. What no freeze has otherwise is as it was decided. */
async function unheld(
  store: CertifyStores,
  names: Names,
  { certification, events }: CertificationRow,
  frozen: Frozen,
): Promise<ReadonlyMap<string, StoredDecision>> {
  const { connection, stream, snapshot } = frozen
  const before = events
    .flatMap((event) => (event.kind === 'opened' || event.kind === 'frozen' ? event.frozen : []))
    .filter((one) => one.connection === connection && one.stream === stream && one.snapshot !== snapshot)
  const now = new Map<string, StoredRecord>()
  const ids = new Set<string>()
  for (const older of new Set(before.map((one) => one.snapshot))) {
    const { only_first, only_second } = await store.snapshotDifference(older, snapshot)
    for (const { id } of only_first) ids.add(id)
    for (const one of only_second) {
      ids.add(one.id)
      now.set(one.id, one)
    }
  }
  const found = new Map<string, StoredDecision>()
  for await (const lot of lots([...ids])) {
    const last = await store.lastDecisions(
      certification,
      lot.map((id) => names.item(connection, stream, id)),
    )
    for (const one of last) {
      const record = now.get(one.id)
      // The same content is in scope as it was then.
      if (record === undefined || names.record(one.item, record) !== one.record) found.set(one.item, one)
    }
  }
  return found
}

async function sinceThen(store: CertifyStores, names: Names, frozen: Frozen): Promise<Part> {
  const { connection, stream, snapshot, in_scope } = frozen
  const newest = await store.newestSnapshot(connection, stream)
  const { owner = null, data_owner = null } = (await store.connection(connection)) ?? {}
  const base = { frozen, owner, data_owner, newest }
  if (newest === null || newest.snapshot === snapshot) return { ...base, in_scope, late: [], gone: [], changed: [] }
  const { only_first, only_second } = await store.snapshotDifference(snapshot, newest.snapshot)
  const before = await itemsOf(names, frozen, only_first)
  const now = await itemsOf(names, frozen, only_second)
  return { ...base, in_scope: in_scope - before.length + now.length, ...differences(before, now) }
}

async function itemsOf(names: Names, frozen: Frozen, records: readonly StoredRecord[]): Promise<readonly Item[]> {
  const { connection, stream, where } = frozen
  const fits = ({ fields }: { readonly fields: JsonObject }): boolean => isInScope(where, fields)
  const found: Item[] = []
  for await (const lot of lots(records))
    for (const one of lot.filter(fits)) {
      const item = names.item(connection, stream, one.id)
      found.push({ item, record: names.record(item, one), connection, stream, id: one.id, seq: one.seq })
    }
  return found.sort((a, b) => (a.item < b.item ? -1 : 1))
}

const LOT = 5_000

/** Others wait for this thread. */
async function* lots<T>(all: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < all.length; from += LOT) {
    if (from > 0) await new Promise((done) => setImmediate(done))
    yield all.slice(from, from + LOT)
  }
}
