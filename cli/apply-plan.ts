/** A plan from its file, carried out once. */
import { readFileSync } from 'node:fs'
import { Failure } from '../runtime/errors.ts'
import { askForPlan, carryOut, rowsOf } from '../runtime/govern/carry-out.ts'
import type { Target } from '../runtime/govern/facts.ts'
import { planFrom } from '../runtime/govern/plan-file.ts'
import { settle } from '../runtime/govern/standing.ts'
import { outcomeNow } from '../runtime/govern/where-it-stands.ts'
import type { IntentRow } from '../runtime/store/write-port.ts'
import type { Plan } from '../runtime/write-types.ts'
import type { ApplyFlags } from './apply-flags.ts'
import { applyJson } from './apply-one.ts'
import { isStop, openChanging, spanOf, TEN_MINUTES } from './changing.ts'
import { type BothStores, storeDir, storedTarget, withStore } from './compose.ts'
import { UNREADABLE } from './failure.ts'
import { named } from './inputs.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { paintedOutcome } from './outcome-text.ts'
import { jsonLine, type Paint, painter, plural, safe, table } from './text.ts'

export async function applyPlan(file: string, flags: ApplyFlags, io: Io): Promise<Exit> {
  const by = named('--by', 'NAME', 'apply', flags.by)
  const wait_ms = spanOf('--wait', flags.wait, TEN_MINUTES)
  const plan = planFrom(fileText(file), safe(file))
  return withStore(flags.store, io, false, async (store) => {
    const names = [...new Set(plan.items.map((item) => item.connection))]
    const targets = new Map<string, Target>()
    for (const name of names) targets.set(name, await storedTarget(store, name, io))
    const changing = openChanging(store, io, {
      dir: storeDir(flags.store, io),
      wait_ms,
      allow_private: flags['allow-private'],
      name_connections: names.length > 1,
    })
    try {
      const asker = { by, why: flags.why?.trim() || plan.why, from: 'cli' }
      const { asked, before, others } = await askForPlan({ store, targets, now: io.now, newId: changing.newId }, plan, asker)
      if (before > 0)
        io.err(
          asked === 0
            ? 'this plan was carried out before; a plan is carried out once\n'
            : `going on with this plan: ${plural(before, 'change')} asked for before, ${asked} now\n`,
        )
      const open = (name: string) => changing.open(targets.get(name) as Target)
      const failed = await carryOut(open, names).catch((error: unknown) => {
        if (!isStop(error, changing)) throw error
        return new Map<string, Failure>()
      })
      const now = new Date(io.now()).toISOString()
      for (const [name, target] of targets) await settle(store, target.connector, name, now)
      return await told(store, plan, others, failed, changing.stopped(), flags.json, io)
    } finally {
      await changing.close()
    }
  })
}

/** Throws `cli/file`. */
export function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault'
    throw new Failure('cli/file', file, `${safe(file)} ${UNREADABLE[code] ?? `cannot be read: ${code}`}`)
  }
}

async function told(
  store: BothStores,
  plan: Plan,
  others: readonly string[],
  failed: ReadonlyMap<string, Failure>,
  stopped: string | null,
  json: boolean,
  io: Io,
): Promise<Exit> {
  const more = await Promise.all(others.map((intent) => store.intent(intent)))
  const rows = [...(await rowsOf(store, plan.hash)), ...more.filter((row) => row !== null)]
  const outcomes = rows.map((row) => ({
    row,
    outcome: outcomeNow(row, null, failed.get(row.intent.connection)?.message ?? stopped),
  }))
  const counts: { [is: string]: number } = {}
  for (const { outcome } of outcomes) counts[outcome.is] = (counts[outcome.is] ?? 0) + 1
  const all = outcomes.length === plan.items.length && outcomes.every(({ outcome }) => outcome.is === 'verified')
  const not_started = Object.fromEntries([...failed].map(([name, { code, message }]) => [name, { code, because: message }]))
  if (json) {
    const items = outcomes.map(({ row, outcome }) => applyJson(row, outcome))
    io.out(
      jsonLine({
        version: JSON_VERSION,
        command: 'apply',
        plan: plan.hash,
        items: plan.items.length,
        counts,
        not_started,
        results: items,
      }),
    )
  } else io.out(planText(outcomes, counts, painter(io.color)))
  for (const [name, failure] of failed) io.err(`${safe(name)} was not worked on: ${safe(failure.message)}\n`)
  return all ? EXIT.fine : failed.size > 0 && failed.size === Object.keys(plan.rests_on).length ? EXIT.environment : EXIT.gate
}

const SHOWN = 50

function planText(
  outcomes: readonly { readonly row: IntentRow; readonly outcome: ReturnType<typeof outcomeNow> }[],
  counts: { readonly [is: string]: number },
  paint: Paint,
): string {
  const bad = outcomes.filter(({ outcome }) => outcome.is !== 'verified')
  const shown = [...bad, ...outcomes.filter(({ outcome }) => outcome.is === 'verified')].slice(0, SHOWN)
  const rows = shown.map(({ row: { intent }, outcome }) => [
    paintedOutcome(outcome.is, paint),
    safe(intent.connection),
    safe(intent.action),
    safe(intent.id ?? outcome.id ?? 'new'),
    safe(outcome.because),
  ])
  const more =
    outcomes.length > shown.length
      ? `  and ${plural(outcomes.length - shown.length, 'change')} more; \`rollcall actions\` lists them\n`
      : ''
  const summary = Object.entries(counts)
    .map(([is, n]) => `${n} ${is}`)
    .join(', ')
  return `${table(rows)}${more}${paint.bold('of this plan')}: ${summary === '' ? 'nothing to do' : summary}\n`
}
