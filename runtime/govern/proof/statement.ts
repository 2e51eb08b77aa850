/** What a closed certification says, as data. Everything in the bundle is bound to it by digests, and it to the ledger by its own. */
import { hash } from 'node:crypto'
import type { ScopePart, StoredDecision, Waiver } from '../../certify-types.ts'
import { type Rooted, rootOf } from '../../ledger/root-of.ts'
import type { ReadFacts, Verdict } from '../../types.ts'
import { type Difference, decisionLine, differenceLine } from '../certify/items.ts'
import type { Looked, Part } from '../certify/look.ts'
import type { ActionLine } from './actions.ts'

type Evidence = { readonly check: string; readonly class: string; readonly because: string }
type Read = {
  readonly sync: number
  readonly started_at: string
  readonly records: number
  readonly in_scope: number
  readonly verdict: { readonly is: Verdict['is']; readonly rules: string; readonly digest: string }
}
export type StatedPart = ScopePart & {
  /** Who answers for the connection, and for what the target holds, when it was closed. */
  readonly owner: string | null
  readonly data_owner: string | null
  readonly connector: { readonly name: string; readonly version: number; readonly digest: string }
  readonly fingerprint: string
  readonly frozen: Read & { readonly population: Rooted; readonly pages: Rooted }
  readonly closed_upon: Read & {
    readonly fresh_until: string
    readonly late: number
    readonly gone: number
    readonly changed: number
    readonly fetched: number
    readonly filtered: ReadFacts['filtered']
    readonly quarantined: ReadFacts['quarantined']
    /** What confirms it beside the list itself. */
    readonly confirmed_by: readonly Evidence[]
    /** Nothing but the target's own count does. */
    readonly own_count_only: boolean
    /** How it is known that the credential sees everybody. */
    readonly scope_shown_by: readonly Evidence[]
  }
}
export type Statement = {
  readonly version: 1
  readonly certification: string
  readonly name: string
  readonly owner: string
  readonly opened: { readonly at: string; readonly by: string; readonly why: string }
  readonly frozen_at: string
  readonly closed: { readonly at: string; readonly by: string; readonly why: string }
  readonly scope: readonly StatedPart[]
  readonly decisions: Rooted & { readonly keep: number; readonly revoke: number }
  readonly actions: Rooted & { readonly verified: number }
  readonly differences: Rooted
  readonly exceptions: Rooted
  readonly waivers: readonly Waiver[]
  /** Numbers of the entries of the ledger it rests on; its own closing is the one after. */
  readonly entries: readonly number[]
}

export type StatementParts = {
  readonly looked: Looked
  readonly decisions: readonly StoredDecision[]
  readonly actions: readonly ActionLine[]
  readonly entries: readonly number[]
  readonly waivers: readonly Waiver[]
  readonly closed: Statement['closed']
}

export function statementOf({ looked, decisions, actions, entries, waivers, closed }: StatementParts): Statement {
  const { certification, names, parts, kept, revocations } = looked
  const { opened, name, owner, frozen_at } = certification
  return {
    version: 1,
    certification: certification.certification,
    name,
    owner,
    opened: { at: opened.at, by: opened.by, why: opened.why },
    frozen_at,
    closed,
    scope: parts.map(statedPart),
    decisions: { ...rootOf(decisions.map((one) => decisionLine(names, one))), keep: kept, revoke: revocations.length },
    actions: {
      ...rootOf(actions.map(({ line }) => line)),
      verified: actions.filter(({ outcome }) => outcome === 'verified').length,
    },
    differences: rootOf(differencesOf(parts).map(differenceLine)),
    exceptions: rootOf(exceptionLines(parts.map(statedPart), waivers)),
    waivers,
    entries,
  }
}

export const differencesOf = (parts: readonly Part[]): readonly Difference[] =>
  parts.flatMap((part) =>
    (['late', 'gone', 'changed'] as const).flatMap((is) =>
      part[is].map(({ item }) => ({ connection: part.frozen.connection, stream: part.frozen.stream, item, is })),
    ),
  )

/** What is not as it should be and was let stand, each a line. */
export function exceptionLines(parts: readonly StatedPart[], waivers: readonly Waiver[]): readonly string[] {
  return [
    ...waivers.map(({ connection, stream, kind, because, by, why, expires_at }) => ({
      kind: 'waived',
      connection,
      stream,
      because: `${kind}: ${because}`,
      by,
      why,
      until: expires_at,
    })),
    ...parts.flatMap(({ connection, stream, closed_upon }) => [
      ...counted('kept aside', closed_upon.quarantined, connection, stream),
      ...counted('filtered', closed_upon.filtered, connection, stream),
      ...counted(
        'since the freeze',
        { late: closed_upon.late, gone: closed_upon.gone, changed: closed_upon.changed },
        connection,
        stream,
      ),
    ]),
  ].map((one) => JSON.stringify(one))
}

const counted = (kind: string, counts: { readonly [because: string]: number }, connection: string, stream: string) =>
  Object.entries(counts).flatMap(([because, count]) => (count > 0 ? [{ kind, connection, stream, because, count }] : []))

function statedPart({ frozen, owner, data_owner, newest, in_scope, late, gone, changed }: Part): StatedPart {
  if (newest === null) throw new TypeError('a stream that the gate lets pass has a snapshot')
  const { verdict, facts } = newest
  const confirmed = verdict.findings.filter(({ confirms, result }) => confirms && result === 'holds')
  const seen = verdict.findings.filter(({ item, result }) => item === 16 && result === 'holds')
  const { connection, stream, where, reviewed, connector, fingerprint, fresh_for_s } = frozen
  return {
    connection,
    stream,
    where,
    reviewed,
    owner,
    data_owner,
    connector,
    fingerprint,
    frozen: {
      sync: frozen.sync,
      started_at: frozen.started_at,
      records: frozen.records,
      in_scope: frozen.in_scope,
      verdict: { is: frozen.verdict, rules: frozen.rules, digest: frozen.digest },
      population: { count: frozen.in_scope, root: frozen.population },
      pages: frozen.pages,
    },
    closed_upon: {
      sync: newest.sync,
      started_at: facts.started_at,
      records: newest.records,
      in_scope,
      verdict: { is: verdict.is, rules: verdict.rules, digest: hash('sha256', newest.verdict_text, 'hex') },
      fresh_until: new Date(Date.parse(facts.started_at) + fresh_for_s * 1000).toISOString(),
      late: late.length,
      gone: gone.length,
      changed: changed.length,
      fetched: facts.fetched,
      filtered: facts.filtered,
      quarantined: facts.quarantined,
      confirmed_by: confirmed.map(evidence),
      own_count_only: confirmed.every((one) => one.class === 'A' || one.class === 'B'),
      scope_shown_by: seen.map(evidence),
    },
  }
}

const evidence = (one: Verdict['findings'][number]): Evidence => ({ check: one.check, class: one.class, because: one.because })
