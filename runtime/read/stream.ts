/** One read of one stream: every partition of it, with bounded concurrency, from where the page ledger says it stopped. */
import { Failure } from '../errors.ts'
import type { Names } from '../record/request.ts'
import type { ReadSession } from '../store/port.ts'
import type { Each, Json, Progress, StoredRecord, Stream } from '../types.ts'
import type { Partition, ReadContext } from './context.ts'
import { type Fold, foldPage, newFold } from './facts.ts'
import { type PartitionEnd, type Position, readPartition } from './partition.ts'
import { pool } from './pool.ts'

export type StreamRead = { readonly session: ReadSession; readonly fold: Fold; readonly end: PartitionEnd }

/** Sessions of the streams read before, by name. */
export type Sessions = { readonly [stream: string]: ReadSession }

const PARENT_PAGE = 500

export async function readStream(
  context: Omit<ReadContext, 'onPage' | 'longest'> & { readonly onProgress: (progress: Progress) => void },
  sessions: Sessions,
): Promise<StreamRead> {
  const { compiled, session } = context
  const { stream } = compiled
  const total = compiled.total !== null
  const fold = newFold({
    per_partition: stream.prove.some((word) => word.kind === 'count_per_parent'),
    longest_page: stream.prove.some((word) => word.kind === 'second_pass'),
  })
  const resume = new Map<string, { no: number; position: Position } | 'done'>()
  for await (const page of session.pages()) {
    foldPage(fold, page, total)
    resume.set(
      page.partition,
      page.next.kind === 'page' ? { no: page.no + 1, position: page.next.state as unknown as Position } : 'done',
    )
  }
  const seen = { partitions: 0 }
  const longest = { rows: 0 }
  const onPage: ReadContext['onPage'] = (page) => {
    foldPage(fold, page, total)
    context.onProgress({
      kind: 'page',
      stream: stream.name,
      pages: fold.pages,
      records: fold.stored,
      total: page.facts.total,
      partitions_done: fold.closed,
      partitions: Math.max(seen.partitions, fold.closed + fold.open.size),
    })
  }
  // Where one list must begin again all do: what the others still read would be thrown away.
  const restart = new AbortController()
  const signal = AbortSignal.any([restart.signal, ...(context.signal === undefined ? [] : [context.signal])])
  await pool(partitionsOf(stream, context.names, sessions), context.connector.limits.concurrent, async (partition) => {
    seen.partitions++
    const from = resume.get(partition.key)
    if (from === 'done' || signal.aborted) return
    const end = await readPartition({ ...context, signal, onPage, longest }, partition, from ?? null)
    if (end === 'restart') restart.abort()
  })
  return { session, fold, end: context.signal?.aborted ? 'stopped' : restart.signal.aborted ? 'restart' : 'done' }
}

/** The product of what `each` names; one partition with the key '' where it names nothing. */
export async function* partitionsOf(stream: Stream, names: Names, sessions: Sessions): AsyncIterable<Partition> {
  yield* product(Object.entries(stream.each), { key: '', vars: {} }, names, sessions)
}

async function* product(
  each: readonly (readonly [string, Each])[],
  so_far: Partition,
  names: Names,
  sessions: Sessions,
): AsyncIterable<Partition> {
  const [first, ...rest] = each
  if (first === undefined) {
    yield so_far
    return
  }
  const [variable, source] = first
  for await (const { key, value } of valuesOf(source, names, sessions)) {
    const joined = `${so_far.key === '' ? '' : `${so_far.key}&`}${variable}=${encodeURIComponent(key)}`
    yield* product(rest, { key: joined, vars: { ...so_far.vars, [variable]: value } }, names, sessions)
  }
}

async function* valuesOf(
  source: Each,
  names: Names,
  sessions: Sessions,
): AsyncIterable<{ readonly key: string; readonly value: unknown }> {
  switch (source.from) {
    case 'values':
      yield* listed(source.values, 'each')
      return
    case 'setting': {
      const list = (names['settings'] as { readonly [name: string]: Json } | undefined)?.[source.setting]
      const where = `settings.${source.setting}`
      if (!Array.isArray(list))
        throw new Failure('read/setting-list', where, `setting ${source.setting} must be a list to read each of it`)
      yield* listed(list, where)
      return
    }
    case 'stream': {
      const session = sessions[source.stream]
      if (session === undefined)
        throw new Failure(
          'read/parent-not-read',
          `streams.${source.stream}`,
          `stream ${source.stream} must be read before the lists below it`,
        )
      for await (const record of recordsOf(session)) yield { key: record.id, value: parentOf(record) }
    }
  }
}

/** A value that stands twice would be read twice, and every record below it would look repeated. */
function listed(values: readonly Json[], where: string): readonly { readonly key: string; readonly value: Json }[] {
  const keyed = values.map((value) => ({ key: String(value), value }))
  const twice = keyed.find(({ key }, index) => keyed.findIndex((other) => other.key === key) < index)
  if (twice !== undefined) throw new Failure('read/setting-list', where, `${where} holds \`${twice.key.slice(0, 80)}\` twice`)
  return keyed
}

/** Every record of a read, memory-flat. */
export async function* recordsOf(session: ReadSession): AsyncIterable<StoredRecord> {
  for (let after = 0; ; ) {
    const records = await session.records(after, PARENT_PAGE)
    yield* records
    const last = records.at(-1)
    if (last === undefined || records.length < PARENT_PAGE) return
    after = last.seq
  }
}

/** A parent as its children's templates and values see it: id, fields and kept values side by side. */
function parentOf(record: StoredRecord): object {
  const { keep, ...fields } = record.fields as { readonly keep?: object }
  return { ...fields, ...keep, id: record.id }
}
