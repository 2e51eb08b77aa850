/** Asks what the declared proofs want to know, of the target and of the store. The words judge; this only asks. */

import { Failure } from '../errors.ts'
import type { ProofAnswer, ProofAsk, ProveView } from '../kinds/kind.ts'
import { prove } from '../kinds/prove/index.ts'
import { compilePath } from '../kinds/value/path.ts'
import type { AskById } from '../record/by-id.ts'
import { askAll } from '../record/by-id.ts'
import { openPage } from '../record/page.ts'
import { buildRequest } from '../record/request.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { Finding, KindOptions, ReadFacts } from '../types.ts'
import type { Partition, ReadContext } from './context.ts'
import { unprobed } from './evidence.ts'
import { passOver } from './pass.ts'
import { perParent } from './per-parent.ts'
import type { ProofContext } from './proof-context.ts'
import { partitionsOf } from './stream.ts'

/** Whether the ask needs streams that are read after this one. */
export function isAcross(options: KindOptions): boolean {
  return wordOf(options)
    .asks(options)
    .some((ask) => ask.ask === 'by_id' && ask.of !== 'last_snapshot')
}

/**
 * The declared words, the by-id read of the last snapshot's missing ids where the target can answer it, and the operator's canaries
 * wherever the connection names some: a planted account that nobody looks for would be silence. Without those that are `off`.
 */
export function wordsOf(
  context: Pick<ReadContext, 'compiled'> & {
    readonly canaries?: readonly string[]
    readonly off: readonly string[]
  },
): readonly KindOptions[] {
  const { stream } = context.compiled
  const by_id = stream.get === null || stream.prove.some((word) => word.kind === 'by_id' && word['of'] === 'last_snapshot')
  const planted = (context.canaries?.length ?? 0) === 0 || stream.prove.some((word) => word.kind === 'canaries')
  const words = [
    ...stream.prove,
    ...(by_id ? [] : [{ kind: 'by_id', of: 'last_snapshot', sample: 100 }]),
    ...(planted ? [] : [{ kind: 'canaries' }]),
  ]
  const { off } = context
  return words.filter((word) => !off.includes(word.kind)).map((word) => (off.includes('total_probe') ? unprobed(word) : word))
}

/** Of a list that broke off nothing more is asked of the target: no answer could mend its verdict. */
export async function assessWord(context: ProofContext, options: KindOptions, view: ProveView): Promise<readonly Finding[]> {
  const word = wordOf(options)
  const asks = word.asks(options)
  if (brokeOff(view.facts) && !asks.every(needsNoAnswer)) return unasked(word.assess(options, view, []))
  const answers: ProofAnswer[] = []
  for (const ask of asks) answers.push(await answerTo(context, ask))
  return word.assess(options, view, answers)
}

export const brokeOff = (facts: Pick<ReadFacts, 'broken' | 'gaps'>): boolean => facts.broken.length > 0 || facts.gaps.length > 0

const needsNoAnswer = (ask: ProofAsk): boolean => ask.ask === 'has' && ask.ids === 'canaries'

function unasked(findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) =>
    finding.result === 'missing' ? { ...finding, settle: 'Read again: it is asked where the list reaches its end.' } : finding,
  )
}

function wordOf(options: KindOptions) {
  const word = prove[options.kind]
  if (word === undefined) throw new Failure('spec/unknown-kind', 'prove', `no such kind of proof: ${options.kind}`)
  return word
}

/** Counts that must be asked before the read begins. The key names the ask, so that a resumed read finds its own. */
export async function countsBefore(
  context: Omit<ProofContext, 'before' | 'fold' | 'byId'> & { readonly off: readonly string[] },
): Promise<{ [key: string]: number | null }> {
  const counts: { [key: string]: number | null } = {}
  for (const options of wordsOf(context)) {
    for (const ask of wordOf(options).asks(options))
      if (ask.ask === 'count') counts[countKey(ask)] = (await countNow(context, ask)).count
  }
  return counts
}

function countKey(ask: Extract<ProofAsk, { ask: 'count' }>): string {
  return `${ask.request.method} ${ask.request.path} ${ask.path}`
}

async function answerTo(context: ProofContext, ask: ProofAsk): Promise<ProofAnswer> {
  switch (ask.ask) {
    case 'list_once':
      return listOnce(context, ask.query)
    case 'count': {
      const after = await countNow(context, ask)
      const before = context.before[countKey(ask)] ?? null
      return {
        ask: 'count',
        before,
        after: after.count,
        failed: after.failed ?? (before === null ? 'the count before the read was not answered' : null),
      }
    }
    case 'pass':
      return passOver(context, ask)
    case 'by_id':
      return byIdOf(context, ask)
    case 'per_parent':
      return perParent(context, ask)
    case 'has':
      return has(context, ask.ids)
  }
}

/** Beyond so many lists the probe is not asked: it is one request each. */
const PROBE_LISTS = 200

/** The first page of every list with another query; totals and rows summed, as the read sums its own. */
async function listOnce(context: ProofContext, query: { readonly [name: string]: string }): Promise<ProofAnswer> {
  const sum = { total: 0, received: 0, lists: 0 }
  for await (const partition of partitionsOf(context.compiled.stream, context.names, context.sessions)) {
    if (sum.lists++ >= PROBE_LISTS) return noProbe(`more than ${PROBE_LISTS} lists: their totals are not probed`)
    const probed = await probe(context, partition, query)
    if ('failed' in probed) return noProbe(probed.failed)
    sum.total += probed.total
    sum.received += probed.received
  }
  return sum.lists === 0
    ? noProbe('there is nothing to list')
    : { ask: 'list_once', total: sum.total, received: sum.received, failed: null }
}

function noProbe(failed: string): ProofAnswer {
  return { ask: 'list_once', total: null, received: 0, failed }
}

async function probe(
  context: ProofContext,
  partition: Partition,
  query: { readonly [name: string]: string },
): Promise<{ readonly total: number; readonly received: number } | { readonly failed: string }> {
  const { compiled, connector } = context
  const state = compiled.pages.first(compiled.stream.pages)
  const patch = compiled.pages.ask(compiled.stream.pages, state)
  const observation = await sendDeclared(context, () =>
    buildRequest(connector, compiled.stream.list, { ...context.names, ...partition.vars }, patch, { query }),
  )
  if (observation.kind !== 'answer') return { failed: observation.because }
  const opened = openPage(compiled, state, observation)
  if (!opened.ok) return { failed: opened.because }
  if (opened.total === null) return { failed: opened.total_broken ?? 'the probe declared no total' }
  return { total: opened.total, received: opened.records.length }
}

async function countNow(
  context: Pick<ReadContext, 'connector' | 'names' | 'send' | 'signal'>,
  ask: Extract<ProofAsk, { ask: 'count' }>,
): Promise<{ readonly count: number | null; readonly failed: string | null }> {
  const observation = await sendDeclared(context, () => buildRequest(context.connector, ask.request, context.names))
  if (observation.kind !== 'answer') return { count: null, failed: observation.because }
  const found = compilePath(ask.path)(observation.body)
  const count = typeof found === 'string' && /^\s*\d{1,15}\s*$/.test(found) ? Number(found) : found
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return { count, failed: null }
  return { count: null, failed: `\`${ask.path}\` of ${ask.request.method} ${ask.request.path} is no count` }
}

async function byIdOf(context: ProofContext, ask: Extract<ProofAsk, { ask: 'by_id' }>): Promise<ProofAnswer> {
  const nothing = {
    ask: 'by_id',
    frame: 0,
    in_read: 0,
    absent: 0,
    alive: [],
    gone: 0,
    unanswered: 0,
    control_alive: null,
  } as const
  if (context.byId === null) return { ...nothing, failed: `stream ${context.compiled.stream.name} declares no \`get\`` }
  const known = await absentOf(context, ask)
  if (known === null) return { ...nothing, failed: `stream ${typeof ask.of === 'string' ? '' : ask.of.stream} was not read` }
  const asked = await askAll(context.byId, known.ids)
  const control = known.frame > 0 ? await positiveControl(context.session, context.byId) : null
  return {
    ask: 'by_id',
    frame: known.frame,
    in_read: known.frame - known.absent,
    absent: known.absent,
    ...asked,
    unanswered: asked.unanswered + known.absent - known.ids.length,
    control_alive: control,
    failed: null,
  }
}

async function absentOf(
  context: ProofContext,
  ask: Extract<ProofAsk, { ask: 'by_id' }>,
): Promise<{ readonly frame: number; readonly absent: number; readonly ids: readonly string[] } | null> {
  if (ask.of === 'last_snapshot') {
    const absent = await context.session.absent(ask.sample)
    return { frame: absent.base, absent: absent.count, ids: absent.ids }
  }
  const other = context.sessions[ask.of.stream]
  if (other === undefined) return null
  const dangling = await other.dangling(ask.of.field, [context.session], ask.sample)
  return { frame: dangling.named, absent: dangling.dangling, ids: dangling.ids }
}

/** A record known to be alive, asked the same way at the same time: without it "gone" could be a lost permission. */
export async function positiveControl(session: ReadContext['session'], ask: AskById): Promise<boolean | null> {
  const [control] = await session.sample(1)
  return control === undefined ? null : (await ask(control)) === 'alive'
}

async function has(context: ProofContext, ids: 'whoami' | 'canaries'): Promise<ProofAnswer> {
  if (ids === 'canaries') return hasAll(context, context.canaries)
  const own = await context.whoami()
  if ('failed' in own) return { ask: 'has', asked: 0, absent: [], failed: own.failed }
  return hasAll(context, [own.id])
}

async function hasAll(context: ProofContext, ids: readonly string[]): Promise<ProofAnswer> {
  const there = await context.session.has(ids)
  return { ask: 'has', asked: ids.length, absent: ids.filter((_, index) => there[index] !== true), failed: null }
}
