/** Tables of the control store and of a tenant's desk. Times are ISO texts; lists and roles JSON. */
export const CONTROL = `
CREATE TABLE IF NOT EXISTS tenant (tenant TEXT PRIMARY KEY, title TEXT NOT NULL, made_at TEXT NOT NULL, made_by TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS token (
  token TEXT PRIMARY KEY, hash BLOB NOT NULL, tenant TEXT, name TEXT NOT NULL, person TEXT NOT NULL, roles TEXT NOT NULL, connections TEXT,
  made_at TEXT NOT NULL, made_by TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT, used_at TEXT) STRICT;
CREATE INDEX IF NOT EXISTS token_of ON token (tenant, made_at);
CREATE TABLE IF NOT EXISTS binding (
  binding TEXT PRIMARY KEY, tenant TEXT NOT NULL, who TEXT NOT NULL, roles TEXT NOT NULL, made_at TEXT NOT NULL, made_by TEXT NOT NULL,
  UNIQUE (tenant, who)) STRICT;
CREATE TABLE IF NOT EXISTS idp (
  idp TEXT PRIMARY KEY, tenant TEXT NOT NULL, issuer TEXT NOT NULL, client_id TEXT NOT NULL, client_secret TEXT) STRICT;
CREATE TABLE IF NOT EXISTS session (
  hash BLOB PRIMARY KEY, tenant TEXT NOT NULL, idp TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL, email TEXT,
  made_at TEXT NOT NULL, expires_at TEXT NOT NULL, used_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS login (
  hash BLOB PRIMARY KEY, idp TEXT NOT NULL, state TEXT NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL, expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unsaid (n INTEGER PRIMARY KEY, tenant TEXT NOT NULL, entry TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS unsaid_of ON unsaid (tenant, n);
`

export const DESK = `
CREATE TABLE IF NOT EXISTS waiver_request (
  request TEXT PRIMARY KEY, body TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, token TEXT, signed_by TEXT, signed_at TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS connector_version (
  connector TEXT NOT NULL, no INTEGER NOT NULL, yaml TEXT NOT NULL, fingerprint TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL,
  deprecated_at TEXT, deprecated_why TEXT, PRIMARY KEY (connector, no)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS connector (connector TEXT PRIMARY KEY, current INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS paused (connection TEXT PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, why TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS plan (
  hash TEXT PRIMARY KEY, plan TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, token TEXT) STRICT;
CREATE INDEX IF NOT EXISTS plan_at ON plan (at, hash);
CREATE TABLE IF NOT EXISTS idempotency (
  asker TEXT NOT NULL, key TEXT NOT NULL, request BLOB NOT NULL, at TEXT NOT NULL, status INTEGER, headers TEXT, body TEXT,
  PRIMARY KEY (asker, key)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secret (
  name TEXT PRIMARY KEY, connection TEXT NOT NULL, field TEXT NOT NULL, origin TEXT NOT NULL, sealed TEXT NOT NULL,
  at TEXT NOT NULL, by TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS secret_of ON secret (connection, field);
`
