import { Failure } from '../../errors.ts'
import type { PageFacts, PageRow } from '../../types.ts'
import type { QuarantineRow, Row, RowsOutcome } from '../port.ts'
import { encodeRuns, runsOf } from '../runs.ts'
import { cleanJson, cleanText, jsonText } from '../text.ts'
import type { Database } from './database.ts'
import { noteDigests, type ReadState } from './reads.ts'
import { CREATED, isTombstone, type NewVersion, RETURNED, UPDATED, type Version, type Versions } from './versions.ts'

/** Bytes of a quarantined record that are kept. */
const RAW_MOST = 65_536

type Sorted = {
  readonly outcome: RowsOutcome
  readonly fresh: readonly NewVersion[]
  /** Numbers of the versions that were there already. */
  readonly unchanged: readonly number[]
  readonly conflicts: readonly Row[]
}

/** One page: its new versions, quarantine and ledger row become durable together, or none of them. */
export function commitPage(
  db: Database,
  versions: Versions,
  state: ReadState,
  rows: readonly Row[],
  quarantined: readonly QuarantineRow[],
  page: (outcome: RowsOutcome) => PageRow,
): PageFacts {
  const clean = rows.map((row) => ({ id: cleanText(row.id), hash: row.hash, fields: row.fields }))
  const sorted = sortRows(
    clean,
    versions.newest(
      state.stream,
      clean.map((row) => row.id),
    ),
    state,
  )
  const row = page(sorted.outcome)
  const done = db.write(() => {
    mustBeOpen(db, state)
    const added = versions.append(state.stream, state.sync, sorted.fresh)
    const numbers = sorted.unchanged.concat(sorted.fresh.map((_, i) => added.first + i))
    const lastPage = insertPage(db, state.read, row, encodeRuns(runsOf(numbers)))
    for (const one of quarantined) insertQuarantine(db, state.read, one)
    for (const one of sorted.conflicts) insertQuarantine(db, state.read, conflictOf(one, row))
    return { added, numbers, lastPage }
  }, 'process')
  // Memory follows the disk, never the other way round.
  done.added.done()
  for (const n of done.numbers) state.members.add(n)
  noteDigests(state, row.partition, row.cursor, row.digest, row.facts.fetched)
  state.lastPage = done.lastPage
  return row.facts
}

function sortRows(rows: readonly Row[], known: readonly (Version | null)[], state: ReadState): Sorted {
  const fresh: NewVersion[] = []
  const unchanged: number[] = []
  const conflicts: Row[] = []
  const repeated: string[] = []
  const conflicting: string[] = []
  const onPage = new Map<string, string>()
  const counts = { created: 0, updated: 0 }
  const announce = (kind: number): void => {
    if (kind === UPDATED) counts.updated++
    else counts.created++
  }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const version = known[i]!
    const seen = onPage.get(row.id) ?? (version !== null && state.members.has(version.n) ? version.hash : undefined)
    if (seen !== undefined) {
      if (seen === row.hash) repeated.push(row.id)
      else {
        conflicting.push(row.id)
        conflicts.push(row)
      }
      continue
    }
    onPage.set(row.id, row.hash)
    if (version !== null && version.hash === row.hash) {
      unchanged.push(version.n)
      // Stored by a read that was never published: for the event log it is still new.
      if (!state.announced.has(version.n)) announce(version.kind)
    } else {
      const kind = kindAfter(version, state)
      announce(kind)
      fresh.push({ id: row.id, kind, hash: row.hash, fields: cleanJson(row.fields), old: version?.n ?? null })
    }
  }
  return { outcome: { stored: fresh.length + unchanged.length, ...counts, repeated, conflicting }, fresh, unchanged, conflicts }
}

/** What the event log will say of a new version: told against what it said last, not against what a lost read had stored. */
function kindAfter(version: Version | null, state: ReadState): number {
  if (version === null) return CREATED
  if (isTombstone(version.kind)) return RETURNED
  return state.announced.has(version.n) ? UPDATED : version.kind
}

/** A read that was replaced, published or ended takes no more pages: a page would be lost or would change a snapshot. */
export function mustBeOpen(db: Database, state: ReadState): void {
  const row = db.one(
    `SELECT s.state, (SELECT max(attempt) FROM read WHERE sync = $1 AND stream = $2),
       EXISTS (SELECT 1 FROM snapshot WHERE sync = $1 AND stream = $2) FROM sync s WHERE s.sync = $1`,
    state.sync,
    state.stream,
  )
  const [sync, attempt, published] = row ?? []
  const where = `sync ${state.sync}`
  if (published === 1) throw new Failure('store/ended', where, 'the read is published; its snapshot does not change any more')
  if (attempt !== state.attempt)
    throw new Failure('store/ended', where, `attempt ${state.attempt} was replaced by attempt ${attempt}`)
  if (sync !== 'running' && sync !== 'paused') throw new Failure('store/ended', where, `the sync is ${sync}`)
}

function insertPage(db: Database, read: number, row: PageRow, runs: Uint8Array): number {
  const inserted = db.one(
    `INSERT INTO page (read, part, no, at, cursor, digest, facts, next, gap, runs) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT DO NOTHING RETURNING page`,
    read,
    cleanText(row.partition),
    row.no,
    row.at,
    cleanText(row.cursor),
    cleanText(row.digest),
    jsonText(row.facts),
    jsonText(row.next),
    row.gap === null ? null : jsonText(row.gap),
    runs,
  )
  if (inserted === undefined)
    throw new Failure(
      'store/page-exists',
      `page ${row.no}`,
      `page ${row.no} of partition "${row.partition}" is already in the ledger`,
    )
  return inserted[0] as number
}

function insertQuarantine(db: Database, read: number, row: QuarantineRow): void {
  db.run(
    'INSERT INTO quarantine (read, reason, id, part, page, because, raw) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    read,
    row.reason,
    row.id === null ? null : cleanText(row.id),
    cleanText(row.partition),
    row.page,
    cleanText(row.because),
    cut(cleanText(row.raw)),
  )
}

const conflictOf = (row: Row, page: PageRow): QuarantineRow => ({
  reason: 'id/conflict',
  id: row.id,
  partition: page.partition,
  page: page.no,
  because: 'the same id came twice in this read with different content',
  raw: cleanJson(row.fields),
})

function cut(text: string): string {
  if (text.length * 3 <= RAW_MOST || Buffer.byteLength(text) <= RAW_MOST) return text
  // A character cut in half decodes to U+FFFD; it is dropped.
  return Buffer.from(text)
    .subarray(0, RAW_MOST)
    .toString('utf8')
    .replace(/\ufffd+$/, '')
}
