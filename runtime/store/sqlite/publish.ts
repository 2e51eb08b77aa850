import { hash } from 'node:crypto'
import { Failure } from '../../errors.ts'
import type { Verdict } from '../../types.ts'
import { inChunks, type NumberSet, numberSet, without } from '../number-set.ts'
import type { Absence, Published, Snapshot } from '../port.ts'
import { encodeRuns } from '../runs.ts'
import { cleanText, jsonText } from '../text.ts'
import { before } from './absent.ts'
import { mustBeOpen } from './commit-page.ts'
import type { Cells, Database } from './database.ts'
import { note, OURSELVES } from './ledger.ts'
import type { ReadState } from './reads.ts'
import { FROM_RUNS } from './records.ts'
import { CONFIRMED_DELETED, type NewVersion, UPDATED, VANISHED, type Versions } from './versions.ts'

export const RANK: { readonly [is in Verdict['is']]: number } = { incomplete: 0, unproven: 1, complete: 2 }

/** Runs one row of the event log holds: what a consumer's step has to decode. */
const RUNS_OF_A_ROW = 500

/** The snapshot, its events and their place in the log become durable and visible together. */
export function publish(
  db: Database,
  versions: Versions,
  state: ReadState,
  where: { readonly conn: number; readonly connection: string },
  published: Published,
): Snapshot {
  const announced = numberSet(state.announced.runs())
  const fresh = numberSet(without(state.members, announced))
  supersede(db, fresh, announced)
  const gone = tombstones(db, versions, state, announced, published.absences)
  announced.addRuns(fresh.runs())
  const carried = numberSet(without(announced, state.members))
  const done = db.write(() => {
    mustBeOpen(db, state)
    const added = versions.append(state.stream, state.sync, gone)
    const log = numberSet(fresh.runs())
    log.addRuns(gone.length > 0 ? [[added.first, gone.length]] : [])
    insertEvents(db, state, where.conn, log, published.at)
    db.run(
      `INSERT INTO snapshot (stream, sync, read, rank, verdict, facts, records, at, fingerprint, carried)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      state.stream,
      state.sync,
      state.read,
      RANK[published.verdict.is],
      jsonText(published.verdict),
      jsonText(published.facts),
      state.members.size(),
      published.at,
      published.fingerprint,
      encodeRuns(carried.runs()),
    )
    note(db, {
      at: published.at,
      what: 'verdict',
      by: OURSELVES,
      about: `${where.connection}/${published.stream}`,
      from: OURSELVES,
      why: `sync ${state.sync}`,
      detail: {
        sync: state.sync,
        is: published.verdict.is,
        rules: published.verdict.rules,
        hold: published.verdict.hold !== null,
        records: state.members.size(),
        connector: published.fingerprint,
        digest: `sha256:${hash('sha256', jsonText(published.verdict))}`,
      },
    })
    return added
  })
  done.done()
  return snapshotFrom(
    where.connection,
    published.stream,
    db.one(`${SNAPSHOT} WHERE sync = $1 AND stream = $2`, state.sync, state.stream)!,
  )
}

export const SNAPSHOT = 'SELECT sync, verdict, facts, records, at, fingerprint, read FROM snapshot'

export function snapshotFrom(connection: string, stream: string, cells: Cells): Snapshot {
  const [sync, verdict, facts, records, at, fingerprint] = cells
  return {
    connection,
    stream,
    sync: sync as number,
    verdict: JSON.parse(verdict as string),
    facts: JSON.parse(facts as string),
    records: records as number,
    at: at as string,
    fingerprint: fingerprint as string,
  }
}

/** Takes out of `announced` what the fresh versions replace. */
function supersede(db: Database, fresh: NumberSet, announced: NumberSet): void {
  if (announced.size() === 0) return
  for (const chunk of inChunks(fresh.runs(), 5000)) {
    for (const [old] of db.all(`SELECT v.old ${FROM_RUNS} WHERE v.kind = $2`, JSON.stringify(chunk), UPDATED)) {
      const last = lastAnnounced(db, old as number | null, announced)
      if (last !== null) announced.remove(last)
    }
  }
}

/** From a version back over those that were stored and never published. */
function lastAnnounced(db: Database, n: number | null, announced: NumberSet): number | null {
  let at = before(db, n)
  while (at !== null) {
    if (announced.has(at.n)) return at.n
    at = before(db, at.old)
  }
  return null
}

/** New tombstones; takes their records out of `announced`. What the log said already is not said again. */
function tombstones(
  db: Database,
  versions: Versions,
  state: ReadState,
  announced: NumberSet,
  absences: readonly Absence[],
): readonly NewVersion[] {
  const wanted = new Map(absences.map((absence) => [cleanText(absence.id), absence.confirmed]))
  const ids = [...wanted.keys()]
  const rows: NewVersion[] = []
  for (let from = 0; from < ids.length; from += 1000) {
    const part = ids.slice(from, from + 1000)
    versions.newest(state.stream, part).forEach((newest, i) => {
      const id = part[i]!
      const confirmed = wanted.get(id)!
      if (newest === null)
        throw new Failure('store/absence', state.stream.toString(), 'an absence names an id that the store never had')
      if (state.members.has(newest.n))
        throw new Failure('store/absence', state.stream.toString(), 'an absence names an id that the read has')
      const live = lastAnnounced(db, newest.n, announced)
      if (live !== null) announced.remove(live)
      else if (!(confirmed && lastKind(db, newest.n) === VANISHED)) return
      rows.push({ id, kind: confirmed ? CONFIRMED_DELETED : VANISHED, hash: null, fields: null, old: newest.n })
    })
  }
  return rows
}

/** The newest tombstone of an id, under versions that were stored and never published. */
function lastKind(db: Database, n: number): number | null {
  let at: number | null = n
  while (at !== null) {
    const row = db.one('SELECT old, kind, fields IS NULL FROM version WHERE n = $1', at)
    if (row === undefined) return null
    if (row[2] === 1) return row[1] as number
    at = row[0] as number | null
  }
  return null
}

/** Numbers of the log are given here, inside the one transaction that makes them visible: none can appear behind a reader. */
function insertEvents(db: Database, state: ReadState, conn: number, log: NumberSet, at: string): void {
  let seq = Number(db.one('SELECT seq FROM conn WHERE conn = $1', conn)![0])
  for (const chunk of inChunks(log.runs(), Number.POSITIVE_INFINITY, RUNS_OF_A_ROW)) {
    const count = chunk.reduce((sum, [, length]) => sum + length, 0)
    db.run(
      'INSERT INTO event (conn, first, count, stream, sync, at, runs) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      conn,
      seq + 1,
      count,
      state.stream,
      state.sync,
      at,
      encodeRuns(chunk),
    )
    seq += count
  }
  db.run('UPDATE conn SET seq = $1 WHERE conn = $2', seq, conn)
}
