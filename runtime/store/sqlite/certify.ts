import type { CertificationEvent, CertificationRow, Decision, Link, StoredDecision, Waiver } from '../../certify-types.ts'
import { Failure } from '../../errors.ts'
import type { JsonObject } from '../../types.ts'
import type { CertifyStore } from '../certify-port.ts'
import type { Act } from '../ledger-port.ts'
import { cleanText, jsonText } from '../text.ts'
import { openSnapshots } from './certify-snapshots.ts'
import type { Cells, Database } from './database.ts'
import { note } from './ledger.ts'

export function openCertify(db: Database): CertifyStore {
  return {
    ...openSnapshots(db),
    openCertification: async (certification, key, event, act) =>
      db.join(() => {
        db.run('INSERT INTO certification (certification, key, version, over) VALUES ($1, $2, 1, 0)', certification, key)
        add(db, certification, event, act)
      }),
    certification: async (certification) => {
      const row = db.one(`${CERTIFICATION} WHERE certification = $1`, cleanText(certification))
      return row === undefined ? null : rowOf(db, row)
    },
    certifications: async () => db.all(`${CERTIFICATION} ORDER BY rowid DESC`).map((row) => rowOf(db, row)),
    appendCertification: async (certification, { version, newest }, event, act) =>
      db.join(() => {
        const grown = grow(db, certification, event.kind === 'frozen' ? 0 : 1)
        if (grown !== version + 1 || !newest.every((snapshot) => isNewest(db, snapshot)))
          throw new Failure('certify/moved', certification, `${certification} is not what it was when it was looked at`)
        return add(db, certification, event, act)
      }),
    decide: async (certification, decisions, rootOf, act) =>
      db.join(() => {
        grow(db, certification, 0)
        const stored = decisions.map((decision) => insert(db, certification, decision))
        const count = (is: Decision['is']) => stored.filter((one) => one.is === is).length
        const [from, to] = [stored[0]?.n ?? 0, stored.at(-1)?.n ?? 0]
        const detail = { from, to, keep: count('keep'), revoke: count('revoke'), root: rootOf(stored) }
        note(db, { ...act, what: 'certification decided', about: certification, detail })
        return to
      }),
    decisions: async (certification, after, limit) =>
      db
        .all(
          'SELECT n, body FROM certification_decision WHERE certification = $1 AND n > $2 ORDER BY n LIMIT $3',
          cleanText(certification),
          after,
          limit,
        )
        .map(([n, body]) => ({ n: n as number, ...(JSON.parse(body as string) as Decision) })),
    lastDecisions: async (certification, items) =>
      db
        .all(
          `SELECT d.n, d.body FROM json_each($2) j CROSS JOIN certification_decision d ON d.certification = $1 AND d.n = (
             SELECT max(e.n) FROM certification_decision e WHERE e.certification = $1 AND e.body ->> '$.item' = j.value)`,
          cleanText(certification),
          JSON.stringify(items),
        )
        .map(([n, body]) => ({ n: n as number, ...(JSON.parse(body as string) as Decision) })),
    lastWords: async (certification, connection, stream) => {
      const rows = db.all(`SELECT word, count(*) ${WORDS} GROUP BY word`, ...part(certification, connection, stream))
      return { keep: 0, revoke: 0, ...Object.fromEntries(rows.map(([is, count]) => [is as string, count as number])) }
    },
    lastRevocations: async (certification, connection, stream) =>
      db
        .all(
          `SELECT d.n, d.body FROM (SELECT n AS last ${WORDS} AND word = 'revoke') w
           CROSS JOIN certification_decision d ON d.certification = $1 AND d.n = w.last`,
          ...part(certification, connection, stream),
        )
        .map(([n, body]) => ({ n: n as number, ...(JSON.parse(body as string) as Decision) })),
    link: async (certification, links, act) =>
      db.join(() => {
        grow(db, certification, 0)
        for (const { item, intent, at, by } of links)
          db.run(
            'INSERT INTO certification_link (certification, item, intent, at, by) VALUES ($1, $2, $3, $4, $5)',
            ...([certification, item, intent, at, by].map(cleanText) as [string, string, string, string, string]),
          )
        const intents = links.map(({ intent }) => intent)
        note(db, { ...act, what: 'certification revocations', about: certification, detail: { count: links.length, intents } })
      }),
    links: async (certification) =>
      db
        .all(
          'SELECT item, intent, at, by FROM certification_link WHERE certification = $1 ORDER BY link',
          cleanText(certification),
        )
        .map(([item, intent, at, by]) => ({ item, intent, at, by }) as Link),
    waive: async (waiver, act, request) =>
      db.join(() => {
        const [signed] = request === null ? [] : waiversBy(db, [request]).values()
        if (signed !== undefined)
          throw new Failure('certify/waiver', waiver.reason, `${signed.by} signed it at ${signed.at}; ask anew`)
        const row = [cleanText(waiver.reason), jsonText(waiver), request] as const
        db.run('INSERT INTO waiver (reason, body, request) VALUES ($1, $2, $3)', ...row)
        const about = waiver.stream === '' ? waiver.connection : `${waiver.connection}/${waiver.stream}`
        // Its words may name records; the reason's name stands for them.
        const { reason, kind, requested_by, expires_at } = waiver
        note(db, {
          ...act,
          what: 'waived',
          about,
          detail: { reason, kind, requested_by, expires_at, ...(request === null ? {} : { request }) },
        })
      }),
    signedRequests: async (requests) => waiversBy(db, requests),
    waivers: async () => db.all('SELECT body FROM waiver ORDER BY waiver').map(([body]) => JSON.parse(body as string) as Waiver),
  }
}

const WORDS = 'FROM certification_word WHERE certification = $1 AND connection = $2 AND stream = $3'

const part = (...names: readonly string[]): readonly string[] => names.map(cleanText)

const waiversBy = (db: Database, requests: readonly string[]): ReadonlyMap<string, Waiver> =>
  new Map(
    db
      .all('SELECT w.request, w.body FROM json_each($1) j CROSS JOIN waiver w ON w.request = j.value', JSON.stringify(requests))
      .map(([request, body]) => [request as string, JSON.parse(body as string) as Waiver]),
  )

const CERTIFICATION = 'SELECT certification, key, version FROM certification'

function rowOf(db: Database, [certification, key, version]: Cells): CertificationRow {
  const events = db
    .all('SELECT said FROM certification_event WHERE certification = $1 ORDER BY event', certification as string)
    .map(([said]) => JSON.parse(said as string) as CertificationEvent)
  return { certification: certification as string, key: Buffer.from(key as Uint8Array), events, version: version as number }
}

/** The version it now has. `ends`: it takes nothing more. */
function grow(db: Database, certification: string, ends: 0 | 1): number {
  const grown = db.one(
    'UPDATE certification SET version = version + 1, over = over + $2 WHERE certification = $1 AND over = 0 RETURNING version',
    cleanText(certification),
    ends,
  )
  if (grown !== undefined) return grown[0] as number
  const there = db.one('SELECT 1 FROM certification WHERE certification = $1', cleanText(certification))
  if (there === undefined) throw new Failure('store/not-found', certification, `there is no certification ${certification}`)
  throw new Failure('certify/over', certification, `${certification} is closed or withdrawn and takes nothing more`)
}

function add(db: Database, certification: string, event: CertificationEvent, act: Act): number {
  db.run('INSERT INTO certification_event (certification, said) VALUES ($1, $2)', certification, jsonText(event))
  return note(db, { ...act, what: WHAT[event.kind], about: certification, detail: told(event) })
}

const WHAT: { readonly [kind in CertificationEvent['kind']]: string } = {
  opened: 'certification opened',
  frozen: 'certification frozen again',
  closed: 'certification closed',
  withdrawn: 'certification withdrawn',
}

/** What the ledger holds of an event is what a signed checkpoint then stands for. */
function told(event: CertificationEvent): JsonObject {
  switch (event.kind) {
    case 'opened':
    case 'frozen':
      return {
        ...(event.kind === 'opened' ? { name: event.name, owner: event.owner } : {}),
        frozen: event.frozen.map(({ connection, stream, sync, digest, in_scope, population, pages }) => ({
          connection,
          stream,
          sync,
          digest,
          in_scope,
          population,
          pages: pages.root,
        })),
        waived: event.waived.map(({ reason }) => reason),
      }
    case 'closed':
      return { statement: event.statement_digest, words: event.words_digest }
    case 'withdrawn':
      return {}
  }
}

function insert(db: Database, certification: string, decision: Decision): StoredDecision {
  const body = jsonText(decision)
  const n = db.one(
    `INSERT INTO certification_decision (certification, n, body)
     SELECT $1, coalesce(max(n), 0) + 1, $2 FROM certification_decision WHERE certification = $1 RETURNING n`,
    cleanText(certification),
    body,
  )![0] as number
  // As it will be read again.
  const stored = { n, ...(JSON.parse(body) as Decision) }
  db.run(
    `INSERT INTO certification_word (certification, item, connection, stream, word, n) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (certification, item) DO UPDATE SET word = excluded.word, n = excluded.n`,
    ...[cleanText(certification), stored.item, stored.connection, stored.stream, stored.is, n],
  )
  return stored
}

const isNewest = (db: Database, snapshot: number): boolean =>
  db.one(
    'SELECT 1 FROM snapshot a WHERE a.snapshot = $1 AND NOT EXISTS (SELECT 1 FROM snapshot b WHERE b.stream = a.stream AND b.snapshot > $1)',
    snapshot,
  ) !== undefined
