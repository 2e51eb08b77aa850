import { Failure } from '../runtime/errors.ts'
import { didYouMean } from '../runtime/spec/nearest.ts'
import type { JsonObject } from '../runtime/types.ts'
import { COMMON, type CommandSpec, STORE, whole } from './args.ts'
import { command } from './command.ts'
import { readingStore, storedConnection } from './compose.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, painter, plural, safe, table } from './text.ts'

const spec = {
  name: 'records',
  about:
    'The records of a stream in our fields, in a fixed order, page by page. By default of the last complete snapshot, else of the newest.',
  words: 'NAME STREAM',
  takes: [2, 2],
  flags: {
    which: { type: 'string', value: 'complete|latest', about: 'of which snapshot (default: complete, else the newest)' },
    limit: { type: 'string', value: 'N', about: 'records to show (default 50)' },
    after: { type: 'string', value: 'CURSOR', about: 'go on after this cursor' },
    id: { type: 'string', value: 'ID', about: 'only the record with this id' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall records acme users --limit 5', 'the first five'],
    ['rollcall records acme users --after 5 --json', 'go on, for a program'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words: [name = '', stream = ''] }, io) => {
  const limit = whole('--limit', flags.limit, 50, [1, 1_000_000])
  const after = whole('--after', flags.after, 0, [0, Number.MAX_SAFE_INTEGER])
  const which = flags.which ?? 'complete'
  if (which !== 'complete' && which !== 'latest') throw new Failure('cli/usage', '--which', '--which takes complete or latest')
  return readingStore(flags.store, io, async (store) => {
    await storedConnection(store, name)
    const snapshots = await store.snapshots(name)
    const found = snapshots.find(({ latest }) => latest.stream === stream)
    if (found === undefined) {
      const names = snapshots.map(({ latest }) => latest.stream)
      const hint =
        didYouMean(stream, names) ??
        (names.length === 0 ? `run \`rollcall sync ${safe(name)}\`` : `synced are ${names.map(safe).join(', ')}`)
      throw new Failure('cli/usage', 'records', `\`${safe(name)}\` has no synced stream \`${safe(stream)}\`; ${hint}`)
    }
    const snapshot = which === 'complete' ? (found.complete ?? found.latest) : found.latest
    const records = await store.records(name, stream, {
      which: found.complete === null ? 'latest' : which,
      after,
      limit,
      ...(flags.id === undefined ? {} : { id: flags.id }),
    })
    const next = records.length === limit && flags.id === undefined ? (records.at(-1)?.seq ?? null) : null
    const of = { sync: snapshot.sync, verdict: snapshot.verdict.is, records: snapshot.records, at: snapshot.at }
    if (flags.json) {
      io.out(jsonLine({ version: JSON_VERSION, command: 'records', connection: name, stream, snapshot: of, records, next }))
      return EXIT.fine
    }
    const paint = painter(io.color)
    io.err(`${safe(stream)} of sync ${of.sync}, ${of.verdict}, ${plural(of.records, 'record')}\n`)
    const columns = columnsOf(records.map((r) => r.fields))
    const rows = records.map((r) => [safe(r.id), ...columns.map((column) => cell(r.fields[column]))])
    if (rows.length > 0) io.out(table([['id', ...columns].map(paint.dim), ...rows], ''))
    if (next !== null) io.out(`next: --after ${next}\n`)
    return EXIT.fine
  })
})

/** Fields that any of the shown records has, in the model's order. */
function columnsOf(all: readonly JsonObject[]): readonly string[] {
  const seen = new Set(all.flatMap((fields) => Object.keys(fields)))
  return [...seen].filter((name) => name !== 'keep').slice(0, 8)
}

const CELL = 40

export function cell(value: unknown): string {
  const text = value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
  const points = [...text]
  return safe(points.length > CELL ? `${points.slice(0, CELL - 1).join('')}…` : text)
}
