import { Failure } from '../../errors.ts'
import type { Database } from './database.ts'
import { note } from './ledger.ts'

/** Marks a SQLite file as ours: "RLCL". */
const APPLICATION = 0x524c434c

/**
 * version   every state a record was ever seen in, appended and never changed: the store of records. `old` is the version before it.
 *           A row without fields is a tombstone.
 * head      the newest version of an id, by a 53-bit key of the id. Kept apart from `version` and filled in sorted batches, because a
 *           random insert a record costs three times the record itself.
 * page      the page ledger; `runs` is the set of versions the page showed. A snapshot's records are its pages' runs.
 * snapshot  `carried`: versions announced earlier and neither in this snapshot nor reported gone.
 * event     the event log: runs of versions in the order of publication, so that a consumer's cursor can never pass an event still to come.
 *
 * intent        one asked-for change. `body` is the intent as it came; `state` to `verify_ms` is the fold over its events, kept for the
 *               filters and the queue. `slot` names the object it changes: one write is in flight a slot and facet. `turn` is `n` once
 *               more: SQLite seeks no row value that ends in the row's own number.
 *               `takes`: it is destructive; `approved`: a person let it go. Both for the rolling brake.
 * intent_event  the histories, appended and never changed.
 * audit         the ledger: who did what, appended in the transaction of what was done; `entry` is what is hashed. `audit_term` finds pseudonyms,
 *               `ledger_node` has the hashes of complete subtrees (runtime/ledger/tree.ts). Triggers refuse changes.
 * certification and what is said in one: events, decisions, which intents carry them out. `version` grows with each, so that what was
 *               looked at is what is closed. `certification_word`: the last of each item, made from the decisions.
 *               `waiver`: a second person's word that a reason may stand.
 *
 * gate_state    the answer of a connection's gate as it was told last. `exception`: breaches of levels; `level_span`: when each control held;
 *               `alert`: budgets that burn now.
 * watch_feed      where a feed goes on; its events, as long as they may be told again; when it last named a record; holes; the last agreement.
 * watch_waiting   whom a feed or an inbound webhook named and nobody has looked at yet; `feed` is null for the webhook. `watch_sighting`: what
 *                 a look showed. `watch_message`, `watch_arrival`, `watch_count`: what was sent to us.
 *
 * webhook       who is told. `webhook_message`: what is told, written with what it tells of; `webhook_delivery`: to whom, and how that goes.
 */
const STEPS: readonly (string | ((db: Database) => void))[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
   INSERT INTO meta VALUES ('merged', 0);
   CREATE TABLE conn (conn INTEGER PRIMARY KEY, name TEXT NOT NULL, live INTEGER NOT NULL, seq INTEGER NOT NULL, config TEXT);
   CREATE UNIQUE INDEX conn_name ON conn (name) WHERE live = 1;
   CREATE TABLE kept (conn INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (conn, name)) WITHOUT ROWID;
   CREATE TABLE stream (stream INTEGER PRIMARY KEY, conn INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE (conn, name));
   CREATE TABLE sync (sync INTEGER PRIMARY KEY, conn INTEGER NOT NULL, state TEXT NOT NULL, fingerprint TEXT NOT NULL,
     started_at TEXT NOT NULL, ended_at TEXT, resumed INTEGER NOT NULL, because TEXT);
   CREATE INDEX sync_conn ON sync (conn, sync);
   CREATE TABLE note (sync INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (sync, key)) WITHOUT ROWID;
   CREATE TABLE read (read INTEGER PRIMARY KEY, sync INTEGER NOT NULL, stream INTEGER NOT NULL, attempt INTEGER NOT NULL, because TEXT,
     UNIQUE (sync, stream, attempt));
   CREATE TABLE version (n INTEGER PRIMARY KEY, stream INTEGER NOT NULL, kind INTEGER NOT NULL, sync INTEGER NOT NULL, old INTEGER,
     hash TEXT, id TEXT NOT NULL, fields TEXT);
   CREATE TABLE head (stream INTEGER NOT NULL, key INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (stream, key, n)) WITHOUT ROWID;
   CREATE TABLE page (page INTEGER PRIMARY KEY, read INTEGER NOT NULL, part TEXT NOT NULL, no INTEGER NOT NULL, at TEXT NOT NULL,
     cursor TEXT NOT NULL, digest TEXT NOT NULL, facts TEXT NOT NULL, next TEXT NOT NULL, gap TEXT, runs BLOB NOT NULL);
   CREATE UNIQUE INDEX page_key ON page (read, part, no);
   CREATE INDEX page_order ON page (read, page);
   CREATE TABLE quarantine (q INTEGER PRIMARY KEY, read INTEGER NOT NULL, reason TEXT NOT NULL, id TEXT, part TEXT NOT NULL,
     page INTEGER NOT NULL, because TEXT NOT NULL, raw TEXT NOT NULL);
   CREATE INDEX quarantine_read ON quarantine (read, q);
   CREATE TABLE snapshot (snapshot INTEGER PRIMARY KEY, stream INTEGER NOT NULL, sync INTEGER NOT NULL, read INTEGER NOT NULL,
     rank INTEGER NOT NULL, verdict TEXT NOT NULL, facts TEXT NOT NULL, records INTEGER NOT NULL, at TEXT NOT NULL,
     fingerprint TEXT NOT NULL, carried BLOB NOT NULL, UNIQUE (sync, stream));
   CREATE INDEX snapshot_stream ON snapshot (stream, rank, snapshot);
   CREATE TABLE event (conn INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, stream INTEGER NOT NULL,
     sync INTEGER NOT NULL, at TEXT NOT NULL, runs BLOB NOT NULL, PRIMARY KEY (conn, first)) WITHOUT ROWID;`,
  `CREATE TABLE intent (n INTEGER PRIMARY KEY, turn INTEGER NOT NULL, intent TEXT NOT NULL UNIQUE, conn INTEGER NOT NULL,
     action TEXT NOT NULL, id TEXT, person TEXT, slot TEXT, lane INTEGER NOT NULL, key TEXT NOT NULL, plan TEXT, made_at TEXT NOT NULL,
     due_at TEXT, state TEXT NOT NULL, outcome TEXT, sent_at TEXT, outcome_at TEXT, verify_ms INTEGER, body TEXT NOT NULL);
   CREATE INDEX intent_next ON intent (conn, lane, made_at, turn) WHERE state NOT IN ('held', 'done');
   CREATE INDEX intent_sent ON intent (conn, slot) WHERE sent_at IS NOT NULL AND state NOT IN ('held', 'done');
   CREATE INDEX intent_key ON intent (conn, key) WHERE state <> 'done' OR outcome = 'pending';
   CREATE INDEX intent_due ON intent (due_at) WHERE due_at IS NOT NULL AND (state <> 'done' OR outcome IN ('unknown', 'pending'));
   CREATE INDEX intent_conn ON intent (conn);
   CREATE INDEX intent_person ON intent (person) WHERE person IS NOT NULL;
   CREATE INDEX intent_id ON intent (id) WHERE id IS NOT NULL;
   CREATE INDEX intent_plan ON intent (plan) WHERE plan IS NOT NULL;
   CREATE INDEX intent_state ON intent (state, conn, lane) WHERE state <> 'done';
   CREATE INDEX intent_outcome ON intent (outcome, conn) WHERE outcome IS NOT NULL;
   CREATE INDEX intent_verified ON intent (conn, verify_ms) WHERE verify_ms IS NOT NULL;
   CREATE TABLE intent_event (event INTEGER PRIMARY KEY, n INTEGER NOT NULL, said TEXT NOT NULL);
   CREATE INDEX intent_event_n ON intent_event (n);
   CREATE TABLE audit (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, by TEXT NOT NULL, about TEXT NOT NULL,
     detail TEXT NOT NULL);
   CREATE INDEX audit_about ON audit (about);
   CREATE TRIGGER intent_event_stays BEFORE UPDATE ON intent_event BEGIN SELECT raise(ABORT, 'a history is only appended to'); END;
   CREATE TRIGGER intent_event_remains BEFORE DELETE ON intent_event BEGIN SELECT raise(ABORT, 'a history is only appended to'); END;
   CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit is only appended to'); END;
   CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit is only appended to'); END;
   CREATE TABLE assertion (assertion INTEGER PRIMARY KEY, conn INTEGER NOT NULL, stream TEXT NOT NULL, id TEXT NOT NULL,
     intent TEXT NOT NULL, claim TEXT NOT NULL, since TEXT NOT NULL, lifted_by TEXT, breached_at TEXT, suspect TEXT);
   CREATE UNIQUE INDEX assertion_standing ON assertion (conn, stream, id, claim) WHERE lifted_by IS NULL AND breached_at IS NULL;
   CREATE TABLE approval (approval INTEGER PRIMARY KEY, hash TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL, expires_at TEXT NOT NULL,
     used_at TEXT, override TEXT);
   CREATE INDEX approval_hash ON approval (hash);
   CREATE TABLE kill_switch (scope TEXT PRIMARY KEY, by TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;`,
  `ALTER TABLE intent ADD COLUMN takes INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE intent ADD COLUMN approved INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX intent_taken ON intent (conn, sent_at) WHERE takes = 1 AND approved = 0 AND sent_at IS NOT NULL;
   CREATE INDEX intent_taking ON intent (conn) WHERE takes = 1 AND approved = 0 AND sent_at IS NULL AND state NOT IN ('held', 'done');`,
  ledger,
  `CREATE TABLE certification (certification TEXT PRIMARY KEY, key BLOB NOT NULL, version INTEGER NOT NULL, over INTEGER NOT NULL);
   CREATE TABLE certification_event (event INTEGER PRIMARY KEY, certification TEXT NOT NULL, said TEXT NOT NULL);
   CREATE INDEX certification_event_of ON certification_event (certification, event);
   CREATE TABLE certification_decision (certification TEXT NOT NULL, n INTEGER NOT NULL, body TEXT NOT NULL,
     PRIMARY KEY (certification, n)) WITHOUT ROWID;
   CREATE TABLE certification_link (link INTEGER PRIMARY KEY, certification TEXT NOT NULL, item TEXT NOT NULL, intent TEXT NOT NULL,
     at TEXT NOT NULL, by TEXT NOT NULL);
   CREATE INDEX certification_link_of ON certification_link (certification, link);
   CREATE TABLE waiver (waiver INTEGER PRIMARY KEY, reason TEXT NOT NULL, body TEXT NOT NULL);
   ${['certification_event', 'certification_decision', 'certification_link', 'waiver']
     .map(
       (
         of,
       ) => `CREATE TRIGGER ${of}_stays BEFORE UPDATE ON ${of} BEGIN SELECT raise(ABORT, 'certifications are only appended to'); END;
   CREATE TRIGGER ${of}_remains BEFORE DELETE ON ${of} BEGIN SELECT raise(ABORT, 'certifications are only appended to'); END;`,
     )
     .join('\n')}`,
  `CREATE TABLE gate_state (connection TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE exception (exception TEXT PRIMARY KEY, connection TEXT NOT NULL, control TEXT NOT NULL, stream TEXT NOT NULL,
     state TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE UNIQUE INDEX exception_open ON exception (connection, control, stream) WHERE state <> 'closed';
   CREATE INDEX exception_of ON exception (connection, exception);
   CREATE TABLE level_span (connection TEXT NOT NULL, control TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER NOT NULL,
     bad INTEGER NOT NULL, PRIMARY KEY (connection, control, began)) WITHOUT ROWID;
   CREATE TABLE alert (connection TEXT NOT NULL, control TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (connection, control)) WITHOUT ROWID;
   CREATE TABLE webhook (webhook TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE webhook_message (n INTEGER PRIMARY KEY, message TEXT NOT NULL UNIQUE, at TEXT NOT NULL, type TEXT NOT NULL, connection TEXT,
     body TEXT NOT NULL);
   CREATE TABLE webhook_delivery (webhook TEXT NOT NULL, n INTEGER NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL,
     began_at INTEGER NOT NULL, next_at INTEGER, last TEXT NOT NULL, PRIMARY KEY (webhook, n)) WITHOUT ROWID;
   CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook, next_at) WHERE state = 'waiting';
   CREATE INDEX webhook_delivery_of ON webhook_delivery (n);`,
  // The last word about an item without reading them all; a question of several parts of the ledger is answered in one index.
  `CREATE INDEX certification_decision_item ON certification_decision (certification, body ->> '$.item', n);
   DROP INDEX audit_by; CREATE INDEX audit_by ON audit (by, seq, what, at);
   DROP INDEX audit_what; CREATE INDEX audit_what ON audit (what, seq, by, at);`,
  `CREATE TABLE watch_feed (feed INTEGER PRIMARY KEY, conn INTEGER NOT NULL, name TEXT NOT NULL, streams TEXT NOT NULL, position TEXT,
     since TEXT, asked_at TEXT, told_until TEXT, failed TEXT, UNIQUE (conn, name));
   CREATE TABLE watch_event (feed INTEGER NOT NULL, event TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (feed, event)) WITHOUT ROWID;
   CREATE INDEX watch_event_at ON watch_event (feed, at);
   CREATE TABLE watch_naming (feed INTEGER NOT NULL, stream TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL,
     PRIMARY KEY (feed, stream, id)) WITHOUT ROWID;
   CREATE INDEX watch_naming_at ON watch_naming (feed, at, stream);
   CREATE TABLE watch_hole (hole INTEGER PRIMARY KEY, feed INTEGER NOT NULL, began TEXT NOT NULL, ended TEXT, because TEXT NOT NULL);
   CREATE INDEX watch_hole_of ON watch_hole (feed);
   CREATE TABLE watch_agreement (feed INTEGER NOT NULL, stream TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (feed, stream)) WITHOUT ROWID;
   CREATE TABLE watch_waiting (n INTEGER PRIMARY KEY, conn INTEGER NOT NULL, stream TEXT NOT NULL, id TEXT NOT NULL, feed TEXT,
     named_at TEXT NOT NULL, named INTEGER NOT NULL, tries INTEGER NOT NULL, last_feed TEXT, last_at TEXT NOT NULL, UNIQUE (conn, stream, id));
   CREATE INDEX watch_waiting_next ON watch_waiting (conn);
   CREATE INDEX watch_waiting_tries ON watch_waiting (conn, tries);
   CREATE TABLE watch_sighting (n INTEGER PRIMARY KEY, conn INTEGER NOT NULL, seq INTEGER NOT NULL, stream TEXT NOT NULL, id TEXT NOT NULL,
     body TEXT NOT NULL, UNIQUE (conn, seq));
   CREATE INDEX watch_sighting_stream ON watch_sighting (conn, stream, seq);
   CREATE INDEX watch_sighting_id ON watch_sighting (conn, id, stream, seq);
   CREATE TABLE watch_message (conn INTEGER NOT NULL, message TEXT NOT NULL, until TEXT NOT NULL, PRIMARY KEY (conn, message)) WITHOUT ROWID;
   CREATE INDEX watch_message_until ON watch_message (conn, until);
   CREATE TABLE watch_arrival (n INTEGER PRIMARY KEY, conn INTEGER NOT NULL, seq INTEGER NOT NULL, refused INTEGER NOT NULL,
     at TEXT NOT NULL, what TEXT NOT NULL, because TEXT NOT NULL, touched INTEGER NOT NULL, UNIQUE (conn, seq));
   CREATE INDEX watch_arrival_kept ON watch_arrival (conn, refused, seq);
   CREATE TABLE watch_count (conn INTEGER NOT NULL, what TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (conn, what)) WITHOUT ROWID;`,
  // Which request a waiver signed lies with the waiver: the requests are in another file, and no transaction spans both.
  `ALTER TABLE waiver ADD COLUMN request TEXT;
   CREATE UNIQUE INDEX waiver_request ON waiver (request) WHERE request IS NOT NULL;`,
  // The last word about each item, so that they are counted without reading what was said.
  `CREATE TABLE certification_word (certification TEXT NOT NULL, item TEXT NOT NULL, connection TEXT NOT NULL, stream TEXT NOT NULL,
     word TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (certification, item)) WITHOUT ROWID;
   CREATE INDEX certification_word_of ON certification_word (certification, connection, stream, word, n);
   INSERT INTO certification_word (certification, item, connection, stream, word, n)
     SELECT certification, body ->> '$.item', body ->> '$.connection', body ->> '$.stream', body ->> '$.is', n FROM certification_decision
     WHERE true ORDER BY certification, n ON CONFLICT (certification, item) DO UPDATE SET word = excluded.word, n = excluded.n;`,
]

/** The audit becomes the ledger: what was written before is hashed as it is copied. */
function ledger(db: Database): void {
  db.exec(`DROP TRIGGER audit_stays; DROP TRIGGER audit_remains; DROP INDEX audit_about; ALTER TABLE audit RENAME TO audit_before;
   CREATE TABLE audit (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, by TEXT NOT NULL, about TEXT NOT NULL,
     entry TEXT NOT NULL);
   CREATE TABLE audit_term (term TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (term, seq)) WITHOUT ROWID;
   CREATE TABLE ledger_node (level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, place)) WITHOUT ROWID;
   CREATE TABLE ledger_key (one INTEGER PRIMARY KEY CHECK (one = 1), key BLOB NOT NULL);
   CREATE TABLE checkpoint (checkpoint INTEGER PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL, UNIQUE (size, note));`)
  const rows = db.all('SELECT at, what, by, about, detail FROM audit_before ORDER BY seq') as readonly (readonly string[])[]
  for (const [at, what, by, about, detail] of rows as readonly [string, string, string, string, string][])
    note(db, { at, what, by, about, detail: JSON.parse(detail) })
  db.exec(`DROP TABLE audit_before;
   CREATE INDEX audit_about ON audit (about, seq);
   CREATE INDEX audit_by ON audit (by, seq);
   CREATE INDEX audit_what ON audit (what, seq);
   CREATE INDEX audit_at ON audit (at, seq);
   CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the ledger is only appended to'); END;
   CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the ledger is only appended to'); END;
   CREATE TRIGGER node_stays BEFORE UPDATE ON ledger_node BEGIN SELECT raise(ABORT, 'the ledger is only appended to'); END;
   CREATE TRIGGER node_remains BEFORE DELETE ON ledger_node BEGIN SELECT raise(ABORT, 'the ledger is only appended to'); END;`)
}

export const SCHEMA_VERSION = STEPS.length

/** Fills a new file. */
export function makeSchema(db: Database): void {
  steps(db, 0)
}

/** Brings the file to this version, one transaction a step. Throws `store/newer`, `store/damaged`. */
export function migrate(db: Database, dir: string): void {
  steps(db, foundVersion(db, dir))
}

/** Of the file's format. Throws `store/newer`, `store/damaged`. */
export function foundVersion(db: Database, dir: string): number {
  const found = db.pragma('user_version')
  if (db.pragma('application_id') !== APPLICATION)
    throw new Failure('store/damaged', dir, `${dir}/rollcall.db is empty or a database of another program`)
  if (found > SCHEMA_VERSION)
    throw new Failure('store/newer', dir, `the store in ${dir} has format ${found}; this program knows up to ${SCHEMA_VERSION}`)
  return found
}

function steps(db: Database, from: number): void {
  for (let version = from; version < SCHEMA_VERSION; version++) {
    db.write(() => {
      const step = STEPS[version]!
      if (typeof step === 'string') db.exec(step)
      else step(db)
      db.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${version + 1}`)
    })
  }
}
