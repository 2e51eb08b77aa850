/** Levels, exceptions, alerts and webhooks as the API says them. */
import { CONTROLS, DELIVERY_STATES, EVENT_TYPES, EXCEPTION_STATES, SEVERITIES } from '../levels-types.ts'
import { anyObject, flag, id12, int, list, maybe, name, object, oneOf, ref, text, time } from './shapes.ts'
import type { Schema } from './types.ts'

const LEVELS: { readonly [name: string]: Schema } = {
  freshness_s: maybe(int('seconds a read may be old; never longer than its connector says; null: as it says', 60)),
  incomplete_for_s: int('seconds that the last complete read may be past while the newest is not complete; 0 where absent'),
  verified_within_s: int('seconds from the first request of a change until looks verified it; 300 where absent', 1),
  unverifiable_most: int('changes that nobody can look at; 0 where absent'),
  unverifiable_for_s: int('seconds the oldest of them may be old; 604,800 where absent'),
  objective: {
    type: 'number',
    minimum: 0.5,
    maximum: 0.9999,
    description: 'share of 30 days in which each level holds; 0.99 where absent',
  },
}
/** Those that are not named have their defaults. */
export const LEVELS_GIVEN = object(Object.fromEntries(Object.entries(LEVELS).map(([name, schema]) => [`${name}?`, schema])))

export const LEVEL_SCHEMAS: { readonly [name: string]: Schema } = {
  Levels: object(LEVELS),
  LevelsNow: object({
    connection: name(''),
    owner: maybe(text('')),
    data_owner: maybe(text('')),
    levels: ref('Levels'),
    cadence_ms: int('between its reads, by the last ones'),
    breaches: list(
      object({
        control: oneOf(CONTROLS),
        stream: maybe(text('')),
        severity: oneOf(SEVERITIES),
        because: text('', { maxLength: 1_000_000 }),
        evidence: anyObject,
        next_step: text(''),
        since: time,
      }),
    ),
    until: maybe(time),
    burns: list(
      object({
        control: oneOf(CONTROLS),
        severity: oneOf(SEVERITIES),
        long_ms: { type: 'number' },
        short_ms: { type: 'number' },
        factor: { type: 'number' },
        long: maybe({ type: 'number' }),
        short: maybe({ type: 'number' }),
      }),
      { description: 'times the pace at which the budget lasts; null: less than half of the window was looked at' },
    ),
    alerts: list(ref('Alert')),
  }),
  Exception: object({
    exception: text(''),
    connection: name(''),
    control: oneOf(CONTROLS),
    stream: maybe(text('')),
    severity: oneOf(SEVERITIES),
    state: oneOf(EXCEPTION_STATES),
    since: { ...time, description: 'when the level stopped holding' },
    opened_at: { ...time, description: 'when that was seen' },
    because: text('', { maxLength: 1_000_000 }),
    evidence: anyObject,
    next_step: text('what would settle it', { maxLength: 100_000 }),
    owner: maybe(text('')),
    data_owner: maybe(text('')),
    acknowledged: maybe(object({ by: text(''), at: time, why: text('') })),
    closed: maybe(object({ by: maybe(text('null: the level holds again')), at: time, because: text('') })),
  }),
  Alert: object({
    connection: name(''),
    control: oneOf(CONTROLS),
    severity: oneOf(SEVERITIES),
    since: time,
    burn: object({
      severity: oneOf(SEVERITIES),
      long_ms: { type: 'number' },
      short_ms: { type: 'number' },
      factor: { type: 'number' },
      long: { type: 'number' },
      short: { type: 'number' },
    }),
  }),
  Webhook: object({
    webhook: id12,
    url: text(''),
    title: text(''),
    types: list(oneOf(EVENT_TYPES)),
    connections: list(name('')),
    enabled: flag(''),
    because: maybe(text('why it is off')),
    secrets: list(object({ made_at: time, until: maybe(time) }), { description: 'newest first: never a value' }),
    made_at: time,
    made_by: text(''),
  }),
  NewWebhook: object({ webhook: ref('Webhook'), text: maybe(text('its secret: shown this once')) }),
  Delivery: object({
    message: text('`webhook-id`'),
    webhook: id12,
    type: oneOf(EVENT_TYPES),
    connection: maybe(text('')),
    made_at: time,
    state: oneOf(DELIVERY_STATES),
    tries: int(''),
    next_at: maybe(time),
    last: list(object({ at: time, status: maybe(int('')), because: text(''), ms: { type: 'number' } })),
  }),
}
