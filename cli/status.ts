import { agesOf } from '../runtime/govern/rotation.ts'
import { freshFor } from '../runtime/judge/freshness.ts'
import type { Snapshot, SyncRow } from '../runtime/store/port.ts'
import type { IntentRow, WriteMetrics } from '../runtime/store/write-port.ts'
import type { Connection, Connector, Gap } from '../runtime/types.ts'
import type { KillSwitch } from '../runtime/write-types.ts'
import { overdueLines, waitingJson } from './ages.ts'
import { COMMON, type CommandSpec, STORE } from './args.ts'
import { command } from './command.ts'
import { type BothStores, readingStore, storedConnection, storedConnector } from './compose.ts'
import { EXIT, type Io, JSON_VERSION } from './io.ts'
import { cutTo, jsonLine, type Paint, painter, plural, safe, span, table } from './text.ts'
import { because, findingLines, paintedVerdict, stepLines } from './verdict-text.ts'
import { feedLine, reportJson, type Watching, waitingLine } from './watch-text.ts'

const spec = {
  name: 'status',
  about: 'One line a stream: verdict, records, why, and how old it is against how long it may be relied upon.',
  words: '[NAME]',
  takes: [0, 1],
  flags: {
    evidence: { type: 'boolean', about: 'every finding behind each verdict, and what would settle what is missing' },
    gaps: { type: 'boolean', about: 'every gap of the last sync, from its page ledger' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall status', 'all connections'],
    ['rollcall status acme --evidence', 'one, with what its verdicts rest on'],
  ],
} as const satisfies CommandSpec

type Line = {
  readonly latest: Snapshot
  readonly complete: Snapshot | null
  readonly age_ms: number
  /** Null: the connector cannot be read any more, so its promise is not known. */
  readonly fresh_for_ms: number | null
}
type Status = {
  readonly connection: Connection
  readonly sync: SyncRow | null
  readonly lines: readonly Line[]
  readonly never: readonly string[]
  readonly writes: WriteMetrics
  readonly reverted: readonly IntentRow[]
  /** Of this connection, or of everything. */
  readonly stops: readonly KillSwitch[]
  /** Null: not asked for. */
  readonly gaps: readonly Gap[] | null
  /** Null: it has no feed and no webhook, or its connector cannot be read. */
  readonly watching: Watching | null
}

export const run = command(spec, async ({ flags, words: [name] }, io) =>
  readingStore(flags.store, io, async (store) => {
    const connections = name === undefined ? await store.connections() : [await storedConnection(store, name)]
    const all = []
    for (const connection of connections) all.push(await statusOf(store, connection, flags.gaps, io))
    if (flags.json)
      io.out(
        jsonLine({
          version: JSON_VERSION,
          command: 'status',
          connections: all.map((s) => statusJson(s, flags.evidence, io.now())),
        }),
      )
    else for (const status of all) io.out(statusText(status, flags.evidence, io, painter(io.color)))
    if (all.length === 0) io.err('no connections yet; `rollcall connect --help` shows how to make one\n')
    return EXIT.fine
  }),
)

async function statusOf(store: BothStores, connection: Connection, withGaps: boolean, io: Io): Promise<Status> {
  const connector = await storedConnector(connection, io)
  const snapshots = await store.snapshots(connection.name)
  const [sync] = await store.syncs(connection.name, 1)
  const order = connector === null ? [] : connector.order
  const place = (stream: string): number => (order.includes(stream) ? order.indexOf(stream) : order.length)
  const lines = snapshots
    .map(({ latest, complete }) => ({
      latest,
      complete,
      age_ms: io.now() - Date.parse(latest.facts.started_at),
      fresh_for_ms: freshForMs(connector, connection, latest.stream),
    }))
    .sort((a, b) => place(a.latest.stream) - place(b.latest.stream))
  const never = order.filter((stream) => !lines.some((line) => line.latest.stream === stream))
  const { openReverts } = await import('../runtime/govern/standing.ts')
  const writes = await store.metrics(connection.name, new Date(io.now()).toISOString())
  const reverted = writes.outcomes.reverted === 0 ? [] : await openReverts(store, connection.name)
  const stops = (await store.killSwitches()).filter(({ scope }) => scope === '*' || scope === connection.name)
  const gaps = !withGaps ? null : sync === undefined ? [] : await store.gaps(connection.name, sync.sync)
  const watching = connector === null ? null : await watchingOf(store, connector, connection, io)
  return { connection, sync: sync ?? null, lines, never, writes, reverted, stops, gaps, watching }
}

async function watchingOf(store: BothStores, connector: Connector, connection: Connection, io: Io): Promise<Watching | null> {
  if (Object.keys(connector.feeds).length === 0 && connector.webhook === null) return null
  const { watchState } = await import('../runtime/watch/once.ts')
  return await watchState({ connector, connection, store, now: io.now })
}

function freshForMs(connector: Connector | null, connection: Connection, stream: string): number | null {
  const declared = connector?.streams[stream]
  return declared === undefined ? null : freshFor(declared, connection) * 1000
}

const isStale = (line: Line): boolean => line.fresh_for_ms !== null && line.age_ms > line.fresh_for_ms

function statusJson(
  { connection, sync, lines, never, writes, reverted, stops, gaps, watching }: Status,
  evidence: boolean,
  now_ms: number,
): object {
  const streams = lines.map((line) => {
    const { verdict, facts } = line.latest
    const stream = {
      is: facts.is,
      verdict: verdict.is,
      because: verdict.because,
      records: line.latest.records,
      sync: line.latest.sync,
      at: line.latest.at,
      age_s: Math.round(line.age_ms / 1000),
      fresh_for_s: line.fresh_for_ms === null ? null : line.fresh_for_ms / 1000,
      stale: isStale(line),
      hold: verdict.hold,
      next_steps: verdict.next_steps,
      last_complete:
        line.complete === null ? null : { sync: line.complete.sync, records: line.complete.records, at: line.complete.at },
      ...(evidence
        ? {
            evidence: verdict.findings,
            gaps: facts.gaps,
            more_gaps: facts.more_gaps,
            quarantined: facts.quarantined,
            rules: verdict.rules,
          }
        : {}),
    }
    return [line.latest.stream, stream] as const
  })
  return {
    connection: connection.name,
    connector: connection.connector,
    owner: connection.owner,
    data_owner: connection.data_owner ?? null,
    attested: connection.attested,
    sync,
    streams: Object.fromEntries(streams),
    never_synced: never,
    writes: writesJson(writes),
    credentials: agesOf(connection, () => null, now_ms),
    rotation: waitingJson(connection),
    reverted: reverted.map(({ intent }) => ({
      intent: intent.intent,
      action: intent.action,
      id: intent.id,
      person: intent.provenance.person,
    })),
    stops,
    ...(gaps === null ? {} : { gaps }),
    ...(watching === null ? {} : { watch: reportJson(watching) }),
  }
}

function statusText(status: Status, evidence: boolean, io: Io, paint: Paint): string {
  const { connection, sync, lines, never } = status
  const changes = watchText(status, paint) + overdueLines(connection, io.now(), paint) + writesText(status, paint)
  const last =
    sync === null
      ? 'never synced'
      : `sync ${sync.sync} ${sync.state} ${span(io.now() - Date.parse(sync.ended_at ?? sync.started_at))} ago${sync.because === null ? '' : `: ${safe(sync.because)}`}`
  const rows = lines.map((line) => {
    const { latest } = line
    const age = `read ${span(line.age_ms)} ago${isStale(line) ? paint.red(`, stale: good for ${span(line.fresh_for_ms ?? 0)}`) : ''}`
    return [
      paint.bold(safe(latest.stream)),
      paintedVerdict(latest.verdict.is, paint),
      plural(latest.records, 'record'),
      age,
      because(latest.verdict),
    ]
  })
  if (lines.length === 0) {
    const streams = never.length === 0 ? '' : `  ${sync === null ? '' : 'not judged yet: '}${never.map(safe).join(', ')}`
    return `${paint.bold(safe(connection.name))}  ${safe(connection.connector)}  ${last}${streams}\n  ${paint.yellow('next')}  rollcall sync ${safe(connection.name)}\n${changes}`
  }
  const missing = never.map((stream) => [paint.bold(safe(stream)), paint.yellow('never synced')])
  const head = `${paint.bold(safe(connection.name))}  ${safe(connection.connector)}  ${last}\n`
  return (
    head +
    (evidence
      ? lines.map((line, i) => cutTo(table([rows[i] ?? []]), io.width) + detail(line, paint)).join('') + table(missing)
      : cutTo(table([...rows, ...missing]), io.width)) +
    older(lines) +
    gapLines(status.gaps ?? []) +
    changes
  )
}

function watchText({ watching }: Status, paint: Paint): string {
  if (watching === null) return ''
  return watching.feeds.map((feed) => feedLine(feed, paint)).join('') + waitingLine(watching, paint)
}

function detail(line: Line, paint: Paint): string {
  return findingLines(line.latest.verdict.findings, paint, '      ') + stepLines(line.latest.verdict, paint, '      ')
}

function gapLines(gaps: readonly Gap[]): string {
  return gaps
    .map(
      ({ stream, partition, where, because: why, code }) =>
        `  gap  ${safe(stream)} ${safe(partition)} ${safe(where)}: ${safe(why)} (${code})\n`,
    )
    .join('')
}

/** The last complete snapshot still stands where a lesser one came after it. */
function older(lines: readonly Line[]): string {
  const kept = lines.flatMap(({ latest, complete }) =>
    complete === null || complete.sync === latest.sync
      ? []
      : [
          `  ${safe(latest.stream)}: the last complete snapshot stands, sync ${complete.sync} of ${complete.at} with ${plural(complete.records, 'record')}\n`,
        ],
  )
  return kept.join('')
}

/** Service levels of changes. Rates are null where there is nothing to divide by. */
function writesJson({ connection: _, ...metrics }: WriteMetrics): object {
  return metrics
}

/** Nothing where nothing was ever changed. */
function writesText({ writes, reverted, stops }: Status, paint: Paint): string {
  const stopped = stops.map(
    ({ scope, by, why, at }) =>
      `  ${paint.red('stopped')}  ${scope === '*' ? 'everything' : safe(scope)}: ${safe(why)} (${safe(by)}, ${at})\n`,
  )
  const { outcomes, unfinished, overdue, time_to_verified } = writes
  const counts = Object.entries(outcomes).flatMap(([is, n]) => (n > 0 ? [`${n} ${is}`] : []))
  const open = [...(unfinished > 0 ? [`${unfinished} open`] : []), ...(overdue > 0 ? [paint.red(`${overdue} overdue`)] : [])]
  const parts = [...counts, ...open]
  const time =
    time_to_verified.p95_ms === null
      ? ''
      : `; verified after ${span(time_to_verified.p50_ms ?? 0)}, 95 % within ${span(time_to_verified.p95_ms)}`
  const line = parts.length === 0 ? '' : `  changes: ${parts.join(', ')}${time}\n`
  const undone = reverted.map(
    ({ intent }) =>
      `  ${paint.red('reverted')}  ${safe(intent.action)} of ${safe(intent.id ?? '')}: rollcall actions --show ${intent.intent}\n`,
  )
  return stopped.join('') + line + undone.join('')
}
