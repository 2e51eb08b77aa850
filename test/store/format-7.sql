-- A store of format 7, dumped from one that the program of 2026-11-21 made: one connection, a kept value, two syncs, one change asked for.
PRAGMA application_id = 1380729676;
PRAGMA user_version = 7;
BEGIN TRANSACTION;
CREATE TABLE alert (connection TEXT NOT NULL, control TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (connection, control)) WITHOUT ROWID;
CREATE TABLE approval (approval INTEGER PRIMARY KEY, hash TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL, expires_at TEXT NOT NULL,
     used_at TEXT, override TEXT);
CREATE TABLE assertion (assertion INTEGER PRIMARY KEY, conn INTEGER NOT NULL, stream TEXT NOT NULL, id TEXT NOT NULL,
     intent TEXT NOT NULL, claim TEXT NOT NULL, since TEXT NOT NULL, lifted_by TEXT, breached_at TEXT, suspect TEXT);
CREATE TABLE audit (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, by TEXT NOT NULL, about TEXT NOT NULL,
     entry TEXT NOT NULL);
INSERT INTO "audit" VALUES(1,'2026-01-02T03:04:05.000Z','connection made','test','acme','{"seq":1,"at":"2026-01-02T03:04:05.000Z","what":"connection made","by":"test","about":"acme","from":null,"on_behalf_of":null,"why":null,"detail":{"changed":["name","connector","connector_file","settings","secrets","owner","attested","canaries","allow_private","created_at"],"digest":"sha256:b904dde8624e241eb45cf21285898cebda6368a3ef72ea2b2465275b0ec260b5"}}');
INSERT INTO "audit" VALUES(2,'2026-01-02T03:04:05.000Z','verdict','rollcall','acme/users','{"seq":2,"at":"2026-01-02T03:04:05.000Z","what":"verdict","by":"rollcall","about":"acme/users","from":"rollcall","on_behalf_of":null,"why":"sync 1","detail":{"sync":1,"is":"complete","rules":"1","hold":false,"records":2,"connector":"print","digest":"sha256:e0b62eb8a3633fe46e588fe2c30f81286432713696ea5ceaf6ccd20e578219d2"}}');
INSERT INTO "audit" VALUES(3,'2026-01-02T03:04:05.000Z','verdict','rollcall','acme/users','{"seq":3,"at":"2026-01-02T03:04:05.000Z","what":"verdict","by":"rollcall","about":"acme/users","from":"rollcall","on_behalf_of":null,"why":"sync 2","detail":{"sync":2,"is":"complete","rules":"1","hold":false,"records":2,"connector":"print","digest":"sha256:e0b62eb8a3633fe46e588fe2c30f81286432713696ea5ceaf6ccd20e578219d2"}}');
INSERT INTO "audit" VALUES(4,'2026-03-01T00:00:00.000Z','requested','hr','01JZ0000000000000000000001','{"seq":4,"at":"2026-03-01T00:00:00.000Z","what":"requested","by":"hr","about":"01JZ0000000000000000000001","from":"cli","on_behalf_of":null,"why":"hired","detail":{"event":"requested","connection":"acme","action":"grant","id":"p:34e853dec5fee5f98992a5262a9df6d1","lane":"joiner","key":"key 0","plan":null,"why":"hired","from":"cli","person":null}}');
CREATE TABLE audit_term (term TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (term, seq)) WITHOUT ROWID;
INSERT INTO "audit_term" VALUES('p:34e853dec5fee5f98992a5262a9df6d1',4);
CREATE TABLE certification (certification TEXT PRIMARY KEY, key BLOB NOT NULL, version INTEGER NOT NULL, over INTEGER NOT NULL);
CREATE TABLE certification_decision (certification TEXT NOT NULL, n INTEGER NOT NULL, body TEXT NOT NULL,
     PRIMARY KEY (certification, n)) WITHOUT ROWID;
CREATE TABLE certification_event (event INTEGER PRIMARY KEY, certification TEXT NOT NULL, said TEXT NOT NULL);
CREATE TABLE certification_link (link INTEGER PRIMARY KEY, certification TEXT NOT NULL, item TEXT NOT NULL, intent TEXT NOT NULL,
     at TEXT NOT NULL, by TEXT NOT NULL);
CREATE TABLE checkpoint (checkpoint INTEGER PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL, UNIQUE (size, note));
CREATE TABLE conn (conn INTEGER PRIMARY KEY, name TEXT NOT NULL, live INTEGER NOT NULL, seq INTEGER NOT NULL, config TEXT);
INSERT INTO "conn" VALUES(1,'acme',1,5,'{"name":"acme","connector":"okta","connector_file":"okta.yaml","settings":{"domain":"acme.okta.com"},"secrets":{},"owner":null,"attested":null,"canaries":{},"allow_private":false,"created_at":"2026-01-02T03:04:05.000Z"}');
CREATE TABLE event (conn INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, stream INTEGER NOT NULL,
     sync INTEGER NOT NULL, at TEXT NOT NULL, runs BLOB NOT NULL, PRIMARY KEY (conn, first)) WITHOUT ROWID;
INSERT INTO "event" VALUES(1,1,2,1,1,'2026-01-02T03:04:05.000Z',X'0102');
INSERT INTO "event" VALUES(1,3,3,1,2,'2026-01-02T03:04:05.000Z',X'0303');
CREATE TABLE exception (exception TEXT PRIMARY KEY, connection TEXT NOT NULL, control TEXT NOT NULL, stream TEXT NOT NULL,
     state TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE gate_state (connection TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE head (stream INTEGER NOT NULL, key INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (stream, key, n)) WITHOUT ROWID;
CREATE TABLE intent (n INTEGER PRIMARY KEY, turn INTEGER NOT NULL, intent TEXT NOT NULL UNIQUE, conn INTEGER NOT NULL,
     action TEXT NOT NULL, id TEXT, person TEXT, slot TEXT, lane INTEGER NOT NULL, key TEXT NOT NULL, plan TEXT, made_at TEXT NOT NULL,
     due_at TEXT, state TEXT NOT NULL, outcome TEXT, sent_at TEXT, outcome_at TEXT, verify_ms INTEGER, body TEXT NOT NULL, takes INTEGER NOT NULL DEFAULT 0, approved INTEGER NOT NULL DEFAULT 0);
INSERT INTO "intent" VALUES(1,1,'01JZ0000000000000000000001',1,'grant','a',NULL,'id a',2,'key 0',NULL,'2026-03-01T00:00:00.000Z',NULL,'requested',NULL,NULL,NULL,NULL,'{"intent":"01JZ0000000000000000000001","connection":"acme","action":"grant","id":"a","input":{"group":"g0"},"bound":{"userName":"ann"},"lane":"joiner","destructive":false,"provenance":{"by":"hr","why":"hired","from":"cli","person":null},"key":"key 0","plan":null,"made_at":"2026-03-01T00:00:00.000Z","due_at":null}',0,0);
CREATE TABLE intent_event (event INTEGER PRIMARY KEY, n INTEGER NOT NULL, said TEXT NOT NULL);
INSERT INTO "intent_event" VALUES(1,1,'{"kind":"requested","at":"2026-03-01T00:00:00.000Z"}');
CREATE TABLE kept (conn INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (conn, name)) WITHOUT ROWID;
INSERT INTO "kept" VALUES(1,'refresh','r1');
CREATE TABLE kill_switch (scope TEXT PRIMARY KEY, by TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE ledger_key (one INTEGER PRIMARY KEY CHECK (one = 1), key BLOB NOT NULL);
INSERT INTO "ledger_key" VALUES(1,X'CE1669A34588299A3D3E4B4EAEB32E41AC71B777E2B95EC3F65B8C2FC628FA3F');
CREATE TABLE ledger_node (level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, place)) WITHOUT ROWID;
INSERT INTO "ledger_node" VALUES(0,0,X'99AD845861424E3E4CD7F5D3E159892FAD575133BF00E04EFAE391AE682F6A4B');
INSERT INTO "ledger_node" VALUES(0,1,X'C07CB3A04B7A39E3FF0DDD328A078C21AD6B119E16E6D52DEF15E4024173EE1F');
INSERT INTO "ledger_node" VALUES(0,2,X'94F670CBCE1640FEC3546C67B7F114058A1FDEC256FF0CB4923D3EC88B2893D6');
INSERT INTO "ledger_node" VALUES(0,3,X'8EC59C672022A47C7DC8B1B93FD75E7E20D66C4E2AFCAC9494290076E721B677');
INSERT INTO "ledger_node" VALUES(1,0,X'EF99B134BC0DA5E445638223CD7A4F012A5E26EDEC4EC555D362BA8DB768DE07');
INSERT INTO "ledger_node" VALUES(1,1,X'BC25B34C31B1DF65D93A83D6436F14B5FB730199A5B1F693D7215303EF91A0DF');
INSERT INTO "ledger_node" VALUES(2,0,X'7FAC7C0DA14F5B180DF6E77798F23F8151D54BC22CC3DBA1AC692CE6EDEF7253');
CREATE TABLE level_span (connection TEXT NOT NULL, control TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER NOT NULL,
     bad INTEGER NOT NULL, PRIMARY KEY (connection, control, began)) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('merged',0);
CREATE TABLE note (sync INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (sync, key)) WITHOUT ROWID;
CREATE TABLE page (page INTEGER PRIMARY KEY, read INTEGER NOT NULL, part TEXT NOT NULL, no INTEGER NOT NULL, at TEXT NOT NULL,
     cursor TEXT NOT NULL, digest TEXT NOT NULL, facts TEXT NOT NULL, next TEXT NOT NULL, gap TEXT, runs BLOB NOT NULL);
INSERT INTO "page" VALUES(1,1,'',1,'2026-01-02T03:04:05.000Z','cursor 1','body  1','{"fetched":2,"stored":2,"stitched":0,"repeated":0,"filtered":{},"quarantined":{},"created":2,"updated":0,"total":null,"total_broken":null,"filled":{},"stitch":"not_asked","order":"not_declared","mixed_case":0,"same_body":false,"samples":{"repeated":[],"quarantined":[]},"requests":1}','{"kind":"page","state":{"no":2}}',NULL,X'0102');
INSERT INTO "page" VALUES(2,2,'',1,'2026-01-02T03:04:05.000Z','cursor 1','body  1','{"fetched":2,"stored":2,"stitched":0,"repeated":0,"filtered":{},"quarantined":{},"created":1,"updated":1,"total":null,"total_broken":null,"filled":{},"stitch":"not_asked","order":"not_declared","mixed_case":0,"same_body":false,"samples":{"repeated":[],"quarantined":[]},"requests":1}','{"kind":"page","state":{"no":2}}',NULL,X'0302');
CREATE TABLE quarantine (q INTEGER PRIMARY KEY, read INTEGER NOT NULL, reason TEXT NOT NULL, id TEXT, part TEXT NOT NULL,
     page INTEGER NOT NULL, because TEXT NOT NULL, raw TEXT NOT NULL);
CREATE TABLE read (read INTEGER PRIMARY KEY, sync INTEGER NOT NULL, stream INTEGER NOT NULL, attempt INTEGER NOT NULL, because TEXT,
     UNIQUE (sync, stream, attempt));
INSERT INTO "read" VALUES(1,1,1,1,NULL);
INSERT INTO "read" VALUES(2,2,1,1,NULL);
CREATE TABLE snapshot (snapshot INTEGER PRIMARY KEY, stream INTEGER NOT NULL, sync INTEGER NOT NULL, read INTEGER NOT NULL,
     rank INTEGER NOT NULL, verdict TEXT NOT NULL, facts TEXT NOT NULL, records INTEGER NOT NULL, at TEXT NOT NULL,
     fingerprint TEXT NOT NULL, carried BLOB NOT NULL, UNIQUE (sync, stream));
INSERT INTO "snapshot" VALUES(1,1,1,1,2,'{"is":"complete","because":"test","findings":[],"next_steps":[],"rules":"1","hold":null}','{"stream":"users"}',2,'2026-01-02T03:04:05.000Z','print',X'');
INSERT INTO "snapshot" VALUES(2,1,2,2,2,'{"is":"complete","because":"test","findings":[],"next_steps":[],"rules":"1","hold":null}','{"stream":"users"}',2,'2026-01-02T03:04:05.000Z','print',X'');
CREATE TABLE stream (stream INTEGER PRIMARY KEY, conn INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE (conn, name));
INSERT INTO "stream" VALUES(1,1,'users');
CREATE TABLE sync (sync INTEGER PRIMARY KEY, conn INTEGER NOT NULL, state TEXT NOT NULL, fingerprint TEXT NOT NULL,
     started_at TEXT NOT NULL, ended_at TEXT, resumed INTEGER NOT NULL, because TEXT);
INSERT INTO "sync" VALUES(1,1,'finished','print','2026-01-02T03:04:05.000Z','2026-01-02T03:04:05.000Z',0,NULL);
INSERT INTO "sync" VALUES(2,1,'finished','print','2026-01-02T03:04:05.000Z','2026-01-02T03:04:05.000Z',0,NULL);
CREATE TABLE version (n INTEGER PRIMARY KEY, stream INTEGER NOT NULL, kind INTEGER NOT NULL, sync INTEGER NOT NULL, old INTEGER,
     hash TEXT, id TEXT NOT NULL, fields TEXT);
INSERT INTO "version" VALUES(1,1,0,1,NULL,'55CUHHIozwQW5HQOKbkpeRpUYbtTJgoU_xvCZUXBC1c','a','{"is":1}');
INSERT INTO "version" VALUES(2,1,0,1,NULL,'55CUHHIozwQW5HQOKbkpeRpUYbtTJgoU_xvCZUXBC1c','b','{"is":1}');
INSERT INTO "version" VALUES(3,1,1,2,1,'BLtxbyhb1CDm0SY22YDZPA5XeGud8QmEt8Vak-6ttz0','a','{"is":2}');
INSERT INTO "version" VALUES(4,1,0,2,NULL,'55CUHHIozwQW5HQOKbkpeRpUYbtTJgoU_xvCZUXBC1c','c','{"is":1}');
INSERT INTO "version" VALUES(5,1,2,2,2,NULL,'b',NULL);
CREATE TABLE waiver (waiver INTEGER PRIMARY KEY, reason TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE webhook (webhook TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE webhook_delivery (webhook TEXT NOT NULL, n INTEGER NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL,
     began_at INTEGER NOT NULL, next_at INTEGER, last TEXT NOT NULL, PRIMARY KEY (webhook, n)) WITHOUT ROWID;
CREATE TABLE webhook_message (n INTEGER PRIMARY KEY, message TEXT NOT NULL UNIQUE, at TEXT NOT NULL, type TEXT NOT NULL, connection TEXT,
     body TEXT NOT NULL);
CREATE UNIQUE INDEX conn_name ON conn (name) WHERE live = 1;
CREATE INDEX sync_conn ON sync (conn, sync);
CREATE UNIQUE INDEX page_key ON page (read, part, no);
CREATE INDEX page_order ON page (read, page);
CREATE INDEX quarantine_read ON quarantine (read, q);
CREATE INDEX snapshot_stream ON snapshot (stream, rank, snapshot);
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
CREATE INDEX intent_event_n ON intent_event (n);
CREATE TRIGGER intent_event_stays BEFORE UPDATE ON intent_event BEGIN SELECT raise(ABORT, 'a history is only appended to'); END;
CREATE TRIGGER intent_event_remains BEFORE DELETE ON intent_event BEGIN SELECT raise(ABORT, 'a history is only appended to'); END;
CREATE UNIQUE INDEX assertion_standing ON assertion (conn, stream, id, claim) WHERE lifted_by IS NULL AND breached_at IS NULL;
CREATE INDEX approval_hash ON approval (hash);
CREATE INDEX intent_taken ON intent (conn, sent_at) WHERE takes = 1 AND approved = 0 AND sent_at IS NOT NULL;
CREATE INDEX intent_taking ON intent (conn) WHERE takes = 1 AND approved = 0 AND sent_at IS NULL AND state NOT IN ('held', 'done');
CREATE INDEX audit_about ON audit (about, seq);
CREATE INDEX audit_at ON audit (at, seq);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the ledger is only appended to'); END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the ledger is only appended to'); END;
CREATE TRIGGER node_stays BEFORE UPDATE ON ledger_node BEGIN SELECT raise(ABORT, 'the ledger is only appended to'); END;
CREATE TRIGGER node_remains BEFORE DELETE ON ledger_node BEGIN SELECT raise(ABORT, 'the ledger is only appended to'); END;
CREATE INDEX certification_event_of ON certification_event (certification, event);
CREATE INDEX certification_link_of ON certification_link (certification, link);
CREATE TRIGGER certification_event_stays BEFORE UPDATE ON certification_event BEGIN SELECT raise(ABORT, 'certifications are only appended to'); END;
CREATE TRIGGER certification_event_remains BEFORE DELETE ON certification_event BEGIN SELECT raise(ABORT, 'certifications are only appended to'); END;
CREATE TRIGGER certification_decision_stays BEFORE UPDATE ON certification_decision BEGIN SELECT raise(ABORT, 'certifications are only appended to'); END;
CREATE TRIGGER certification_decision_remains BEFORE DELETE ON certification_decision BEGIN SELECT raise(ABORT, 'certifications are only appended to'); END;
CREATE TRIGGER certification_link_stays BEFORE UPDATE ON certification_link BEGIN SELECT raise(ABORT, 'certifications are only appended to'); END;
CREATE TRIGGER certification_link_remains BEFORE DELETE ON certification_link BEGIN SELECT raise(ABORT, 'certifications are only appended to'); END;
CREATE TRIGGER waiver_stays BEFORE UPDATE ON waiver BEGIN SELECT raise(ABORT, 'certifications are only appended to'); END;
CREATE TRIGGER waiver_remains BEFORE DELETE ON waiver BEGIN SELECT raise(ABORT, 'certifications are only appended to'); END;
CREATE UNIQUE INDEX exception_open ON exception (connection, control, stream) WHERE state <> 'closed';
CREATE INDEX exception_of ON exception (connection, exception);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook, next_at) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_of ON webhook_delivery (n);
CREATE INDEX certification_decision_item ON certification_decision (certification, body ->> '$.item', n);
CREATE INDEX audit_by ON audit (by, seq, what, at);
CREATE INDEX audit_what ON audit (what, seq, by, at);
COMMIT;
