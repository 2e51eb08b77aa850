/** What a sync says when it is over: the versioned document, and the same for people. */

import type { GateReason } from '../runtime/certify-types.ts'
import { withReverts } from '../runtime/govern/gate-of.ts'
import { gate } from '../runtime/judge/gate.ts'
import { fingerprintOf, type SyncResult } from '../runtime/read/sync.ts'
import type { Connection, Connector, GateAnswer } from '../runtime/types.ts'
import { EXIT, type Exit, JSON_VERSION } from './io.ts'
import { cutTo, type Paint, plural, safe, table } from './text.ts'
import { because, gateLines, nextLines, paintedVerdict, stepLines, stepText } from './verdict-text.ts'

export type SyncReport = { readonly json: object; readonly text: (paint: Paint, width: number) => string; readonly exit: Exit }

/** Exit 4 where a certified stream of this sync is not complete; 3 where it was stopped before its end. */
export function report(o: {
  readonly connector: Connector
  readonly connection: Connection
  readonly result: SyncResult
  readonly now_ms: number
  readonly resume: string
  /** Of what was verified and is undone: they close the gate. */
  readonly reverted: readonly GateReason[]
}): SyncReport {
  const { connector, connection, result } = o
  const streams = Object.entries(result.streams).map(([name, s]) => ({
    name,
    certified: connector.streams[name]?.certified ?? true,
    ...s,
  }))
  const closed = streams.some((s) => s.certified && s.verdict.is !== 'complete')
  const judged: GateAnswer | null =
    result.state !== 'finished'
      ? null
      : gate({
          connection: connection.name,
          snapshots: streams.map((s) => s.snapshot),
          streams: streams.map(({ name, certified }) => ({
            name,
            certified,
            fresh_for_s: connector.streams[name]?.fresh_for_s ?? 0,
          })),
          now_ms: o.now_ms,
          fingerprint: fingerprintOf(connector, connection),
        })
  const answer = judged === null ? null : withReverts(judged, o.reverted)
  const json = {
    version: JSON_VERSION,
    command: 'sync',
    connection: connection.name,
    connector: connector.connector,
    sync: result.sync,
    resumed: result.resumed,
    state: result.state,
    because: result.because,
    streams: Object.fromEntries(streams.map(({ name, certified, ...s }) => [name, streamJson(certified, s)])),
    gate:
      answer === null
        ? { is: 'deny', reasons: [{ stream: '', because: `the sync is ${result.state}`, settle: o.resume }] }
        : { is: answer.is, reasons: answer.reasons },
  }
  const text = (paint: Paint, width: number): string => {
    const title = `${paint.bold(safe(connection.name))}  sync ${result.sync} ${result.state}${result.resumed > 0 ? `, taken up again ${plural(result.resumed, 'time')}` : ''}\n`
    if (answer === null) return `${title}  ${safe(result.because ?? '')}\n  ${paint.yellow('next')}  ${o.resume}\n`
    const said = new Set(streams.map((s) => `${s.name} ${s.verdict.because}`))
    const held = new Set(
      streams.flatMap((s) => (s.verdict.hold === null ? [] : [`${s.name} removals are held: ${s.verdict.hold}`])),
    )
    const told = ({ stream, because: why }: GateAnswer['reasons'][number]) =>
      said.has(`${stream} ${why}`) || held.has(`${stream} ${why}`)
    return title + streamLines(connection.name, streams, paint, width) + gateLines(answer, paint, told)
  }
  return {
    json,
    text,
    exit: result.state !== 'finished' ? EXIT.environment : closed || o.reverted.length > 0 ? EXIT.gate : EXIT.fine,
  }
}

type StreamResult = SyncResult['streams'][string]

function streamJson(certified: boolean, { verdict, facts, snapshot, vanished, confirmed_deleted }: StreamResult): object {
  return {
    is: facts.is,
    verdict: verdict.is,
    because: verdict.because,
    records: snapshot.records,
    certified,
    requests: facts.requests,
    pages: facts.pages,
    created: facts.created,
    updated: facts.updated,
    vanished,
    confirmed_deleted,
    evidence: verdict.findings,
    gaps: facts.gaps,
    more_gaps: facts.more_gaps,
    filtered: facts.filtered,
    quarantined: facts.quarantined,
    next_steps: verdict.next_steps,
    hold: verdict.hold,
    rules: verdict.rules,
  }
}

const GAPS_SHOWN = 5

type Named = StreamResult & { readonly name: string; readonly certified: boolean }

/** The lines of all streams are aligned with each other; the details of each follow its line. */
function streamLines(connection: string, streams: readonly Named[], paint: Paint, width: number): string {
  const rows = streams.map(({ name, certified, verdict, snapshot }) => {
    const shown = certified ? paint.bold(safe(name)) : `${paint.bold(safe(name))} ${paint.dim('(not certified)')}`
    return [shown, paintedVerdict(verdict.is, paint), plural(snapshot.records, 'record'), because(verdict)]
  })
  const heads = cutTo(table(rows), width).split('\n')
  const shared = sharedSteps(streams)
  const own = streams.map((s, i) => `${heads[i] ?? ''}\n${details(connection, s, paint, new Set(shared.keys()))}`)
  const common = nextLines(
    [...shared].map(([step, of]) => `${stepText(step)} ${paint.dim(`(${of.map(safe).join(', ')})`)}`),
    paint,
    '  ',
  )
  return own.join('') + common
}

/** Steps that settle something in several streams are said once. */
function sharedSteps(streams: readonly Named[]): ReadonlyMap<string, readonly string[]> {
  const of = new Map<string, readonly string[]>()
  for (const { name, verdict } of streams) for (const step of verdict.next_steps) of.set(step, [...(of.get(step) ?? []), name])
  return new Map([...of].filter(([, names]) => names.length > 1))
}

function details(connection: string, s: Named, paint: Paint, shared: ReadonlySet<string>): string {
  const { verdict, facts } = s
  const moved = [
    [facts.created, 'created'],
    [facts.updated, 'updated'],
    [s.vanished, 'vanished'],
    [s.confirmed_deleted, 'confirmed deleted'],
  ] as const
  const changes = moved.flatMap(([n, what]) => (n > 0 ? [`${n.toLocaleString('en-US')} ${what}`] : [])).join(', ')
  const aside = Object.entries({ ...facts.quarantined }).map(([reason, n]) => `${n} kept aside: ${safe(reason)}`)
  const filtered = Object.entries(facts.filtered).map(([name, n]) => `${n} filtered: ${safe(name)}`)
  const gaps = facts.gaps.slice(0, GAPS_SHOWN).map((gap) => `gap ${safe(gap.partition)} ${safe(gap.where)}: ${safe(gap.because)}`)
  const rest = facts.gaps.length + facts.more_gaps - gaps.length
  const more = rest > 0 ? [`and ${plural(rest, 'gap')} more; \`rollcall status ${safe(connection)} --gaps\` lists them`] : []
  const lines = [...(changes === '' ? [] : [changes]), ...aside, ...filtered, ...gaps, ...more]
  return lines.map((line) => `      ${line}\n`).join('') + stepLines(verdict, paint, '      ', shared)
}
