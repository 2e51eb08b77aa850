import { Failure } from '../runtime/errors.ts'
import { outcomeNow, standingOf } from '../runtime/govern/where-it-stands.ts'
import type { IntentRow } from '../runtime/store/write-port.ts'
import { INTENT_STATES, type IntentState, OUTCOMES } from '../runtime/write-types.ts'
import { applyJson } from './apply-one.ts'
import { COMMON, type CommandSpec, type Flags, STORE, whole } from './args.ts'
import { ASKING } from './changing.ts'
import { command } from './command.ts'
import { type BothStores, readingStore, storedConnection, withStore } from './compose.ts'
import { asker } from './inputs.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { paintedOutcome } from './outcome-text.ts'
import { jsonLine, painter, safe, span, table } from './text.ts'

const spec = {
  name: 'actions',
  about:
    'The changes that were asked for, newest first: where each stands, why, since when, and what to do about it. Needs no target and no connector.',
  words: '[NAME]',
  takes: [0, 1],
  flags: {
    state: { type: 'string', multiple: true, value: 'STATE', about: `only these: open, or ${INTENT_STATES.join(', ')}` },
    outcome: { type: 'string', multiple: true, value: 'OUTCOME', about: `only these: ${OUTCOMES.join(', ')}` },
    connection: { type: 'string', value: 'NAME', about: 'only this connection (the same as NAME)' },
    person: { type: 'string', value: 'WHO', about: 'only what is about this person' },
    id: { type: 'string', value: 'ID', about: 'only what is about this native id' },
    overdue: { type: 'boolean', about: 'only what was due and is not over' },
    plan: { type: 'string', value: 'HASH', about: 'only what came from this plan' },
    show: { type: 'string', value: 'INTENT', about: 'one change with its whole history' },
    cancel: { type: 'string', value: 'INTENT', about: 'withdraw one of which nothing was sent; with --by and --why' },
    limit: { type: 'string', value: 'N', about: 'how many (default 50)' },
    after: { type: 'string', value: 'INTENT', about: 'go on after this one' },
    ...ASKING,
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall actions --state open', 'what is not over'],
    ['rollcall actions acme --outcome refuted --outcome reverted --json', 'what did not happen or was undone, for a program'],
    ['rollcall actions --show 01J…', 'all looks of one'],
  ],
} as const satisfies CommandSpec

type ActionFlags = Flags<(typeof spec)['flags']>
const OPEN: readonly IntentState[] = INTENT_STATES.filter((state) => state !== 'done')

export const run = command(spec, async ({ flags, words: [word] }, io) => {
  const states = flags.state.includes('open') ? OPEN : among('--state', flags.state, INTENT_STATES, 'open')
  const outcomes = among('--outcome', flags.outcome, OUTCOMES)
  const limit = whole('--limit', flags.limit, 50, [1, 10_000])
  if (word !== undefined && flags.connection !== undefined && word !== flags.connection)
    throw new Failure('cli/usage', '--connection', `NAME and --connection name two connections`)
  const name = word ?? flags.connection
  const { cancel: withdrawn } = flags
  if (withdrawn !== undefined)
    return withStore(flags.store, io, false, async (store) => await cancel(store, withdrawn, flags, io))
  return readingStore(flags.store, io, async (store) => {
    if (flags.show !== undefined) return await show(store, flags.show, flags.json, io)
    if (name !== undefined) await storedConnection(store, name)
    const rows = await store.intents({
      limit,
      ...(name === undefined ? {} : { connection: name }),
      ...(flags.person === undefined ? {} : { person: flags.person.trim().toLowerCase() }),
      ...(flags.id === undefined ? {} : { id: flags.id }),
      ...(flags.plan === undefined ? {} : { plan: flags.plan }),
      ...(flags.state.length === 0 ? {} : { states }),
      ...(flags.outcome.length === 0 ? {} : { outcomes }),
      ...(flags.overdue ? { overdue_at: new Date(io.now()).toISOString() } : {}),
      ...(flags.after === undefined ? {} : { after: flags.after }),
    })
    return await list(store, rows, limit, flags.json, io)
  })
})

function among<T extends string>(
  flag: string,
  given: readonly string[],
  known: readonly T[],
  ...more: readonly string[]
): readonly T[] {
  const wrong = given.find((one) => !(known as readonly string[]).includes(one) && !more.includes(one))
  if (wrong === undefined) return given as readonly T[]
  throw new Failure(
    'cli/usage',
    flag,
    `${flag} does not know \`${safe(wrong).slice(0, 60)}\`; it takes ${[...more, ...known].join(', ')}`,
  )
}

const stopOf = (stops: Awaited<ReturnType<BothStores['killSwitches']>>, connection: string): string | null => {
  const stop = stops.find((one) => one.scope === '*' || one.scope === connection)
  return stop === undefined ? null : `${stop.why} (${stop.by}, ${stop.at})`
}

async function list(store: BothStores, rows: readonly IntentRow[], limit: number, json: boolean, io: Io): Promise<Exit> {
  const stops = await store.killSwitches()
  const lines = rows.map((row) => ({ row, standing: standingOf(row, stopOf(stops, row.intent.connection)) }))
  const overdue = ({ intent, state, outcome }: IntentRow): boolean =>
    intent.due_at !== null &&
    Date.parse(intent.due_at) < io.now() &&
    (state !== 'done' || outcome === 'unknown' || outcome === 'pending')
  const next = rows.length === limit ? (rows.at(-1)?.intent.intent ?? null) : null
  if (json) {
    const actions = lines.map(({ row, standing }) => {
      const { intent, connection, action, id, lane, provenance, plan, made_at, due_at } = row.intent
      return {
        intent,
        connection,
        action,
        id,
        lane,
        ...provenance,
        plan,
        made_at,
        due_at,
        overdue: overdue(row),
        state: row.state,
        outcome: row.outcome,
        ...standing,
      }
    })
    io.out(jsonLine({ version: JSON_VERSION, command: 'actions', actions, stops, next }))
    return EXIT.fine
  }
  const paint = painter(io.color)
  for (const stop of stops)
    io.out(
      `${paint.red('stopped')}  ${stop.scope === '*' ? 'everything' : safe(stop.scope)}: ${safe(stop.why)} (${safe(stop.by)}, ${stop.at})\n`,
    )
  for (const { row, standing } of lines) {
    const { intent, connection, action, id, provenance } = row.intent
    const who = provenance.person === null ? '' : ` of ${safe(provenance.person)}`
    const late = overdue(row) ? paint.red(' overdue') : ''
    io.out(
      table(
        [
          [
            paintedOutcome(standing.is, paint) + late,
            `${safe(connection)} ${safe(action)} ${safe(id ?? 'new')}${who}`,
            `${span(io.now() - Date.parse(standing.since))} ago`,
            intent,
          ],
        ],
        '',
      ),
    )
    if (standing.is !== 'verified')
      io.out(
        `    ${safe(standing.because)}\n${standing.next_steps
          .slice(0, 2)
          .map((step) => `    ${paint.yellow('next')}  ${safe(step)}\n`)
          .join('')}`,
      )
  }
  if (rows.length === 0) io.out('no changes\n')
  if (next !== null) io.out(`next: --after ${next}\n`)
  return EXIT.fine
}

async function found(store: BothStores, intent: string): Promise<IntentRow> {
  const row = await store.intent(intent)
  if (row !== null) return row
  throw new Failure('cli/usage', 'intent', `there is no change \`${safe(intent).slice(0, 60)}\`; \`rollcall actions\` lists them`)
}

async function cancel(store: BothStores, intent: string, flags: ActionFlags, io: Io): Promise<Exit> {
  const { by, why } = asker('actions', flags.by, flags.why)
  const { state, outcome } = await found(store, intent)
  if (state === 'done')
    throw new Failure('cli/usage', '--cancel', `${intent} is over already: ${outcome}; only what waits can be withdrawn`)
  const at = new Date(io.now()).toISOString()
  await store.append(intent, { kind: 'cancelled', at, by, because: why }, { by, what: 'withdrawn', from: 'cli', why })
  if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'actions', cancelled: intent, by, why, at }))
  else io.out(`withdrawn  ${intent}; nothing was sent\n`)
  return EXIT.fine
}

async function show(store: BothStores, intent: string, json: boolean, io: Io): Promise<Exit> {
  const row = await found(store, intent)
  const stopped = stopOf(await store.killSwitches(), row.intent.connection)
  if (json) {
    io.out(jsonLine({ ...applyJson(row, outcomeNow(row, stopped)), command: 'actions', history: row.events }))
    return EXIT.fine
  }
  const standing = standingOf(row, stopped)
  const { connection, action, id, provenance } = row.intent
  io.out(
    `${paintedOutcome(standing.is, painter(io.color))}  ${safe(connection)} ${safe(action)} ${safe(id ?? 'new')}: ${safe(standing.because)}\n  asked for by ${safe(provenance.by)}: ${safe(provenance.why)}\n`,
  )
  io.out(table(row.events.map((event) => [event.at, event.kind, safe(aboutEvent(event))])))
  for (const step of standing.next_steps) io.out(`  next  ${safe(step)}\n`)
  return EXIT.fine
}

function aboutEvent(event: IntentRow['events'][number]): string {
  switch (event.kind) {
    case 'look':
      return `${event.look.phase} ${event.look.facet} ${event.look.where}: ${event.look.shows}; ${event.look.because}`
    case 'beside':
      return `${event.where}: ${event.because}`
    case 'answered':
      return `${event.step} ${event.result} ${event.status} ${event.because}`
    case 'sending':
      return `${event.step}, attempt ${event.attempt}`
    case 'held':
      return `${event.brake}: ${event.because}`
    case 'approved':
      return `by ${event.by}`
    case 'looked':
      if (event.missing !== undefined)
        return event.missing.length === 0 ? 'inputs' : `inputs: no such ${event.missing.join(', ')}`
      return event.already ? 'so already' : (event.found ?? (event.record === null ? 'none there' : 'there'))
    case 'outcome':
      return `${event.outcome.is}: ${event.outcome.because}`
    case 'cancelled':
      return `by ${event.by}: ${event.because}`
    case 'requested':
      return ''
  }
}
