/** What the API says and takes, by name: `#/components/schemas/…`. Answers are closed too, so that nothing slips out unseen. */
import { ROLES } from '../control/types.ts'
import { CHANGE_KINDS, LANES, RECORD_TYPES } from '../types.ts'
import { INTENT_STATES, OUTCOMES } from '../write-types.ts'
import type { Schema } from './types.ts'

export const text = (description: string, more: Schema = {}): Schema => ({
  type: 'string',
  maxLength: 4096,
  description,
  ...more,
})
export const time: Schema = { type: 'string', format: 'date-time' }
export const maybe = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
export const int = (description: string, minimum = 0): Schema => ({ type: 'integer', minimum, description })
export const flag = (description: string): Schema => ({ type: 'boolean', description })
export const list = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more })
export const oneOf = (values: readonly string[], description = ''): Schema => ({ type: 'string', enum: values, description })
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
/** Without `?` a field must be there. */
export function object(fields: { readonly [name: string]: Schema }, description = ''): Schema {
  const names = Object.keys(fields)
  return {
    type: 'object',
    ...(description === '' ? {} : { description }),
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/, ''), fields[name] as Schema])),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  }
}
export const mapOf = (values: Schema, description = ''): Schema => ({
  type: 'object',
  ...(description === '' ? {} : { description }),
  additionalProperties: values,
})
export const json: Schema = { description: 'any JSON' }
export const anyObject: Schema = { type: 'object', additionalProperties: true }
/** A page of something. `next`: the cursor of the next one; null: there is none. */
export const page = (item: Schema): Schema => object({ items: list(item), next: maybe(text('cursor of the next page')) })

export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
export const name = (description: string): Schema => ({ type: 'string', pattern: NAME_PATTERN, description })
export const streamName: Schema = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,63}$', description: 'a stream' }
export const id12: Schema = { type: 'string', pattern: '^[0-9a-z]{12}$' }
export const why = text('why, for the ledger', { minLength: 1, maxLength: 1000 })
export const roles: Schema = list(oneOf(ROLES), { minItems: 1, maxItems: ROLES.length, uniqueItems: true })
const digits = (most: number): string => `^[0-9]{1,${most}}$`
/** In a query everything is text. */
export const PAGING: { readonly [name: string]: Schema } = {
  limit: { type: 'string', pattern: digits(4), description: 'items of a page, 1 to 1000; 100 where absent' },
  cursor: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,600}$', description: 'next of the page before' },
}
export const number: Schema = { type: 'string', pattern: digits(15) }

const verdict = object({
  is: oneOf(['complete', 'incomplete', 'unproven']),
  because: text(''),
  findings: list(
    object({
      check: text(''),
      item: { type: 'number' },
      class: text('how independent it is of the answers it judges'),
      result: oneOf(['holds', 'refutes', 'missing', 'anomaly']),
      because: text('', { maxLength: 100_000 }),
      facts: anyObject,
      confirms: flag('may it be the one that complete needs'),
      settle: maybe(text('what would settle it', { maxLength: 100_000 })),
    }),
  ),
  next_steps: list(text('')),
  rules: text('version of the rules that judged'),
  hold: maybe(text('why removals are held')),
})

export const SCHEMAS: { readonly [name: string]: Schema } = {
  Problem: object({
    type: text(''),
    title: text('what the code means'),
    status: int('as of the answer'),
    detail: text('the same as cause', { maxLength: 100_000 }),
    code: text('`room/what`'),
    cause: text('what exactly, in this case', { maxLength: 100_000 }),
    next_step: text('what to do about it'),
    where: maybe(text('a field, a setting, a path of a spec')),
    'errors?': list(object({ at: text('JSON pointer'), because: text('') })),
  }),
  Tenant: object({ tenant: name(''), title: text(''), made_at: time, made_by: text('') }),
  Token: object({
    token: id12,
    tenant: maybe(name('')),
    name: text(''),
    person: text('in whose name it acts'),
    roles: list(oneOf(ROLES)),
    connections: maybe(list(name(''))),
    made_at: time,
    made_by: text(''),
    expires_at: time,
    revoked_at: maybe(time),
    used_at: maybe(time),
  }),
  NewToken: object({ token: ref('Token'), text: maybe(text('the token: shown this once and kept nowhere')) }),
  Binding: object({
    binding: id12,
    tenant: name(''),
    who: text('verified address, or `sub`'),
    roles: list(oneOf(ROLES)),
    made_at: time,
    made_by: text(''),
  }),
  IdentityProvider: object({
    idp: id12,
    tenant: name(''),
    issuer: text(''),
    client_id: text(''),
    client_secret: maybe(text('where it is found: never the value')),
    login: text('where people begin'),
  }),
  Session: object({
    tenant: maybe(name('')),
    by: text(''),
    kind: oneOf(['token', 'session']),
    token: maybe(id12),
    roles: list(oneOf(ROLES)),
    connections: maybe(list(name(''))),
    csrf: maybe(text('send it as X-CSRF-Token with every write of this session')),
  }),
  Connector: object({
    connector: name(''),
    title: maybe(text('')),
    built_in: flag('it came along with the program'),
    current: maybe(int('version in use; null: the built-in one')),
    fingerprint: maybe(text('')),
  }),
  ConnectorVersion: object({
    connector: name(''),
    no: int('', 1),
    fingerprint: text(''),
    at: time,
    by: text(''),
    deprecated_at: maybe(time),
    deprecated_why: maybe(text('')),
    current: flag('in use'),
  }),
  Diagnostics: object({
    valid: flag(''),
    connector: maybe(text('')),
    fingerprint: maybe(text('')),
    diagnostics: list(anyObject),
  }),
  ConnectorDiff: object({
    from: int('version'),
    to: int('version'),
    same: flag('the same declaration, whatever its comments'),
    changed: list(object({ path: text(''), before: json, after: json }), { description: 'places of the declaration' }),
  }),
  Connection: object({
    name: name(''),
    connector: name(''),
    settings: anyObject,
    secrets: mapOf(
      object({ set_at: maybe(time), set_by: maybe(text('')), kept: oneOf(['vault', 'reference']) }),
      'fields that are set: never a value',
    ),
    owner: maybe(text('')),
    attested: maybe(object({ by: text(''), at: time, until: time, reason: text('') })),
    canaries: mapOf(list(text(''))),
    protected: mapOf(list(text(''))),
    allow_private: flag(''),
    created_at: time,
    paused: maybe(object({ at: time, by: text(''), why: text('') })),
  }),
  Check: object({ whoami: maybe(anyObject), scope: list(anyObject), streams: mapOf(anyObject) }),
  Sync: object({
    sync: int('', 1),
    connection: name(''),
    state: oneOf(['running', 'paused', 'finished', 'failed', 'abandoned']),
    under_way: flag('by this process, now'),
    fingerprint: text(''),
    started_at: time,
    ended_at: maybe(time),
    resumed: int('times it was taken up again'),
    because: maybe(text('', { maxLength: 100_000 })),
    progress: maybe(mapOf(anyObject)),
  }),
  Stream: object({
    stream: streamName,
    is: oneOf(RECORD_TYPES),
    verdict: oneOf(['complete', 'incomplete', 'unproven']),
    because: text(''),
    records: int(''),
    sync: int(''),
    at: time,
    age_s: { type: 'number' },
    fresh_for_s: maybe({ type: 'number' }),
    stale: flag(''),
    hold: maybe(text('')),
    next_steps: list(text('')),
    last_complete: maybe(object({ sync: int(''), records: int(''), at: time })),
  }),
  StoredRecord: object({ id: text('native id'), sync: int('in which it was read as it is'), fields: anyObject }),
  Change: object({
    seq: int('', 1),
    connection: name(''),
    stream: streamName,
    sync: int(''),
    kind: oneOf(CHANGE_KINDS),
    id: text(''),
    fields: maybe(anyObject),
    at: time,
  }),
  Evidence: object({
    connection: name(''),
    stream: streamName,
    sync: int(''),
    at: time,
    fingerprint: text(''),
    verdict,
    facts: anyObject,
  }),
  Action: object({
    intent: text(''),
    connection: name(''),
    action: text(''),
    id: maybe(text('')),
    input: list(text('names only: values may be secrets')),
    lane: oneOf(LANES),
    by: text(''),
    why: text(''),
    from: text(''),
    person: maybe(text('')),
    plan: maybe(text('')),
    made_at: time,
    due_at: maybe(time),
    overdue: flag(''),
    state: oneOf(INTENT_STATES),
    outcome: maybe(oneOf(OUTCOMES)),
    standing: object({
      is: text(''),
      because: text('', { maxLength: 100_000 }),
      since: time,
      next_steps: list(text('')),
      residual_until: maybe(time),
    }),
    approval_hash: text('what a second person approves where the rolling brake holds it'),
  }),
  ActionHistory: object({ action: ref('Action'), outcome: anyObject, history: list(anyObject) }),
  Requested: object({
    intent: text(''),
    made: flag('false: the same was asked for before'),
    cancelled: list(text('intents that it took the place of')),
  }),
  Plan: object({
    hash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    made_at: time,
    made_by: text(''),
    why: text(''),
    items: list(anyObject),
    rests_on: mapOf(anyObject),
    held: list(object({ brake: text(''), because: text('') })),
    approvals: list(ref('Approval')),
    'already?': list(anyObject),
    'repeated?': int(''),
  }),
  Approval: object({
    hash: text(''),
    by: text(''),
    at: time,
    expires_at: time,
    used_at: maybe(time),
    override: maybe(text('')),
  }),
  Applied: object({ plan: text(''), asked: int(''), before: int('asked for by an earlier call'), intents: list(text('')) }),
  Gate: object({
    connection: name(''),
    is: oneOf(['allow', 'deny', 'waiver_required']),
    reasons: list(
      object({
        connection: text(''),
        stream: text(''),
        kind: text('what a waiver is bound to'),
        id: text('of this reason on what was read: another read, another reason'),
        because: text('', { maxLength: 100_000 }),
        settle: text('what would settle it'),
      }),
    ),
    waived: list(anyObject),
    snapshots: list(object({ stream: text(''), sync: int(''), verdict: text('') })),
  }),
  ScopeGate: object({ is: oneOf(['allow', 'deny', 'waiver_required']), connections: list(ref('Gate')) }),
  LedgerEntry: object({
    seq: int('', 1),
    at: text(''),
    what: text(''),
    by: text(''),
    about: text(''),
    from: maybe(text('')),
    on_behalf_of: maybe(text('')),
    why: maybe(text('')),
    detail: anyObject,
  }),
  LedgerHead: object({ size: int(''), root: text('base64'), key: text('verifier of its checkpoints: name+hash+key') }),
  Checkpoint: object({ size: int(''), note: text('signed note', { maxLength: 100_000 }) }),
  InclusionProof: object({
    seq: int('', 1),
    size: int('', 1),
    entry: text('exactly what was hashed', { maxLength: 1_000_000 }),
    hashes: list(text('base64')),
  }),
  ConsistencyProof: object({ older: int('', 1), newer: int('', 1), hashes: list(text('base64')) }),
  Stop: object({ scope: text('`*` or a connection'), by: text(''), why: text(''), at: time }),
  Health: object({
    is: oneOf(['fine', 'attention']),
    connections: list(
      object({
        connection: name(''),
        paused: flag(''),
        sync: maybe(oneOf(['running', 'paused', 'finished', 'failed', 'abandoned'])),
        verdicts: mapOf(text('')),
        stale: list(text('')),
        unfinished: int(''),
        overdue: int(''),
        reasons: list(text('', { maxLength: 100_000 })),
      }),
    ),
    stops: list(ref('Stop')),
    ledger: object({ size: int('') }),
  }),
}
