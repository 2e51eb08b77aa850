import { writeFileSync } from 'node:fs'
import { Failure } from '../runtime/errors.ts'
import { NEEDS_OVERRIDE } from '../runtime/govern/carry-out.ts'
import type { Target } from '../runtime/govern/facts.ts'
import { makePlan, type Planned } from '../runtime/govern/plan.ts'
import type { WantedChange } from '../runtime/govern/plan-item.ts'
import type { PlanSource } from '../runtime/judge/plan-brakes.ts'
import { COMMON, type CommandSpec, STORE } from './args.ts'
import { ASKING } from './changing.ts'
import { command } from './command.ts'
import { storedConnection, storedTarget, withStore } from './compose.ts'
import { actionNamed, asker, inputFrom, inputPairs } from './inputs.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, type Paint, painter, plural, safe } from './text.ts'
import { readWanted, type WantedText } from './wanted.ts'

const spec = {
  name: 'plan',
  about:
    'What wanted changes would change, against the last snapshots: only changes, what is taken away first, and what holds them for a second person. Sends nothing and needs no target.\nExit 4 where the plan is held.',
  words: '[NAME] [ACTION]',
  takes: [0, 2],
  flags: {
    from: {
      type: 'string',
      value: 'FILE',
      about: 'wanted changes: JSON, or CSV with connection, action, id and columns of input',
    },
    id: { type: 'string', multiple: true, value: 'ID', about: 'native id; several times' },
    input: { type: 'string', multiple: true, value: 'NAME=VALUE', about: 'what the action takes; several times' },
    out: { type: 'string', value: 'FILE', about: 'write the plan here, for `rollcall approve` and `rollcall apply --plan`' },
    ...ASKING,
    ...STORE,
    ...COMMON,
  },
  examples: [
    [
      'rollcall plan --from leavers.csv --by kim --why "leavers of week 47" --out plan.json',
      'many changes, over several connections',
    ],
    [
      'rollcall plan acme revoke --id 00u1 --id 00u2 --input group=00g7 --by kim --why "left team 7" --out plan.json',
      'the same for two accounts',
    ],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words }, io) => {
  const { by, why } = asker('plan', flags.by, flags.why)
  const [name, action] = words
  const pairs = inputPairs(flags.input)
  if (flags.from !== undefined && (words.length > 0 || flags.id.length > 0 || pairs.length > 0))
    throw new Failure(
      'cli/usage',
      '--from',
      '--from says all there is to do; NAME, ACTION, --id and --input cannot be given with it',
    )
  if (flags.from === undefined && (name === undefined || action === undefined))
    throw new Failure(
      'cli/usage',
      'plan',
      'say what is wanted: --from FILE, or NAME ACTION --id ID; for example `rollcall plan --from leavers.csv --by kim --why "leavers of week 47"`',
    )
  const ids = flags.id.length === 0 ? [null] : flags.id
  const wanted =
    flags.from === undefined
      ? {
          source: null,
          changes: ids.map(
            (id): WantedText => ({ connection: name ?? '', action: action ?? '', id, input: pairs, where: 'this command' }),
          ),
        }
      : readWanted(flags.from)
  return withStore(flags.store, io, false, async (store) => {
    const targets = new Map<string, Target>()
    for (const one of new Set(wanted.changes.map((change) => change.connection))) {
      await storedConnection(store, one)
      targets.set(one, await storedTarget(store, one, io))
    }
    const changes = wanted.changes.map((change) => typed(change, targets))
    const planned = await makePlan({
      store,
      targets,
      wanted: changes,
      source: wanted.source as PlanSource,
      made_by: by,
      why,
      now: io.now,
    })
    const { plan } = planned
    if (flags.out !== undefined) writePlan(flags.out, plan)
    const { already, repeated } = planned
    if (flags.json)
      io.out(jsonLine({ version: JSON_VERSION, command: 'plan', plan, already, repeated, summary: summaryOf(planned) }))
    else io.out(planText(planned, flags.out ?? null, painter(io.color)))
    return plan.held.length > 0 ? EXIT.gate : EXIT.fine
  })
})

function typed({ connection, action, id, input, where }: WantedText, targets: ReadonlyMap<string, Target>): WantedChange {
  const target = targets.get(connection) as Target
  try {
    const declared = actionNamed(target.connector, action)
    return { connection, action, id, input: Array.isArray(input) ? inputFrom(declared, input) : (input as WantedChange['input']) }
  } catch (error) {
    if (!(error instanceof Failure) || where === 'this command') throw error
    throw new Failure(error.code, error.where, `${where}: ${error.message}`)
  }
}

function writePlan(file: string, plan: Planned['plan']): void {
  try {
    // It names people and what they hold.
    writeFileSync(file, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 })
  } catch (error) {
    throw new Failure(
      'cli/file',
      file,
      `${safe(file)} cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown fault'}`,
    )
  }
}

function summaryOf({ plan, already, repeated }: Planned): {
  readonly changes: number
  readonly destructive: number
  readonly already: number
  readonly repeated: number
} {
  return {
    changes: plan.items.length,
    destructive: plan.items.filter((item) => item.destructive).length,
    already: already.length,
    repeated,
  }
}

const SHOWN = 200

function planText(planned: Planned, out: string | null, paint: Paint): string {
  const { plan, already, repeated } = planned
  const several = Object.keys(plan.rests_on).length > 1
  const lines = plan.items
    .slice(0, SHOWN)
    .map(
      (item) =>
        `  ${item.destructive ? paint.red('−') : paint.green('+')} ${several ? `${safe(item.connection)}  ` : ''}${safe(item.change)}\n`,
    )
  const more =
    plan.items.length > SHOWN ? `  and ${plural(plan.items.length - SHOWN, 'change')} more; --json and --out hold all\n` : ''
  const held = plan.held.map(({ brake, because }) => `  ${paint.red('held')}  ${safe(brake)}: ${safe(because)}\n`)
  const rests = Object.entries(plan.rests_on).map(
    ([name, { sync }]) => `${safe(name)} ${sync === null ? paint.red('never read') : `sync ${sync}`}`,
  )
  const { destructive } = summaryOf(planned)
  const left = [
    ...(already.length > 0 ? [`${already.length} so already`] : []),
    ...(repeated > 0 ? [`${repeated} named twice`] : []),
  ]
  const counts = `${plural(plan.items.length, 'change')}, ${destructive} taking something away${left.length > 0 ? `; left out: ${left.join(', ')}` : ''}`
  const next =
    plan.items.length === 0
      ? ''
      : `  ${paint.yellow('next')}  ${plan.held.length > 0 ? `a second person reads it and runs rollcall approve ${out === null ? plan.hash : safe(out)} --by NAME${overrides(plan.held)}; then ` : ''}rollcall apply --plan ${out === null ? 'FILE (write it with --out FILE)' : safe(out)} --by NAME\n`
  return `${lines.join('')}${more}${held.join('')}${paint.bold('plan')}  ${counts}${rests.length > 0 ? `; rests on ${rests.join(', ')}` : ''}\n  hash ${plan.hash}\n${next}`
}

/** What the approval must name. */
function overrides(held: Planned['plan']['held']): string {
  return [...new Set(held.map(({ brake }) => brake))]
    .flatMap((brake) => (NEEDS_OVERRIDE.has(brake) ? [` --override ${brake}`] : []))
    .join('')
}
