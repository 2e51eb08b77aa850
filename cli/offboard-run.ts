/** Carries a leaver out, and says what is seen of it. */
import { Failure } from '../runtime/errors.ts'
import { refText } from '../runtime/govern/accounts.ts'
import { askForPlan, carryOut, rowsOf } from '../runtime/govern/carry-out.ts'
import type { Target } from '../runtime/govern/facts.ts'
import type { NotPossible } from '../runtime/govern/offboard.ts'
import { type OffboardReport, reportOf } from '../runtime/govern/offboard-report.ts'
import type { Person } from '../runtime/govern/people.ts'
import { holdsNothing, settle } from '../runtime/govern/standing.ts'
import type { IntentRow } from '../runtime/store/write-port.ts'
import type { Plan } from '../runtime/write-types.ts'
import { killedBy } from './apply-one.ts'
import { type Changing, isStop } from './changing.ts'
import type { BothStores } from './compose.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { facetRows } from './outcome-text.ts'
import { jsonLine, type Paint, painter, plural, safe } from './text.ts'
import { nextLines } from './verdict-text.ts'

/** Propagated, and sessions ended: openid/ipsie#72. */
const DUE_MS = 300_000

type Leave = {
  readonly store: BothStores
  readonly io: Io
  readonly targets: ReadonlyMap<string, Target>
  readonly person: Person
  readonly plan: Plan
  readonly not_possible: readonly NotPossible[]
  readonly changing: Changing
  readonly by: string
  readonly why: string
  readonly flags: { readonly resume: boolean; readonly json: boolean }
}

export async function leave(o: Leave): Promise<Exit> {
  const { store, io, targets, person, plan, changing, flags } = o
  const resumed = await begun(o)
  const { run, others } = resumed === null ? await begin(o) : { run: resumed, others: [] }
  const rowsNow = async () => {
    const more = await Promise.all(others.map((intent) => store.intent(intent)))
    return [...(await rowsOf(store, run)), ...more.filter((row) => row !== null)]
  }
  const before = await rowsNow()
  const names = [...new Set(before.map(({ intent }) => intent.connection))]
  const failed = new Map<string, string>()
  for (const name of names) if (!targets.has(name)) failed.set(name, `the connector of ${name} cannot be read`)
  const open = async (name: string) => await changing.open(targets.get(name) as Target)
  try {
    const started = await carryOut(
      open,
      names.filter((name) => targets.has(name)),
    )
    for (const [name, failure] of started) failed.set(name, `${failure.code}: ${failure.message}`)
  } catch (error) {
    if (!isStop(error, changing)) throw error
  }
  const now = new Date(io.now()).toISOString()
  const rows = await rowsNow()
  for (const name of names) {
    const connector = targets.get(name)?.connector
    if (connector === undefined) continue
    await settle(store, connector, name, now)
    const standing = await store.assertions(name)
    const claims = holdsNothing(
      connector,
      rows.filter((row) => row.intent.connection === name),
    )
    await store.assert(
      claims.filter(
        (claim) => !standing.some((one) => one.id === claim.id && one.claim === claim.claim && one.stream === claim.stream),
      ),
    )
    const stopped = await killedBy(store, name)
    if (stopped !== null && !failed.has(name)) failed.set(name, `stopped: ${stopped}`)
  }
  const connectors = new Map([...targets].map(([name, { connector }]) => [name, connector]))
  const report = reportOf({ person, rows, connectors, not_possible: o.not_possible, not_started: failed, now })
  if (flags.json)
    io.out(
      jsonLine({
        version: JSON_VERSION,
        command: 'offboard',
        plan: plan.hash,
        run,
        resumed: resumed !== null,
        ...report,
        ambiguous: person.ambiguous.map(refText),
        unproven: person.unproven,
      }),
    )
  else io.out(reportText(report, painter(io.color)))
  return report.is === 'verified' ? EXIT.fine : EXIT.gate
}

const LEAVER_LOT = 5_000

/** The hash of a run for this person that is not over: the same command goes on with it, and asks for nothing twice. */
async function begun({ store, io, person, flags, by }: Leave): Promise<string | null> {
  const rows = (await store.intents({ person: person.person, limit: LEAVER_LOT })).filter(
    ({ intent }) => intent.lane === 'leaver' && intent.plan !== null,
  )
  const newest = rows[0]?.intent.plan ?? null
  const mine = rows.filter(({ intent }) => intent.plan === newest)
  const open = mine.filter((row) => row.state !== 'done' && row.state !== 'held')
  if (newest === null || open.length === 0) {
    if (flags.resume) throw new Failure('cli/usage', '--resume', `nothing was begun for ${safe(person.person)} that is not over`)
    await withdrawHeld(store, mine, by, new Date(io.now()).toISOString())
    return null
  }
  io.err(
    `going on with what was begun at ${mine.at(-1)?.intent.made_at}: ${plural(mine.length, 'change')}, ${open.length} not over\n`,
  )
  return newest
}

/** Held ones wait for ever under the old terms; asked for anew they are looked at anew. */
async function withdrawHeld(store: BothStores, rows: readonly IntentRow[], by: string, at: string): Promise<void> {
  for (const row of rows)
    if (row.state === 'held' && !row.events.some((event) => event.kind === 'sending'))
      await store.append(row.intent.intent, { kind: 'cancelled', at, by, because: 'asked for anew' }, { by, what: 'withdrawn' })
}

/** A run of its own: the same list asked for again later is asked for anew, whatever came of it before. */
async function begin({
  store,
  io,
  targets,
  plan,
  changing,
  by,
  why,
}: Leave): Promise<{ readonly run: string; readonly others: readonly string[] }> {
  const run = `${plan.hash}/${changing.newId()}`
  const due_at = new Date(io.now() + DUE_MS).toISOString()
  const { others } = await askForPlan(
    { store, targets, now: io.now, newId: changing.newId },
    plan,
    { by, why, from: 'cli', due_at },
    run,
  )
  return { run, others }
}

function reportText(report: OffboardReport, paint: Paint): string {
  const is = { verified: paint.green, partial: paint.yellow, unknown: paint.red, nothing: paint.yellow }[report.is](report.is)
  const blocks = report.accounts.map(
    ({ connection, stream, id, name, facets }) =>
      `  ${paint.bold(safe(connection))} ${safe(stream)} ${safe(id)} ${safe(name)}\n${facetRows(facets as Parameters<typeof facetRows>[0], paint, '    ')}`,
  )
  const steps = [...new Set(report.accounts.flatMap((one) => one.facets.flatMap((facet) => facet.next_steps)))]
  const left = report.left.map((line) => `  ${paint.yellow('in doubt')}  ${safe(line)}\n`)
  const until = report.residual_until === null ? '' : `  ${paint.yellow('access may last until')} ${report.residual_until}\n`
  const slo = `  within 5 minutes: propagated ${report.slo.propagated.replace('_', ' ')}, sessions ${report.slo.sessions.replace('_', ' ')}\n`
  return `${is}  ${safe(report.person)}: ${safe(report.because)}\n${blocks.join('')}${until}${slo}${left.join('')}${nextLines(steps.map(safe), paint, '  ')}`
}
