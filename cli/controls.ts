import { Failure } from '../runtime/errors.ts'
import type { Alert, Exception } from '../runtime/levels-types.ts'
import type { Connection } from '../runtime/types.ts'
import { COMMON, type CommandSpec, type Flags, STORE } from './args.ts'
import { ASKING } from './changing.ts'
import { command } from './command.ts'
import { type BothStores, readingStore, storedConnection, storedTarget, withStore } from './compose.ts'
import { asker } from './inputs.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { jsonLine, type Paint, painter, plural, safe } from './text.ts'

const spec = {
  name: 'controls',
  about:
    'Service levels: which of them do not hold now, since when, whose it is, and what would settle it; exit 1 where one of them is critical or\nhigh. `--sweep` remembers them as control exceptions, as `rollcall serve` does every few seconds.',
  words: '[NAME]',
  takes: [0, 1],
  flags: {
    sweep: {
      type: 'boolean',
      about: 'look at every connection now, and store what changed: exceptions, alerts, messages to webhooks',
    },
    acknowledge: { type: 'string', value: 'EXCEPTION', about: 'somebody is at it' },
    close: { type: 'string', value: 'EXCEPTION', about: 'a person looked where nothing else can: of unverifiable debt alone' },
    ...ASKING,
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall controls', 'all connections, as they are now'],
    ['rollcall controls --sweep', 'from a timer, where no server runs'],
    ['rollcall controls --acknowledge 01K… --by kim --why "the token was replaced, a sync runs"', 'of one exception'],
  ],
} as const satisfies CommandSpec
type ControlFlags = Flags<(typeof spec)['flags']>

export const run = command(spec, async ({ flags, words: [name] }, io) => {
  const asked = [flags.sweep ? '--sweep' : null, flags.acknowledge && '--acknowledge', flags.close && '--close'].filter(Boolean)
  if (asked.length > 1) throw new Failure('cli/usage', 'controls', `${asked.join(' and ')} are two commands`)
  if (flags.acknowledge !== undefined || flags.close !== undefined)
    return withStore(flags.store, io, false, (store) => said(store, flags, io))
  if (!flags.sweep) return readingStore(flags.store, io, (store) => shown(store, name, flags, io))
  return withStore(flags.store, io, false, async (store) => {
    const [{ sweep }, { openNewId }] = await Promise.all([
      import('../runtime/govern/levels/sweep.ts'),
      import('../runtime/write/new-id.ts'),
    ])
    const log = (line: string): void => io.err(`${safe(line)}\n`)
    await sweep({ store, target: (one) => storedTarget(store, one, io), now: io.now, newId: openNewId(io.now), log })
    return shown(store, name, flags, io)
  })
})

/** A word of a person. Throws `store/not-found`, `levels/over`, `levels/settle`. */
async function said(store: BothStores, flags: ControlFlags, io: Io): Promise<Exit> {
  const [{ acknowledge, closeByHand }, { openNewId }] = await Promise.all([
    import('../runtime/govern/levels/by-hand.ts'),
    import('../runtime/write/new-id.ts'),
  ])
  const act = { ...asker('controls', flags.by, flags.why), from: 'cli', at: new Date(io.now()).toISOString() }
  const by = { store, newId: openNewId(io.now) }
  const { acknowledge: one, close = '' } = flags
  const exception = await (one === undefined ? closeByHand(by, close, act) : acknowledge(by, one, act))
  if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'controls', exception }))
  else io.out(`${exception.state}  ${safe(exception.connection)}: ${safe(exception.because)}\n`)
  return EXIT.fine
}

type Standing = {
  readonly connection: Connection
  readonly breaches: readonly (Omit<Exception, 'exception' | 'state' | 'opened_at' | 'acknowledged' | 'closed' | 'connection'> & {
    /** Null: no sweep has seen it yet. */
    readonly exception: Exception | null
  })[]
  readonly alerts: readonly Alert[]
}

async function shown(store: BothStores, name: string | undefined, flags: ControlFlags, io: Io): Promise<Exit> {
  const { measure } = await import('../runtime/govern/levels/measure.ts')
  const connections = name === undefined ? await store.connections() : [await storedConnection(store, name)]
  const alerts = await store.alerts()
  const all: Standing[] = []
  for (const connection of connections) {
    const measured = await measure(store, connection, (one) => storedTarget(store, one, io), io.now())
    const known = await store.exceptions({ connection: connection.name, states: ['open', 'acknowledged'], limit: 10_000 })
    all.push({
      connection,
      alerts: alerts.filter((alert) => alert.connection === connection.name),
      breaches: measured.breaches.map((breach) => ({
        ...breach,
        owner: connection.owner,
        data_owner: connection.data_owner ?? null,
        exception: known.find((row) => row.control === breach.control && row.stream === breach.stream) ?? null,
      })),
    })
  }
  if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'controls', connections: all.map(jsonOf) }))
  else for (const one of all) io.out(textOf(one, painter(io.color)))
  if (all.length === 0) io.err('no connections yet; `rollcall connect --help` shows how to make one\n')
  return all.some(({ breaches }) => breaches.some(({ severity }) => severity !== 'info')) ? EXIT.findings : EXIT.fine
}

const jsonOf = ({ connection, breaches, alerts }: Standing): object => ({
  connection: connection.name,
  owner: connection.owner,
  data_owner: connection.data_owner ?? null,
  breaches: breaches.map(({ bound: _, exception, ...breach }) => ({
    ...breach,
    exception: exception?.exception ?? null,
    state: exception?.state ?? null,
    acknowledged: exception?.acknowledged ?? null,
  })),
  alerts,
})

function textOf({ connection, breaches, alerts }: Standing, paint: Paint): string {
  const owners = `owner ${safe(connection.owner ?? '-')}, data owner ${safe(connection.data_owner ?? '-')}`
  const head = `${paint.bold(safe(connection.name))}  ${breaches.length === 0 ? paint.green('every level holds') : plural(breaches.length, 'level does not hold', 'levels do not hold')}  ${paint.dim(owners)}\n`
  const colour = { critical: paint.red, high: paint.yellow, info: paint.dim }
  const lines = breaches.map(({ severity, control, stream, because, since, next_step, exception }) => {
    const state = exception === null ? 'not swept yet' : `${exception.state} ${exception.exception}`
    const by =
      exception?.acknowledged == null ? '' : ` by ${safe(exception.acknowledged.by)}: ${safe(exception.acknowledged.why)}`
    return `  ${colour[severity](severity)}  ${control}${stream === '' ? '' : ` of ${safe(stream)}`}: ${safe(because)}\n      ${paint.dim(`since ${since}; ${state}${by}`)}\n      ${paint.yellow('next')}  ${safe(next_step)}\n`
  })
  const fires = alerts.map(
    ({ control, severity, since, burn }) =>
      `  ${paint.red('alert')} ${severity}  ${control} burns its budget ${burn.long.toFixed(1)} times as fast as it lasts, since ${since}\n`,
  )
  return `${head}${lines.join('')}${fires.join('')}`
}
