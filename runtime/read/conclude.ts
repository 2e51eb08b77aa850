/** All streams are read: ask what one says of another, judge parents first, and publish each snapshot with its verdict. */
import { judgeAbsence } from '../judge/absence.ts'
import { boundByCeiling, ceiling } from '../judge/ceiling.ts'
import { scopeFindings } from '../judge/scope.ts'
import { DEFAULT_THRESHOLDS } from '../judge/thresholds.ts'
import { judge } from '../judge/verdict.ts'
import type { Absence } from '../store/port.ts'
import type { Ceiling, Finding, ReadFacts, Verdict } from '../types.ts'
import { closureOf, type Reads } from './closure.ts'
import { assessWord, isAcross, positiveControl, wordsOf } from './prove.ts'
import type { ReadOnce } from './read-once.ts'
import type { StreamResult, SyncOptions } from './run.ts'
import { askScope } from './scope.ts'

type ConcludeContext = SyncOptions & { readonly sync: number; readonly fingerprint: string }

/** By-id reads spent on confirming deletions, a stream and sync; what is beyond stays `vanished`. */
const CONFIRM_LIMIT = 500

export async function concludeAll(context: ConcludeContext, reads: Reads): Promise<{ readonly [stream: string]: StreamResult }> {
  const closure = await closureOf(reads)
  const scope = scopeFindings(await askScope(context), context.connection.attested, new Date(context.now()).toISOString())
  const ceilings = ceiling(context.connector)
  const sessions = Object.fromEntries(Object.entries(reads).map(([name, once]) => [name, once.session]))
  const results: Record<string, StreamResult> = {}
  for (const name of context.connector.order) {
    const once = reads[name]
    if (once === undefined) continue
    context.onProgress?.({ kind: 'stream', stream: name, phase: 'judging', attempt: once.session.attempt })
    const across: Finding[] = []
    for (const options of wordsOf(once))
      if (isAcross(options)) across.push(...(await assessWord({ ...once.proof, sessions }, options, once.view)))
    const findings = [...once.findings, ...across, ...(closure[name] ?? []), ...scope]
    const facts: ReadFacts = { ...once.facts, parents: verdictsOf(once, results) }
    results[name] = await concludeStream(
      context,
      once,
      facts,
      findings,
      ceilings.find((one) => one.stream === name),
    )
    context.onProgress?.({ kind: 'verdict', stream: name, verdict: (results[name] as StreamResult).verdict })
  }
  return results
}

function verdictsOf(once: ReadOnce, results: { readonly [stream: string]: StreamResult }): ReadFacts['parents'] {
  return Object.values(once.compiled.stream.each).flatMap((each) => {
    if (each.from !== 'stream') return []
    return [{ stream: each.stream, verdict: results[each.stream]?.verdict.is ?? 'unproven' }]
  })
}

async function concludeStream(
  context: ConcludeContext,
  once: ReadOnce,
  facts: ReadFacts,
  findings: readonly Finding[],
  bound: Ceiling | undefined,
): Promise<StreamResult> {
  const { session, compiled } = once
  const { name, fresh_for_s } = compiled.stream
  const at = new Date(context.now()).toISOString()
  const latest = (await context.store.snapshots(context.connection.name)).find((one) => one.latest.stream === name)
  const base = latest?.complete ?? latest?.latest ?? null
  const absent = await session.absent(CONFIRM_LIMIT)
  const judged = judge({
    facts,
    findings,
    at,
    fresh_for_s,
    fingerprint: { now: context.fingerprint, baseline: base?.fingerprint ?? null },
    absent: absent.base > 0 ? { base: absent.base, count: absent.count } : null,
    thresholds: DEFAULT_THRESHOLDS,
  })
  const bounded = bound === undefined ? judged : boundByCeiling(judged, bound)
  const { hold, may_confirm } = judgeAbsence({
    base: absent.base,
    absent: absent.count,
    verdict: bounded,
    thresholds: DEFAULT_THRESHOLDS,
  })
  const verdict: Verdict = { ...bounded, hold: hold ?? bounded.hold }
  const absences = verdict.is === 'complete' ? await confirmAbsences(once, absent.count, may_confirm) : []
  const snapshot = await context.store.publish(context.sync, context.connection.name, {
    stream: name,
    session,
    verdict,
    facts,
    absences,
    at,
    fingerprint: context.fingerprint,
  })
  const confirmed = absences.filter((absence) => absence.confirmed).length
  return { verdict, facts, snapshot, vanished: absences.length - confirmed, confirmed_deleted: confirmed }
}

/**
 * Ids of the last snapshot that a complete read lacks. `confirmed`: a by-id read says gone, and a record known to be alive,
 * asked the same way at the same time, answers; an error is never "gone".
 */
async function confirmAbsences(once: ReadOnce, count: number, may_confirm: boolean): Promise<readonly Absence[]> {
  if (count === 0) return []
  const { ids } = await once.session.absent(count)
  const { byId } = once
  if (!may_confirm || byId === null || (await positiveControl(once.session, byId)) !== true)
    return ids.map((id) => ({ id, confirmed: false }))
  const asked = ids.slice(0, CONFIRM_LIMIT)
  const gone = new Set<string>()
  await Promise.all(asked.map(async (id) => ((await byId(id)) === 'gone' ? gone.add(id) : undefined)))
  return ids.map((id) => ({ id, confirmed: gone.has(id) }))
}
