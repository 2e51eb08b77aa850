/**
 * One separately paged part of a stream: ask, open, store with its checkpoint in one transaction, go on.
 * The next page is asked for while this one is mapped and stored.
 */
import { hash } from 'node:crypto'
import type { RequestPatch } from '../kinds/kind.ts'
import type { CompiledStream } from '../record/compile.ts'
import { expandRecords } from '../record/expand.ts'
import { type Answer, type OpenedPage, openPage } from '../record/page.ts'
import { buildRequest, type Names } from '../record/request.ts'
import { idOrNull, takeRows, withoutDuplicates } from '../record/rows.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { Gap, Observation, PageFacts, PageRow, PageState } from '../types.ts'
import { lookBehind } from './behind.ts'
import { ATTEMPTS, type Partition, type ReadContext, type Refused, wantsRestart } from './context.ts'

/** A checkpoint: the paging word's state, and what the runtime needs beside it. */
export type Position = {
  readonly page: PageState
  readonly last_id: string | null
  readonly last_sort: string | number | null
  /** How long nothing new came: an empty page counts 1, one with only known records 20. */
  readonly stale: number
}

export type PartitionEnd = 'done' | 'stopped' | 'restart'

/** Beyond it a list that yields nothing new is called endless (fault R9). Real lists have short runs of empty pages only. */
const STALE_LIMIT = 100

export async function readPartition(
  context: ReadContext,
  partition: Partition,
  from: { readonly no: number; readonly position: Position } | null,
): Promise<PartitionEnd> {
  const { compiled } = context
  let no = from?.no ?? 0
  let position = from?.position ?? firstPosition(compiled)
  let asked = ask(context, partition, position.page)
  for (;;) {
    const observation = await asked.answer
    if (context.signal?.aborted) return 'stopped'
    const restart = wantsRestart(observation, no)
    const expired = no === from?.no && mayHaveExpired(observation)
    if ((restart || expired) && context.session.attempt < ATTEMPTS) return 'restart'
    const opened = restart ? gaveUp(observation) : openAnswer(compiled, position.page, observation)
    const cursor = asked.cursor
    if (!opened.ok) {
      await commitGap(context, partition, no, cursor, observation, opened)
      return 'done'
    }
    const guarded = guardLoop(context, partition, opened, cursor, position)
    const answer = observation as Answer
    const { requests, ...ended } = await lookBehind(context, partition, position.page, answer, guarded)
    if (context.signal?.aborted) return 'stopped'
    const ahead = ended.next.kind === 'page' ? ask(context, partition, ended.next.state) : null
    const stored = await storePage(context, partition, no, cursor, position, answer, ended, requests)
    if (stored === null) return 'stopped'
    if (stored.next.kind !== 'page' || ahead === null) return 'done'
    position = stored.next.state as unknown as Position
    asked = ahead
    no++
    if (context.signal?.aborted) return 'stopped'
  }
}

export function firstPosition(compiled: CompiledStream): Position {
  return { page: compiled.pages.first(compiled.stream.pages), last_id: null, last_sort: null, stale: 0 }
}

/** Sends the request of a position; never rejects for what a target does. `cursor` is the digest of what is asked. */
function ask(
  context: ReadContext,
  partition: Partition,
  state: PageState,
): { readonly cursor: string; readonly answer: Promise<Observation> } {
  const { compiled, connector } = context
  const patch = compiled.pages.ask(compiled.stream.pages, state)
  const answer = sendDeclared(context, () => ({
    ...buildRequest(connector, compiled.stream.list, { ...context.names, ...partition.vars }, patch),
    takes_duplicates: true,
  }))
  // Whoever awaits it hears of a failure; where storing the page before failed first, nobody does.
  answer.catch(() => undefined)
  return { cursor: cursorOf(patch), answer }
}

function cursorOf(patch: RequestPatch): string {
  return hash('sha256', JSON.stringify(patch), 'base64url')
}

/** The first request after a pause: targets say in many ways that they no longer know a position of theirs. */
function mayHaveExpired(observation: Observation): boolean {
  return observation.kind === 'refused' && [400, 404, 422].includes(observation.status)
}

function gaveUp({ code, because }: Refused): OpenedPage {
  return { ok: false, code, because: `${because}; the list was begun ${ATTEMPTS} times` }
}

function openAnswer(compiled: CompiledStream, state: PageState, observation: Observation): OpenedPage {
  if (observation.kind !== 'answer') return { ok: false, code: observation.code, because: observation.because }
  return openPage(compiled, state, observation)
}

type Opened = Extract<OpenedPage, { ok: true }>

/** A position asked for twice is a loop of some length; a list that brings nothing new for long is endless. */
function guardLoop(context: ReadContext, partition: Partition, opened: Opened, cursor: string, position: Position): Opened {
  if (opened.next.kind !== 'page') return opened
  const following = cursorOf(context.compiled.pages.ask(context.compiled.stream.pages, opened.next.state))
  if (following === cursor || context.session.seenCursor(partition.key, following)) {
    return {
      ...opened,
      next: {
        kind: 'broken',
        code: 'read/loop',
        because: 'the next page is one that was read before: the list runs in a circle',
      },
    }
  }
  if (position.stale >= STALE_LIMIT) {
    return {
      ...opened,
      next: { kind: 'broken', code: 'read/endless', because: `the list goes on, but its last pages brought no new record` },
    }
  }
  return opened
}

/** Null: stopped on request; the page is asked for again by the next process. */
async function storePage(
  context: ReadContext,
  partition: Partition,
  no: number,
  cursor: string,
  position: Position,
  answer: Answer,
  opened: Opened,
  more_requests: number,
): Promise<PageRow | null> {
  const { compiled, session } = context
  const vars = { ...partition.vars, settings: context.names['settings'] }
  const stitch = stitchPage(compiled, vars, position, opened.records)
  const where = { partition: partition.key, vars, page: no }
  const clear = withoutDuplicates(opened.records.slice(stitch.drop), answer.duplicates, { compiled, ...where })
  const expanded = await expandRecords(context, where, clear.records)
  // Expansions that were called off are no failures of their records.
  if (expanded.requests > 0 && context.signal?.aborted) return null
  const received = opened.records.length > stitch.drop
  const taken = takeRows(expanded.records, { compiled, ...where, last_sort: position.last_sort })
  const quarantined = [...clear.quarantined, ...expanded.quarantined, ...taken.quarantined]
  const same_body = partition.key === '' && received && session.seenBody(answer.digest)
  let row: PageRow | undefined
  await session.commitPage(taken.rows, quarantined, (outcome) => {
    const fresh = outcome.stored > 0 || quarantined.length > 0 || Object.keys(taken.filtered).length > 0
    const stale = fresh ? 0 : position.stale + (received ? 20 : 1)
    const reasons = countReasons(quarantined.map((item) => item.reason))
    if (outcome.conflicting.length > 0) reasons['id/conflict'] = outcome.conflicting.length
    const facts: PageFacts = {
      fetched: opened.records.length,
      stored: outcome.stored,
      stitched: stitch.drop,
      repeated: outcome.repeated.length,
      filtered: taken.filtered,
      quarantined: reasons,
      created: outcome.created,
      updated: outcome.updated,
      total: opened.total,
      total_broken: opened.total_broken,
      filled: taken.filled,
      stitch: stitch.result,
      order: taken.order,
      mixed_case: taken.mixed_case,
      same_body,
      samples: {
        repeated: outcome.repeated.slice(0, 5),
        quarantined: [...outcome.conflicting, ...quarantined.map((item) => item.id ?? `(${item.reason})`)].slice(0, 5),
      },
      requests: answer.requests + expanded.requests + more_requests,
    }
    const following: Position = {
      page: opened.next.kind === 'page' ? opened.next.state : {},
      last_id: received ? idOrNull(compiled, opened.records.at(-1), vars) : position.last_id,
      last_sort: taken.last_sort,
      stale,
    }
    row = {
      partition: partition.key,
      no,
      at: new Date(context.now()).toISOString(),
      cursor,
      digest: answer.digest,
      facts,
      next: opened.next.kind === 'page' ? { kind: 'page', state: following } : opened.next,
      gap: opened.next.kind === 'broken' ? gapOf(context, partition, opened.next.code, opened.next.because) : null,
    }
    return row
  })
  context.onPage(row as PageRow)
  return row as PageRow
}

/** The first row of this page is asked to be the last of the one before; where it is, it is dropped, where not, nothing is. */
function stitchPage(
  compiled: CompiledStream,
  vars: Names,
  position: Position,
  records: readonly unknown[],
): { readonly drop: number; readonly result: PageFacts['stitch'] } {
  const overlap = compiled.pages.overlap(compiled.stream.pages, position.page)
  if (overlap === 0 || position.last_id === null) return { drop: 0, result: 'not_asked' }
  const found = records[overlap - 1]
  if (found !== undefined && idOrNull(compiled, found, vars) === position.last_id) return { drop: overlap, result: 'held' }
  return { drop: 0, result: 'differed' }
}

async function commitGap(
  context: ReadContext,
  partition: Partition,
  no: number,
  cursor: string,
  observation: Observation,
  failed: { readonly code: string; readonly because: string },
): Promise<void> {
  let row: PageRow | undefined
  await context.session.commitPage([], [], () => {
    row = {
      partition: partition.key,
      no,
      at: new Date(context.now()).toISOString(),
      cursor,
      digest: observation.kind === 'answer' ? observation.digest : '',
      facts: { ...NO_FACTS, requests: observation.requests },
      next: { kind: 'broken', code: failed.code, because: failed.because },
      gap: gapOf(context, partition, failed.code, `page ${no + 1}: ${failed.because}`),
    }
    return row
  })
  context.onPage(row as PageRow)
}

const NO_FACTS: PageFacts = {
  fetched: 0,
  stored: 0,
  stitched: 0,
  repeated: 0,
  filtered: {},
  quarantined: {},
  created: 0,
  updated: 0,
  total: null,
  total_broken: null,
  filled: {},
  stitch: 'not_asked',
  order: 'not_declared',
  mixed_case: 0,
  same_body: false,
  samples: { repeated: [], quarantined: [] },
  requests: 0,
}

function gapOf(context: ReadContext, partition: Partition, code: string, because: string): Gap {
  const { stream } = context.compiled
  return {
    stream: stream.name,
    partition: partition.key,
    code,
    where: `${stream.list.method} ${stream.list.path}`,
    because,
    at: new Date(context.now()).toISOString(),
  }
}

function countReasons(reasons: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}
