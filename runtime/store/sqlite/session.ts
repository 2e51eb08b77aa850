import type { PageRow } from '../../types.ts'
import { inChunks, numberSet, without } from '../number-set.ts'
import type { PassDifference, ReadSession } from '../port.ts'
import { cleanText } from '../text.ts'
import { absent, spread } from './absent.ts'
import { commitPage, mustBeOpen } from './commit-page.ts'
import type { Database } from './database.ts'
import { groups, type NextAsk } from './groups.ts'
import { cursorKey, loadRead, membersOf, type ReadState, shortDigest } from './reads.ts'
import { FROM_RUNS, recordsOf } from './records.ts'
import type { Versions } from './versions.ts'

/** Ids that a difference or a message shows. */
const SAMPLES = 10

export type Room = { readonly db: Database; readonly versions: Versions; readonly nextAsk: NextAsk }

export function readSession(room: Room, state: ReadState): ReadSession {
  const { db, versions, nextAsk } = room
  const committedBefore = state.lastPage

  const has = (ids: readonly string[]): readonly boolean[] =>
    versions.newest(state.stream, ids.map(cleanText)).map((version) => version !== null && state.members.has(version.n))

  return {
    attempt: state.attempt,
    pages: () => pagesOf(db, state.read, committedBefore),
    seenCursor: (partition, cursor) => state.cursors.has(cursorKey(partition, cursor)),
    seenBody: (digest) => state.bodies.has(shortDigest(digest)),
    commitPage: async (rows, quarantined, page) => commitPage(db, versions, state, rows, quarantined, page),
    restart: async (why) => readSession(room, restart(db, state, why)),
    inStore: async () => inStore(db, state),
    has: async (ids) => has(ids),
    startPass: () => startPass(room, state),
    absent: (limit) => absent(db, versions, state, limit),
    sample: async (limit) => idsOf(db, spread(state.members, limit)),
    records: async (after, limit) => recordsOf(db, state.members, after, limit),
    dangling: async (field, others, limit) => {
      let named = 0
      let dangling = 0
      const ids: string[] = []
      for await (const lot of groups(db, nextAsk, state.members, { sql: 'v.fields ->> $2', argument: field, least: 1 })) {
        const values = lot.map((group) => group.value)
        const known = await Promise.all(others.map((other) => other.has(values)))
        named += lot.length
        lot.forEach((group, i) => {
          if (known.some((answers) => answers[i])) return
          dangling++
          if (ids.length < limit) ids.push(group.value)
        })
      }
      return { named, dangling, ids }
    },
    countBy: async function* (field) {
      for await (const lot of groups(db, nextAsk, state.members, { sql: 'v.fields ->> $2', argument: field, least: 1 }))
        for (const { value, count } of lot) yield { value, count }
    },
    caseTwins: async (limit) => {
      const ids: string[] = []
      for await (const lot of groups(db, nextAsk, state.members, { sql: 'fold(v.id)', argument: null, least: 2 })) {
        for (const { low, high } of lot) ids.push(low, high)
        if (ids.length >= limit) break
      }
      return ids.slice(0, limit)
    },
  }
}

async function* pagesOf(db: Database, read: number, upTo: number): AsyncGenerator<PageRow> {
  let after = 0
  for (;;) {
    const rows = db.all(
      'SELECT page, part, no, at, cursor, digest, facts, next, gap FROM page WHERE read = $1 AND page > $2 AND page <= $3 ORDER BY page LIMIT 200',
      read,
      after,
      upTo,
    )
    if (rows.length === 0) return
    for (const [page, partition, no, at, cursor, digest, facts, next, gap] of rows) {
      after = page as number
      yield {
        partition: partition as string,
        no: no as number,
        at: at as string,
        cursor: cursor as string,
        digest: digest as string,
        facts: JSON.parse(facts as string),
        next: JSON.parse(next as string),
        gap: gap === null ? null : JSON.parse(gap as string),
      }
    }
  }
}

function restart(db: Database, state: ReadState, why: string): ReadState {
  const read = db.write(() => {
    mustBeOpen(db, state)
    return db.one(
      'INSERT INTO read (sync, stream, attempt, because) VALUES ($1, $2, $3, $4) RETURNING read',
      state.sync,
      state.stream,
      state.attempt + 1,
      cleanText(why),
    )![0] as number
  })
  return loadRead(db, read, state.sync, state.stream, state.attempt + 1)
}

/** From the ledger on disk to the rows on disk: memory has no say in it. */
function inStore(db: Database, state: ReadState): number {
  let count = 0
  for (const chunk of inChunks(membersOf(db, state.read).runs(), Number.POSITIVE_INFINITY)) {
    const row = db.one(
      `SELECT count(*) ${FROM_RUNS} WHERE v.stream = $2 AND v.fields IS NOT NULL`,
      JSON.stringify(chunk),
      state.stream,
    )
    count += Number(row![0])
  }
  return count
}

function startPass({ db, versions, nextAsk }: Room, state: ReadState): ReturnType<ReadSession['startPass']> {
  const pass = nextAsk()
  const seen = numberSet()
  return {
    add: async (ids) => {
      const clean = ids.map(cleanText)
      const unknown: string[] = []
      versions.newest(state.stream, clean).forEach((version, i) => {
        if (version !== null && state.members.has(version.n)) seen.add(version.n)
        else unknown.push(clean[i]!)
      })
      if (unknown.length > 0)
        db.run(
          'INSERT INTO pass_unknown SELECT $1, value FROM json_each($2) WHERE true ON CONFLICT DO NOTHING',
          pass,
          JSON.stringify(unknown),
        )
    },
    end: async (): Promise<PassDifference> => {
      const unknown = Number(db.one('SELECT count(*) FROM pass_unknown WHERE pass = $1', pass)![0])
      const only = db.all('SELECT id FROM pass_unknown WHERE pass = $1 ORDER BY id LIMIT $2', pass, SAMPLES)
      db.run('DELETE FROM pass_unknown WHERE pass = $1', pass)
      const missed = numberSet(without(state.members, seen))
      return {
        ids: seen.size() + unknown,
        only_first: missed.size(),
        only_second: unknown,
        samples: { only_first: idsOf(db, spread(missed, SAMPLES)), only_second: only.map(([id]) => id as string) },
      }
    },
  }
}

function idsOf(db: Database, numbers: readonly number[]): readonly string[] {
  return db
    .all('SELECT v.id FROM json_each($1) j CROSS JOIN version v ON v.n = j.value ORDER BY v.n', JSON.stringify(numbers))
    .map(([id]) => id as string)
}
