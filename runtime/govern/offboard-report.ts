/** What became of a leaver, facet by facet. Pure over the histories: nothing is rounded up. */
import { isHeldByRolling, releaseStep } from '../judge/rolling-brake.ts'
import type { IntentRow } from '../store/write-port.ts'
import { type Connector, FACETS, type Facet } from '../types.ts'
import type { FacetOutcome } from '../write-types.ts'
import { refText } from './accounts.ts'
import type { NotPossible } from './offboard.ts'
import type { Doubtful, Person } from './people.ts'
import { lastOutcome } from './standing.ts'

export type FacetState =
  | FacetOutcome['is']
  | 'held'
  | 'rejected'
  | 'cancelled'
  | 'reverted'
  | 'pending'
  | 'not_started'
  | 'not_possible'
  | 'unproven'
export type FacetLine = {
  readonly facet: Facet
  readonly is: FacetState
  readonly because: string
  readonly intent: string | null
  readonly action: string | null
  readonly verified_at: string | null
  readonly residual_until: string | null
  readonly rung: number | null
  readonly next_steps: readonly string[]
}
export type AccountReport = {
  readonly connection: string
  readonly stream: string
  readonly id: string
  readonly name: string
  readonly facets: readonly FacetLine[]
}
export type Slo = 'met' | 'missed' | 'running' | 'not_shown'

export type OffboardReport = {
  readonly person: string
  /** `verified`: every facet of every account, and nobody is left in doubt. Else `partial`, or `unknown` where nothing is verified. */
  readonly is: 'verified' | 'partial' | 'unknown' | 'nothing'
  readonly because: string
  readonly due_at: string | null
  readonly slo: { readonly propagated: Slo; readonly sessions: Slo }
  readonly accounts: readonly AccountReport[]
  readonly counts: { readonly [is in FacetState]?: number }
  readonly residual_until: string | null
  readonly left: readonly string[]
}

export function reportOf(o: {
  readonly person: Person
  readonly rows: readonly IntentRow[]
  readonly connectors: ReadonlyMap<string, Connector>
  readonly not_possible: readonly NotPossible[]
  /** Why a connection was not worked on. */
  readonly not_started: ReadonlyMap<string, string>
  readonly now: string
}): OffboardReport {
  const accounts = o.person.accounts.map((account): AccountReport => {
    const mine = o.rows.filter(({ intent }) => intent.connection === account.connection && belongs(o.connectors, intent, account))
    const facets = [
      ...mine.flatMap((row) => linesOf(row, o.connectors.get(account.connection), o.not_started)),
      ...o.not_possible.filter((one) => refText(one) === refText(account)).map(notPossible),
    ].toSorted((a, b) => FACETS.indexOf(a.facet) - FACETS.indexOf(b.facet))
    const name = String(account.fields['userName'] ?? account.fields['displayName'] ?? account.id)
    return { connection: account.connection, stream: account.stream, id: account.id, name, facets }
  })
  const lines = accounts.flatMap((one) => one.facets)
  const counts: { [is in FacetState]?: number } = {}
  for (const { is } of lines) counts[is] = (counts[is] ?? 0) + 1
  const left = leftOver(o.person)
  const due_at =
    o.rows
      .map(({ intent }) => intent.due_at)
      .filter((at) => at !== null)
      .sort()
      .at(-1) ?? null
  const residual_until =
    lines
      .map((one) => one.residual_until)
      .filter((at) => at !== null)
      .sort()
      .at(-1) ?? null
  const verified = counts.verified ?? 0
  const is =
    lines.length === 0
      ? 'nothing'
      : verified === lines.length && left.length === 0
        ? 'verified'
        : verified > 0
          ? 'partial'
          : 'unknown'
  return {
    person: o.person.person,
    is,
    because: becauseOf(is, counts, left),
    due_at,
    slo: { propagated: slo(lines, 'account', due_at, o.now), sessions: slo(lines, 'sessions', due_at, o.now) },
    accounts,
    counts,
    residual_until,
    left,
  }
}

/** Of records of their own (a session, a token) the account is told by the plan alone: they go to the first account of the connection. */
function belongs(
  connectors: ReadonlyMap<string, Connector>,
  intent: IntentRow['intent'],
  account: { readonly stream: string; readonly id: string },
): boolean {
  const on = connectors.get(intent.connection)?.actions[intent.action]?.on
  return on === undefined || on === account.stream ? intent.id === account.id : true
}

function linesOf(
  row: IntentRow,
  connector: Connector | undefined,
  not_started: ReadonlyMap<string, string>,
): readonly FacetLine[] {
  const { intent } = row
  const outcome = lastOutcome(row)
  const base = {
    intent: intent.intent,
    action: intent.action,
    verified_at: null,
    residual_until: null,
    rung: null,
    next_steps: outcome?.next_steps ?? [],
  }
  if (outcome !== null && row.outcome !== 'cancelled') {
    const whole = outcome.is === 'pending' || outcome.is === 'rejected' || outcome.is === 'reverted' ? outcome.is : null
    return outcome.facets.map(({ facet, is, because, verified_at, residual_until, rung }) => ({
      ...base,
      facet,
      is: is === 'verified' || whole === null ? is : whole,
      because: is === 'verified' || whole === null ? because : outcome.because,
      verified_at,
      residual_until,
      rung,
    }))
  }
  const facets = Object.keys(connector?.actions[intent.action]?.does ?? { account: null }) as Facet[]
  const held = row.events.findLast((event) => event.kind === 'held')
  const gone = row.events.findLast((event) => event.kind === 'cancelled')
  const failed = not_started.get(intent.connection)
  const [is, because]: readonly [FacetState, string] =
    row.state === 'held' && held?.kind === 'held'
      ? ['held', `held by ${held.brake}: ${held.because}`]
      : gone?.kind === 'cancelled'
        ? ['cancelled', gone.because]
        : failed !== undefined
          ? ['not_started', failed]
          : [
              row.state === 'requested' || row.state === 'looked' || row.state === 'approved' ? 'not_started' : 'looking',
              `not concluded yet (${row.state}): the same command goes on`,
            ]
  const next_steps = is === 'held' && isHeldByRolling(row.events) ? [releaseStep(intent)] : base.next_steps
  return facets.map((facet) => ({ ...base, facet, is, because, next_steps }))
}

const notPossible = ({ facet, is, because }: NotPossible): FacetLine => ({
  facet,
  is,
  because,
  intent: null,
  action: null,
  verified_at: null,
  residual_until: null,
  rung: null,
  next_steps: [
    is === 'unproven'
      ? 'Sync until the stream is complete (`rollcall explain` says what is missing), then ask again; or look in the target by hand.'
      : 'Do it in the target by hand, or add the action to the connector.',
  ],
})

function leftOver({ accounts, ambiguous, unproven, unseen }: Person): readonly string[] {
  const others = unproven.filter((one) => one.stream !== '')
  return [
    ...(accounts.length === 0 && ambiguous.length === 0 ? ['no account of this person is known'] : []),
    ...ambiguous.map(
      (one: Doubtful) =>
        `${refText(one)} may be theirs and was not touched: ${one.because}; name it with --account ${refText(one)}`,
    ),
    ...unseen.map((one) => `${refText(one)} is in no snapshot: it was not touched; sync first`),
    ...unproven.filter((one) => one.stream === '').map((one) => `${one.connection}: ${one.because}`),
    ...others.map(({ connection, stream, of, verdict, because }) => {
      const what =
        of === 'accounts' ? 'people may have accounts that the list does not show' : 'accounts may hold more than the list shows'
      return `${connection} ${stream} is ${verdict === 'never read' ? 'not read' : verdict}: ${what} (${because})`
    }),
  ]
}

const NOT_SHOWN: ReadonlySet<FacetState> = new Set(['not_possible', 'unproven', 'unverifiable'])

/** Met only where every account's facet is verified in time; a facet that nobody could look at is not shown. */
function slo(lines: readonly FacetLine[], facet: Facet, due_at: string | null, now: string): Slo {
  const mine = lines.filter((one) => one.facet === facet)
  if (mine.length === 0 || due_at === null) return 'not_shown'
  const due = Date.parse(due_at)
  const late = mine.some((one) => one.is === 'verified' && Date.parse(one.verified_at ?? '') > due)
  if (late) return 'missed'
  const open = mine.filter((one) => one.is !== 'verified')
  if (open.length === 0) return 'met'
  if (open.every((one) => NOT_SHOWN.has(one.is))) return 'not_shown'
  return Date.parse(now) < due && open.every((one) => one.is === 'looking' || one.is === 'not_started') ? 'running' : 'missed'
}

function becauseOf(is: OffboardReport['is'], counts: OffboardReport['counts'], left: readonly string[]): string {
  if (is === 'nothing') return left[0] ?? 'there is nothing to do'
  const parts = Object.entries(counts).map(([what, n]) => `${n} ${what.replace('_', ' ')}`)
  return [...parts, ...(left.length === 0 ? [] : [`${left.length} left in doubt`])].join(', ')
}
