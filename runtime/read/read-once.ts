/**
 * One stream read until its facts stand still: read, ask the proofs that need no other stream, and where something moved under
 * the read (an expired cursor, a total or an order that changed, a second pass that differs) read again, three times at most.
 */

import { barePageFindings } from '../judge/bare-pages.ts'
import type { ProveView } from '../kinds/kind.ts'
import { MODELS } from '../kinds/model.ts'
import { type AskById, openById } from '../record/by-id.ts'
import type { CompiledStream } from '../record/compile.ts'
import type { ReadSession, Snapshot, Store } from '../store/port.ts'
import type { Finding, Progress, ReadFacts, Send } from '../types.ts'
import { barePages } from './bare-pages.ts'
import { ATTEMPTS, type ReadContext } from './context.ts'
import { attemptOf, type Listener, movement } from './evidence.ts'
import { declaredTotal, type Fold, newFold, readFacts } from './facts.ts'
import type { ProofContext } from './proof-context.ts'
import { assessWord, brokeOff, countsBefore, isAcross, wordsOf } from './prove.ts'
import { readStream, type Sessions } from './stream.ts'

export type StreamContext = Pick<ReadContext, 'connector' | 'compiled' | 'names' | 'send' | 'now' | 'signal'> & {
  readonly store: Store
  readonly sync: number
  readonly connection: string
  readonly sessions: Sessions
  readonly whoami: ProofContext['whoami']
  readonly canaries: readonly string[]
  readonly baseline: ReadFacts['baseline']
  /** Of `SyncOptions`. */
  readonly off: readonly string[]
  readonly listener: Listener | undefined
  readonly onProgress: (progress: Progress) => void
}

export type ReadOnce = {
  readonly session: ReadSession
  readonly compiled: CompiledStream
  readonly fold: Fold
  readonly facts: ReadFacts
  readonly view: ProveView
  readonly proof: ProofContext
  readonly byId: AskById | null
  /** Of the proofs that need no other stream. */
  readonly findings: readonly Finding[]
  /** Requests that proofs have cost so far. */
  readonly proof_requests: () => number
  /** An earlier process of this sync got as far as publishing it: what it said stands. */
  readonly published: Snapshot | null
}

/** Null: stopped on request; the checkpoint stands. */
export async function readOnce(context: StreamContext): Promise<ReadOnce | null> {
  const { compiled, store, sync } = context
  const { name } = compiled.stream
  let session = await store.read(sync, context.connection, name)
  const published = (await store.snapshots(context.connection)).find(
    ({ latest }) => latest.stream === name && latest.sync === sync,
  )
  if (published !== undefined) return asPublished(context, session, published.latest)
  const asking = counting(context.send)
  const proving = { ...context, send: asking.send }
  for (;;) {
    context.onProgress({ kind: 'stream', stream: name, phase: 'reading', attempt: session.attempt })
    const begun = await begin(proving, session)
    if (begun === null) return null
    const read = await readStream({ ...context, session }, context.sessions)
    if (read.end === 'stopped') return null
    if (read.end === 'restart') {
      session = await session.restart('the target gave up its paging position')
      continue
    }
    context.onProgress({ kind: 'stream', stream: name, phase: 'proving', attempt: session.attempt })
    const once = await prove(proving, session, read.fold, begun)
    if (context.signal?.aborted) return null
    const moved = movement(once, context.off)
    if (moved === null || session.attempt >= ATTEMPTS) return { ...once, proof_requests: asking.requests, published: null }
    await context.listener?.again(name, attemptOf(once))
    session = await session.restart(moved)
  }
}

/** A snapshot does not change any more: nothing is read, proven or begun again, whatever the target has become since. */
function asPublished(context: StreamContext, session: ReadSession, published: Snapshot): ReadOnce {
  const { facts } = published
  const fold = newFold({ per_partition: false, longest_page: false })
  const byId = openById(context)
  const proof: ProofContext = { ...context, session, fold, byId, before: {} }
  const view: ProveView = { facts, total: declaredTotal(fold) }
  const { compiled } = context
  return { session, compiled, fold, facts, view, proof, byId, findings: [], proof_requests: () => 0, published }
}

function counting(send: Send): { readonly send: Send; readonly requests: () => number } {
  let requests = 0
  return {
    send: async (request, options) => {
      const observation = await send(request, options)
      requests += observation.requests
      return observation
    },
    requests: () => requests,
  }
}

type Begun = { readonly started_at: string; readonly before: { readonly [key: string]: number | null } }

/** What must be known before the first page; durable, so that a resumed read does not count again. Null: stopped on request. */
async function begin(context: StreamContext, session: ReadSession): Promise<Begun | null> {
  const key = `begun ${context.compiled.stream.name} ${session.attempt}`
  const noted = (await context.store.notes(context.sync))[key]
  if (noted !== undefined) return noted as unknown as Begun
  const before = await countsBefore({ ...context, session })
  // A count that was called off is no count that was not answered.
  if (context.signal?.aborted) return null
  const begun: Begun = { started_at: new Date(context.now()).toISOString(), before }
  await context.store.note(context.sync, key, begun)
  return begun
}

type Proven = Omit<ReadOnce, 'proof_requests' | 'published'>

async function prove(context: StreamContext, session: ReadSession, fold: Fold, begun: Begun): Promise<Proven> {
  const { compiled } = context
  const { stream } = compiled
  const twins = fold.mixed_case > 0 && !stream.id_is_case_sensitive ? await session.caseTwins(5) : []
  const facts = readFacts(fold, {
    stream: stream.name,
    is: stream.is,
    attempt: session.attempt,
    started_at: begun.started_at,
    ended_at: new Date(context.now()).toISOString(),
    case_twins: twins,
    in_store: await session.inStore(),
    by_offset: compiled.pages.by_offset,
    parents: [],
    floor: stream.floor,
    required: (MODELS[stream.is] as { readonly required: readonly string[] }).required,
    baseline: context.baseline,
  })
  const byId = openById(context)
  const proof: ProofContext = { ...context, session, fold, byId, before: begun.before }
  const view: ProveView = { facts, total: declaredTotal(fold) }
  const findings: Finding[] = []
  for (const options of wordsOf(context)) if (!isAcross(options)) findings.push(...(await assessWord(proof, options, view)))
  if (!context.off.includes('bare_pages') && !brokeOff(facts))
    findings.push(...barePageFindings(await barePages({ ...context, session }, fold)))
  return { session, compiled, fold, facts, view, proof, byId, findings }
}
