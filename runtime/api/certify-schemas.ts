/** Gate, waivers and certifications as the API says them. */
import { GATE_REASONS } from '../certify-types.ts'
import { OUTCOMES } from '../write-types.ts'
import { flag, id12, int, json, list, mapOf, maybe, name, object, oneOf, ref, streamName, text, time } from './shapes.ts'
import type { Schema } from './types.ts'

const LONG = { maxLength: 100_000 } as const
const id = { type: 'string', pattern: '^[0-9A-HJKMNP-TV-Z]{26}$' } as const
const reasonId = {
  type: 'string',
  pattern: '^[0-9a-f]{12}$',
  description: 'of this reason on what was read: another read, another reason',
} as const
const ANSWER = oneOf(['allow', 'deny', 'waiver_required'])
const VERDICT = oneOf(['complete', 'incomplete', 'unproven'])
const gate = object({ is: ANSWER, reasons: list(ref('GateReason')), waived: list(ref('Waived')) }, 'may it close?')
const DIGEST = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const

const certification: { readonly [field: string]: Schema } = {
  certification: id,
  state: oneOf(['open', 'closed', 'withdrawn']),
  name: text(''),
  owner: text('who answers for it'),
  opened_at: time,
  opened_by: text(''),
  frozen_at: time,
  frozen: list(ref('Frozen')),
  counts: object({ items: int('to decide upon'), undecided: int(''), kept: int(''), revoked: int('') }),
  revocations: list(
    object({
      id: text('native id'),
      by: text('who decided'),
      intent: maybe(text('what carries it out')),
      outcome: maybe(oneOf(OUTCOMES)),
    }),
  ),
  parts: list(
    object({
      connection: name(''),
      stream: streamName,
      in_scope: int('in the newest read'),
      late: list(text(''), { description: 'ids that came after the freeze' }),
      gone: list(text(''), { description: 'ids that are there no more' }),
      changed: list(text(''), { description: 'ids whose record is another one now' }),
    }),
  ),
  gate,
}

export const CERTIFY_SCHEMAS: { readonly [name: string]: Schema } = {
  GateReason: object({
    connection: text('empty: of no single one'),
    stream: text('empty: of no single one'),
    kind: oneOf(GATE_REASONS, 'what a waiver is bound to'),
    id: reasonId,
    because: text('', LONG),
    settle: text('what would settle it', LONG),
  }),
  Waiver: object({
    reason: reasonId,
    kind: oneOf(GATE_REASONS),
    connection: text(''),
    stream: text(''),
    because: text('what was waived, in the words it had', LONG),
    requested_by: text('the first person'),
    by: text('the second person'),
    why: text(''),
    at: time,
    expires_at: time,
  }),
  Waived: object({ reason: ref('GateReason'), waiver: ref('Waiver') }),
  WaiverRequest: object({
    request: id12,
    connection: maybe(name('of whose gate the reason is')),
    certification: maybe(id),
    reason: reasonId,
    requested_by: text('who asks: the credential of the request'),
    at: time,
    until: time,
    why: text(''),
    signed: maybe(object({ by: text(''), at: time })),
  }),
  Frozen: object({
    connection: name(''),
    stream: streamName,
    where: mapOf(json, 'fields that a record must have with just this value'),
    reviewed: flag('is each of its records decided upon'),
    snapshot: int('', 1),
    sync: int('', 1),
    verdict: VERDICT,
    digest: { ...DIGEST, description: 'sha-256 of the verdict as stored' },
    rules: text('version of the rules that judged'),
    fingerprint: text(''),
    connector: object({ name: text(''), version: { type: 'number' }, digest: text('') }),
    started_at: time,
    fresh_for_s: { type: 'number' },
    records: int('in the snapshot'),
    in_scope: int('of those'),
    population: text('RFC 6962 root over the population, base64'),
    pages: object({ count: int(''), root: text('base64') }),
  }),
  CertificationBrief: object({
    certification: id,
    name: text(''),
    state: oneOf(['open', 'closed', 'withdrawn']),
    last: oneOf(['opened', 'frozen', 'closed', 'withdrawn'], 'what was said last'),
    at: time,
  }),
  Certification: object(certification),
  ClosedCertification: object({
    ...certification,
    words: text('what is proven, in words to quote', { maxLength: 1_000_000 }),
    ledger_entry: int('seq of its closing', 1),
  }),
  CertificationItem: object({
    connection: name(''),
    stream: streamName,
    id: text('native id'),
    shows: text('what a person knows it by: `alan.turing holds Engineers`', LONG),
    decision: maybe(oneOf(['keep', 'revoke'], 'the last word; null: undecided, or it changed since')),
    why: text(''),
    by: text(''),
  }),
  Decided: object({ kept: int(''), revoked: int(''), intents: list(text('changes that were asked for')) }),
  AskedFor: object({ intents: list(text('changes that were asked for')) }),
}
