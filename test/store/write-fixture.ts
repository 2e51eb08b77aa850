import type { Facet } from '../../runtime/types.ts'
import type { Intent, IntentEvent, Look, Outcome, OutcomeIs } from '../../runtime/write-types.ts'

export const T0 = Date.parse('2026-03-01T00:00:00.000Z')
export const time = (ms: number): string => new Date(T0 + ms).toISOString()

export type Parts = Partial<Omit<Intent, 'provenance'>> & { readonly by?: string; readonly person?: string | null }

let made = 0
/** A grant of lane `joiner` to account `a` unless said otherwise; each with a name, key and time of its own. */
export function intent(parts: Parts = {}): Intent {
  const n = made++
  const { by = 'hr', person = null, ...rest } = parts
  return {
    intent: `01JZ${String(n).padStart(22, '0')}`,
    connection: 'acme',
    action: 'grant',
    id: 'a',
    input: { group: `g${n}` },
    bound: { userName: 'ann' },
    lane: 'joiner',
    destructive: false,
    provenance: { by, why: 'hired', from: 'cli', person },
    key: `key ${n}`,
    plan: null,
    made_at: time(n),
    due_at: null,
    ...rest,
  }
}

export const sending = (at = time(0), attempt = 1, step = 'send'): IntentEvent => ({ kind: 'sending', at, step, attempt })
export const held = (at = time(0)): IntentEvent => ({ kind: 'held', at, brake: 'threshold', because: 'too many' })
export const approved = (at = time(0)): IntentEvent => ({ kind: 'approved', at, by: 'boss', hash: 'h' })
export const cancelled = (at = time(0)): IntentEvent => ({ kind: 'cancelled', at, by: 'ann', because: 'not wanted' })
export const looked = (at = time(0)): IntentEvent => ({
  kind: 'looked',
  at,
  record: { secret: 'of a record' },
  already: false,
  found: null,
  skip: [],
})
export const answered = (result: 'accepted' | 'refused' | 'lost', at = time(0)): IntentEvent => ({
  kind: 'answered',
  at,
  step: 'send',
  result,
  status: 200,
  code: null,
  because: 'it said so',
  job: null,
  invited: false,
})
export const look = (phase: Look['phase'], at = time(0), facet: Facet = 'account'): IntentEvent => ({
  kind: 'look',
  at,
  look: {
    facet,
    verify: 0,
    phase,
    at,
    where: 'GET /users/{id}',
    shows: 'asked',
    control: null,
    rung: null,
    because: 'seen',
    digest: 'd',
    record: { secret: 'of a look' },
    residual_until: null,
  },
})
export const outcome = (is: OutcomeIs, at = time(0)): IntentEvent => ({ kind: 'outcome', at, outcome: outcomeOf(is) })
const outcomeOf = (is: OutcomeIs): Outcome => ({
  is,
  because: 'judged',
  changed: true,
  facets: [],
  id: null,
  bound_to: null,
  bystanders: 'unchanged',
  moved: [],
  residual_until: null,
  expires_at: null,
  next_steps: [],
  rules: '1',
})

export const US = { by: 'engine', what: 'work' }

/** What the actions of the tests change. `custom_unknown` is one the connector no longer has. */
export const facetsOf = (action: string): readonly string[] =>
  ({
    grant: ['groups'],
    revoke: ['groups'],
    create_account: ['account'],
    reactivate_account: ['account'],
    set_license: ['licenses'],
    update_account: ['profile'],
    deactivate_account: ['account', 'sessions'],
  })[action] ?? []
