/** Standing assertions: what verified leavers leave behind, and whether every later read still shows it. truth.md part 2. */
import { judgeAssertion, type LaterIntent, type Seen } from '../judge/assertion.ts'
import { nextSteps } from '../judge/next-steps.ts'
import { isSetRight } from '../judge/set-right.ts'
import type { Store } from '../store/port.ts'
import type { IntentRow, WriteStore } from '../store/write-port.ts'
import type { ActionName, Connector } from '../types.ts'
import type { Assertion, FacetOutcome, Outcome } from '../write-types.ts'

type Claim = Omit<Assertion, 'assertion' | 'lifted_by' | 'breached_at' | 'suspect'>
type Both = Store & WriteStore

const LOT = 500
const GIVES: ReadonlySet<ActionName> = new Set<ActionName>(['create_account', 'reactivate_account', 'grant', 'set_license'])

/** Every intent of the connection with one of these outcomes, newest first. */
export async function* intentsOf(
  store: WriteStore,
  connection: string,
  outcomes: readonly Outcome['is'][],
): AsyncGenerator<IntentRow> {
  for (let after: string | undefined; ; ) {
    const more = after === undefined ? {} : { after }
    const rows = await store.intents({ connection, states: ['done'], outcomes, limit: LOT, ...more })
    yield* rows
    if (rows.length < LOT) return
    after = rows.at(-1)!.intent.intent
  }
}

export const lastOutcome = (row: IntentRow): Outcome | null => {
  const last = row.events.findLast((event) => event.kind === 'outcome')
  return last?.kind === 'outcome' ? last.outcome : null
}

/**
 * Brings the assertions in line with the histories: what a verified leaver claims, and what a later verified action of ours lifted.
 * The histories are the truth, so a process that died between an outcome and its assertion loses nothing.
 */
export async function settle(store: Both, connector: Connector, connection: string, now: string): Promise<void> {
  const newest = new Map<string, { readonly at: string; readonly lifts: string | null; readonly claims: readonly Claim[] }>()
  for await (const row of intentsOf(store, connection, ['verified', 'partial'])) {
    const { intent } = row
    const action = connector.actions[intent.action]
    const outcome = lastOutcome(row)
    const id = intent.id ?? outcome?.id ?? null
    if (action === undefined || outcome === null || id === null) continue
    const claims = claimsOf(connector, row, outcome)
    const lifts = GIVES.has(intent.action) && outcome.is === 'verified' ? intent.provenance.by : null
    for (const kind of lifts === null ? claims.map((one) => one.claim) : liftedBy(intent.action)) {
      const key = JSON.stringify([action.on, id, kind])
      // Newest first: what came later has decided already.
      if (!newest.has(key)) newest.set(key, { at: intent.made_at, lifts, claims: claims.filter((one) => one.claim === kind) })
    }
  }
  const standing = await store.assertions(connection)
  const has = (claim: Claim) =>
    standing.some((one) => one.stream === claim.stream && one.id === claim.id && one.claim === claim.claim)
  await store.assert([...newest.values()].flatMap(({ claims }) => claims.filter((claim) => !has(claim))))
  for (const [key, { lifts, at }] of newest) {
    const [stream, id, claim] = JSON.parse(key) as [string, string, string]
    const stands = standing.find((one) => one.stream === stream && one.id === id && one.claim === claim)
    if (lifts !== null && stands !== undefined && Date.parse(stands.since) <= Date.parse(at))
      await store.lift(connection, stream, id, lifts, now)
  }
}

/** A new grant says nothing against "stays inactive". */
const liftedBy = (action: ActionName): readonly Assertion['claim'][] =>
  action === 'grant' || action === 'set_license' ? ['holds_nothing'] : ['stays_inactive', 'stays_gone', 'holds_nothing']

function claimsOf(connector: Connector, { intent }: IntentRow, outcome: Outcome): readonly Claim[] {
  const action = connector.actions[intent.action]
  if (action === undefined || intent.id === null) return []
  const verified = (facet: FacetOutcome['facet'], state: FacetOutcome['asked']) =>
    outcome.facets.find((one) => one.facet === facet && one.asked === state && one.is === 'verified')
  const base = { connection: intent.connection, stream: action.on, id: intent.id, intent: intent.intent }
  const inactive = verified('account', 'inactive')
  const gone = verified('account', 'absent')
  const nothing = Object.keys(action.input).length === 0 ? verified('groups', 'not_held') : undefined
  const claim = (one: FacetOutcome | undefined, claim: Assertion['claim']): readonly Claim[] =>
    one?.verified_at == null ? [] : [{ ...base, claim, since: one.verified_at }]
  return [...claim(inactive, 'stays_inactive'), ...claim(gone, 'stays_gone'), ...claim(nothing, 'holds_nothing')]
}

/** What a leaver's whole plan has taken away, where every part of it is verified: "holds nothing". */
export function holdsNothing(connector: Connector, rows: readonly IntentRow[]): readonly Claim[] {
  const of = Map.groupBy(rows, ({ intent }) => JSON.stringify([connector.actions[intent.action]?.on, intent.id]))
  return [...of].flatMap(([key, mine]): readonly Claim[] => {
    const [stream, id] = JSON.parse(key) as [string | null, string | null]
    const taking = mine.filter(({ intent }) => Object.values(connector.actions[intent.action]?.does ?? {}).includes('not_held'))
    const inactive = mine.find((row) =>
      lastOutcome(row)?.facets.some((one) => one.facet === 'account' && one.asked === 'inactive' && one.is === 'verified'),
    )
    if (stream === null || id === null || inactive === undefined || taking.length === 0) return []
    if (!taking.every((row) => row.outcome === 'verified')) return []
    const { intent, connection } = inactive.intent
    const since =
      taking
        .flatMap((row) => lastOutcome(row)?.facets.map((one) => one.verified_at ?? '') ?? [])
        .sort()
        .at(-1) ?? ''
    return since === '' ? [] : [{ connection, stream, id, intent, claim: 'holds_nothing', since }]
  })
}

// ---------------------------------------------------------------- after a read

export type Breach = { readonly assertion: Assertion; readonly because: string; readonly suspect: string; readonly at: string }

/** Every standing assertion against the newest read of its stream. A breach makes the intent's outcome `reverted`. */
export async function checkStanding(
  store: Both,
  connector: Connector,
  connection: string,
  now: string,
): Promise<readonly Breach[]> {
  await settle(store, connector, connection, now)
  const standing = await store.assertions(connection)
  if (standing.length === 0) return []
  const snapshots = await store.snapshots(connection)
  const holdings = standing.some((one) => one.claim === 'holds_nothing')
    ? await holdingsOf(store, connector, connection, new Set(standing.map((one) => one.id)))
    : null
  const breaches: Breach[] = []
  for (const assertion of standing) {
    const read = snapshots.find(({ latest }) => latest.stream === assertion.stream)?.latest
    if (read === undefined) continue
    const [record] = await store.records(connection, assertion.stream, { which: 'latest', after: 0, limit: 1, id: assertion.id })
    const held = assertion.claim === 'holds_nothing' && holdings !== null ? heldBy(holdings, assertion.id) : null
    const seen: Seen = { at: held?.at ?? read.facts.started_at, record: record?.fields ?? null, holds: held?.ids ?? null }
    const judged = judgeAssertion(assertion, seen, await later(store, assertion))
    if (judged.is === 'breached') breaches.push({ assertion, because: judged.because, suspect: judged.suspect, at: now })
  }
  for (const breach of breaches) await revert(store, connector, breach)
  return breaches
}

type Holdings = readonly { readonly at: string; readonly account: string; readonly entitlement: string }[]

/** Of grants in the newest reads, with when each read began. */
async function holdingsOf(store: Store, connector: Connector, connection: string, ids: ReadonlySet<string>): Promise<Holdings> {
  const found: Holdings[number][] = []
  for (const { latest } of await store.snapshots(connection)) {
    if (connector.streams[latest.stream]?.is !== 'grant') continue
    for (let after = 0; ; ) {
      const records = await store.records(connection, latest.stream, { which: 'latest', after, limit: 1000 })
      for (const { fields } of records) {
        const { account, entitlement } = fields
        if (typeof account === 'string' && typeof entitlement === 'string' && ids.has(account))
          found.push({ at: latest.facts.started_at, account, entitlement })
      }
      if (records.length < 1000) break
      after = records.at(-1)!.seq
    }
  }
  return found
}

/** The newest read that shows something held: what an older one shows may be from before the claim. */
function heldBy(holdings: Holdings, id: string): { readonly at: string; readonly ids: readonly string[] } | null {
  const mine = holdings.filter((one) => one.account === id).toSorted((a, b) => (a.at < b.at ? 1 : -1))
  const [newest] = mine
  return newest === undefined
    ? null
    : { at: newest.at, ids: mine.filter((one) => one.at === newest.at).map((one) => one.entitlement) }
}

/** Our own intents on the record since: to tell our doing from another's. */
export async function later(store: WriteStore, { connection, id, since }: Assertion): Promise<readonly LaterIntent[]> {
  const rows = await store.intents({ connection, id, limit: 100 })
  return rows
    .filter(({ intent }) => Date.parse(intent.made_at) >= Date.parse(since))
    .map(({ intent, outcome }) => ({
      intent: intent.intent,
      action: intent.action,
      made_at: intent.made_at,
      provenance: intent.provenance,
      outcome,
    }))
}

/** The outcome first: a process that dies in between finds the assertion standing, and comes by again. */
export async function revert(
  store: WriteStore,
  connector: Connector,
  { assertion, because, suspect, at }: Breach,
): Promise<void> {
  const row = await store.intent(assertion.intent)
  const last = row === null ? null : lastOutcome(row)
  const action = row === null ? undefined : connector.actions[row.intent.action]
  if (row !== null && last !== null && action !== undefined && (last.is === 'verified' || last.is === 'partial')) {
    const facet = assertion.claim === 'holds_nothing' ? 'groups' : 'account'
    const facets = last.facets.map((one) =>
      one.facet === facet ? { ...one, is: 'refuted' as const, because, verified_at: null } : one,
    )
    const outcome: Omit<Outcome, 'next_steps'> = {
      ...last,
      is: 'reverted',
      because: `verified once, and a later read shows it undone: ${because}; suspect: ${suspect}`,
      facets,
    }
    const event = { kind: 'outcome', at, outcome: { ...outcome, next_steps: nextSteps(outcome, action) } } as const
    await store.append(assertion.intent, event, { by: 'rollcall', what: `${row.intent.action}: reverted` })
  }
  await store.breach(assertion.assertion, at, suspect)
}

/** Reverted ones that nothing of ours has set right since: they close the gate. */
export async function openReverts(store: WriteStore, connection: string): Promise<readonly IntentRow[]> {
  const open: IntentRow[] = []
  for await (const row of intentsOf(store, connection, ['reverted'])) {
    const { id } = row.intent
    const later = id === null ? [] : await store.intents({ connection, id, outcomes: ['verified', 'partial'], limit: 100 })
    if (!isSetRight(row, later)) open.push(row)
  }
  return open
}
