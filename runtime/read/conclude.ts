/** All streams are read: ask what one says of another, judge parents first, and publish each snapshot with its verdict. */
import { judgeAbsence } from '../judge/absence.ts'
import { boundByCeiling, ceiling } from '../judge/ceiling.ts'
import { scopeFindings } from '../judge/scope.ts'
import { DEFAULT_THRESHOLDS } from '../judge/thresholds.ts'
import { judge } from '../judge/verdict.ts'
import { openById } from '../record/by-id.ts'
import type { Absence, Snapshot } from '../store/port.ts'
import type { Ceiling, Connection, Finding, ReadFacts, Verdict } from '../types.ts'
import { closureOf, type Reads } from './closure.ts'
import { attemptOf } from './evidence.ts'
import { assessWord, brokeOff, isAcross, positiveControl, wordsOf } from './prove.ts'
import type { ReadOnce } from './read-once.ts'
import type { StreamResult, SyncOptions } from './run.ts'
import { askScope, unaskedScope } from './scope.ts'
import type { Sessions } from './stream.ts'

type ConcludeContext = SyncOptions & { readonly sync: number; readonly fingerprint: string }

/** By-id reads spent on confirming deletions, a stream and sync; what is beyond stays `vanished`. */
const CONFIRM_LIMIT = 500

/** Null: stopped on request. What is published by then stays; the rest is asked again by the next process. */
export async function concludeAll(
  context: ConcludeContext,
  reads: Reads,
): Promise<{ readonly [stream: string]: StreamResult } | null> {
  const off = context.off ?? []
  const closure = off.includes('closure') ? {} : await closureOf(reads)
  const heard = !Object.values(reads).every(({ facts }) => brokeOff(facts))
  const asked = off.includes('scope_proof') ? [] : await (heard ? askScope(context) : unaskedScope(context.connector))
  const scope = scopeFindings(asked, context.connection.attested, new Date(context.now()).toISOString())
  const ceilings = ceiling(context.connector, plantedIn(context.connection))
  const sessions = Object.fromEntries(Object.entries(reads).map(([name, once]) => [name, once.session]))
  const results: Record<string, StreamResult> = {}
  for (const name of context.connector.order) {
    const once = reads[name]
    if (once === undefined) continue
    if (once.published !== null) {
      results[name] = await asPublished(context, once.published)
      continue
    }
    context.onProgress?.({ kind: 'stream', stream: name, phase: 'judging', attempt: once.session.attempt })
    const across: Finding[] = []
    for (const options of wordsOf({ compiled: once.compiled, off }))
      if (isAcross(options)) across.push(...(await assessWord({ ...once.proof, sessions }, options, once.view)))
    const others = [...across, ...(closure[name] ?? []), ...scope]
    const requests = once.facts.requests + once.proof_requests()
    const facts: ReadFacts = { ...once.facts, requests, parents: verdictsOf(once, results) }
    const result = await concludeStream(
      context,
      once,
      facts,
      others,
      ceilings.find((one) => one.stream === name),
      sessions,
    )
    if (result === null) return null
    results[name] = result
    context.onProgress?.({ kind: 'verdict', stream: name, verdict: result.verdict })
  }
  return results
}

const absencesKey = (stream: string): string => `absences ${stream}`

/** As the earlier process published it. */
async function asPublished(context: ConcludeContext, snapshot: Snapshot): Promise<StreamResult> {
  const noted = (await context.store.notes(context.sync))[absencesKey(snapshot.stream)] as unknown as Absences | undefined
  const { verdict, facts } = snapshot
  return { verdict, facts, snapshot, ...(noted ?? { vanished: 0, confirmed_deleted: 0 }) }
}

type Absences = Pick<StreamResult, 'vanished' | 'confirmed_deleted'>

function plantedIn(connection: Connection): readonly string[] {
  return Object.entries(connection.canaries).flatMap(([stream, ids]) => (ids.length > 0 ? [stream] : []))
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
  others: readonly Finding[],
  bound: Ceiling | undefined,
  sessions: Sessions,
): Promise<StreamResult | null> {
  const { session, compiled } = once
  const { name, fresh_for_s } = compiled.stream
  const at = new Date(context.now()).toISOString()
  const latest = (await context.store.snapshots(context.connection.name)).find((one) => one.latest.stream === name)
  const base = latest?.complete ?? latest?.latest ?? null
  const absent = await session.absent(CONFIRM_LIMIT)
  const history = {
    at,
    fresh_for_s,
    fingerprint: { now: context.fingerprint, baseline: base?.fingerprint ?? null },
    absent: absent.base > 0 ? { ...absent, left_behind: await leftBehind(context, once, absent.ids, sessions) } : null,
    thresholds: DEFAULT_THRESHOLDS,
  }
  const judged = (facts: ReadFacts, own: readonly Finding[], off: readonly string[]): Verdict => {
    const verdict = judge({ ...history, facts, findings: [...own, ...others], off })
    // A ceiling says what can be confirmed at best.
    return bound === undefined || off.includes('confirmation') ? verdict : boundByCeiling(verdict, bound)
  }
  const bounded = judged(facts, once.findings, context.off ?? [])
  context.listener?.judged(name, attemptOf(once), (attempt, off, parents) =>
    judged({ ...attempt.facts, parents }, attempt.findings(off), off),
  )
  const { hold, may_confirm } = judgeAbsence({
    base: absent.base,
    absent: absent.count,
    verdict: bounded,
    thresholds: DEFAULT_THRESHOLDS,
  })
  const verdict: Verdict = { ...bounded, hold: hold ?? bounded.hold }
  const absences = verdict.is === 'complete' ? await confirmAbsences(once, absent.count, may_confirm) : []
  // Requests that were called off would stand there as a target that did not answer.
  if (context.signal?.aborted) return null
  const confirmed_deleted = absences.filter((absence) => absence.confirmed).length
  const counts = { vanished: absences.length - confirmed_deleted, confirmed_deleted }
  await context.store.note(context.sync, absencesKey(name), counts)
  const snapshot = await context.store.publish(context.sync, context.connection.name, {
    stream: name,
    session,
    verdict,
    facts,
    absences,
    at,
    fingerprint: context.fingerprint,
  })
  return { verdict, facts, snapshot, ...counts }
}

/** Spread over the absent edges; enough to tell a layoff, whose people are gone too, from a list that leaves edges out. */
const LOOK_AT = 100

async function leftBehind(
  { store, connection }: ConcludeContext,
  { compiled }: ReadOnce,
  absent: readonly string[],
  sessions: Sessions,
): Promise<{ readonly looked_at: number; readonly live: number } | null> {
  const accounts = (compiled.stream.refers['account'] ?? []).flatMap((name) => sessions[name] ?? [])
  if (accounts.length === 0 || absent.length === 0) return null
  const step = Math.max(1, Math.floor(absent.length / LOOK_AT))
  const names: string[] = []
  for (let at = 0; at < absent.length; at += step) {
    const options = { which: 'complete', after: 0, limit: 1, id: absent[at] as string } as const
    const [record] = await store.records(connection.name, compiled.stream.name, options)
    if (typeof record?.fields['account'] === 'string') names.push(record.fields['account'])
  }
  const found = await Promise.all(accounts.map((session) => session.has(names)))
  const live = names.filter((_, i) => found.some((answers) => answers[i])).length
  return names.length === 0 ? null : { looked_at: names.length, live }
}

/**
 * Ids of the last snapshot that a complete read lacks. `confirmed`: a by-id read says gone, and a record known to be alive,
 * asked the same way before and after, answers; an error is never "gone". All are asked anew: what a proof heard may be hours old.
 */
async function confirmAbsences(once: ReadOnce, count: number, may_confirm: boolean): Promise<readonly Absence[]> {
  if (count === 0) return []
  const { ids } = await once.session.absent(count)
  const gone = may_confirm ? await goneNow(once, ids.slice(0, CONFIRM_LIMIT)) : NOBODY
  return ids.map((id) => ({ id, confirmed: gone.has(id) }))
}

const NOBODY: ReadonlySet<string> = new Set()

/** Two controls, for a permission may be lost between them. */
async function goneNow(once: ReadOnce, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const before = openById(once.proof)
  const after = openById(once.proof)
  if (before === null || after === null || (await positiveControl(once.session, before)) !== true) return NOBODY
  const answers = await Promise.all(ids.map(before))
  if ((await positiveControl(once.session, after)) !== true) return NOBODY
  return new Set(ids.filter((_, index) => answers[index] === 'gone'))
}
