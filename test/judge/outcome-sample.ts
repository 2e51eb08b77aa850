/** An action, an intent and its history, as small as can be; and a world to run the state machine in, with a clock of its own. */
import type { Action, FacetState, JsonObject, Step, Verify } from '../../runtime/types.ts'
import type { Act } from '../../runtime/write/act.ts'
import { decide } from '../../runtime/write/decide.ts'
import type { Intent, IntentEvent, Look, Outcome } from '../../runtime/write-types.ts'

export const T0 = Date.parse('2026-11-21T00:00:00.000Z')
/** `at(5)`: five seconds in. */
export const at = (s: number): string => new Date(T0 + Math.round(s * 1000)).toISOString()

const SEND: Step['send'] = {
  method: 'POST',
  path: '/users/{id}/off',
  query: [],
  headers: {},
  body: null,
  decode: { kind: 'json' },
  expect: [],
}

export const step = (name: string, facets: Step['facets'], more: Partial<Step> = {}): Step => ({
  name,
  facets,
  send: SEND,
  accepted: null,
  when: null,
  already_status: [],
  ...more,
})

export const verify = (facet: Verify['facet'], kind = 'state', more: Partial<Verify> = {}): Verify => ({
  facet,
  when: null,
  probe: { kind },
  within_s: 60,
  agree: 2,
  every_s: 5,
  ...more,
})

export const action = (more: Partial<Action> = {}): Action => ({
  name: 'deactivate_account',
  title: 'Deactivate',
  on: 'users',
  does: { account: 'inactive' } as { readonly account: FacetState },
  input: {},
  destructive: true,
  before: SEND,
  bind: ['userName'],
  already: null,
  protect: [],
  find: null,
  idempotency: 'native_key',
  steps: [step('off', ['account'])],
  verify: [verify('account')],
  may_change: [],
  recheck_s: [],
  job: null,
  invitation: null,
  unverifiable: null,
  ...more,
})

export const intent = (more: Partial<Intent> = {}): Intent => ({
  intent: '01',
  connection: 'acme',
  action: 'deactivate_account',
  id: 'u1',
  input: {},
  bound: { userName: 'ada' },
  lane: 'leaver',
  destructive: true,
  provenance: { by: 'Ada', why: 'left', from: 'cli', person: null },
  key: 'k',
  plan: null,
  made_at: at(0),
  due_at: null,
  ...more,
})

export const RECORD = { userName: 'ada', active: true, department: 'R&D', updatedAt: '1' }

export const requested: IntentEvent = { kind: 'requested', at: at(0) }
export const looked = (s: number, more: Partial<Extract<IntentEvent, { kind: 'looked' }>> = {}): IntentEvent => ({
  kind: 'looked',
  at: at(s),
  record: RECORD,
  already: false,
  found: null,
  skip: [],
  ...more,
})
export const sending = (s: number, name = 'off', attempt = 1): IntentEvent => ({
  kind: 'sending',
  at: at(s),
  step: name,
  attempt,
})
export type Answered = Extract<IntentEvent, { kind: 'answered' }>
export const answered = (s: number, result: Answered['result'], more: Partial<Answered> = {}): IntentEvent => ({
  kind: 'answered',
  at: at(s),
  step: 'off',
  result,
  status: result === 'accepted' ? 200 : result === 'refused' ? 403 : 0,
  code: null,
  because: result,
  job: null,
  invited: false,
  ...more,
})

export const lookOf = (s: number, shows: Look['shows'], more: Partial<Look> = {}): Look => ({
  facet: 'account',
  verify: 0,
  phase: 'after',
  at: at(s),
  where: 'GET /users/{id}',
  shows,
  control: null,
  rung: null,
  because: shows,
  digest: null,
  record: null,
  residual_until: null,
  ...more,
})
export const look = (s: number, shows: Look['shows'], more: Partial<Look> = {}): IntentEvent => ({
  kind: 'look',
  at: at(s),
  look: lookOf(s, shows, more),
})

/** The whole record, read once more before the end. */
export const beside = (s: number, record: JsonObject | null = RECORD, ours: readonly string[] = []): IntentEvent => ({
  kind: 'beside',
  at: at(s),
  where: 'GET /users/{id}',
  record,
  digest: null,
  because: record === null ? 'no answer' : 'read once more',
  ours,
})

// ---------------------------------------------------------------- a world

/** What a target does and shows; every function is given the seconds since the beginning. */
export type World = {
  /** The answer to a sending; `sent` counts all of them, this one included. */
  readonly answer: (ask: {
    step: string
    attempt: number
    sent: number
    s: number
  }) => Partial<Answered> & Pick<Answered, 'result'>
  readonly look: (ask: { verify: number; s: number; sent: number; phase: string }) => Partial<Look> & Pick<Look, 'shows'>
  readonly before?: (s: number, sent: number) => Partial<Extract<IntentEvent, { kind: 'looked' }>> | null
  readonly find?: (s: number, sent: number) => string | null
  readonly poll?: (s: number) => Partial<Answered> & Pick<Answered, 'result'>
  /** The whole record, asked for once before the end where no look read it; absent: no answer. */
  readonly beside?: (s: number) => JsonObject | null
  /** What other changes of ours may have moved meanwhile. */
  readonly ours?: readonly string[]
  readonly killed?: (s: number) => string | null
  readonly approved?: boolean
}

export type Ran = {
  readonly events: readonly IntentEvent[]
  readonly outcomes: readonly Outcome[]
  readonly sent: readonly string[]
  readonly acts: readonly Act[]
  readonly end: Act
  readonly s: number
}

/** Runs `decide` until it is done, waits for a person, or `until_s` is over. A `crash` before an act's number drops what was not durable. */
export function run(of: Action, what: Intent, world: World, until_s = 3600, start: readonly IntentEvent[] = [requested]): Ran {
  const events = [...start]
  const sent: string[] = []
  const outcomes: Outcome[] = []
  const acts: Act[] = []
  let s = 0
  for (let n = 0; n < 2000; n++) {
    const killed = world.killed?.(s) ?? null
    const act = decide({ action: of, row: { intent: what, events }, now: at(s), killed, approved: world.approved ?? true })
    const wake = act.act === 'wait' ? act.until : 'not_before' in act ? act.not_before : null
    if (act.act === 'done' || (act.act === 'wait' && wake === null)) return { events, outcomes, sent, acts, end: act, s }
    if (wake !== null && Date.parse(wake) > T0 + s * 1000) {
      s = (Date.parse(wake) - T0) / 1000
      if (s > until_s) return { events, outcomes, sent, acts, end: act, s }
      continue
    }
    acts.push(act)
    s += 0.05
    perform(act)
  }
  throw new Error(`does not end: ${JSON.stringify(acts.slice(-4))}`)

  function perform(act: Act): void {
    switch (act.act) {
      case 'look_before': {
        const seen = world.before === undefined ? {} : world.before(s, sent.length)
        events.push(
          seen === null
            ? look(s, 'unanswered', { phase: 'before' })
            : looked(s, { ...(of.find === null ? {} : { record: null }), ...seen }),
        )
        return
      }
      case 'find':
        events.push(looked(s, { record: null, found: world.find?.(s, sent.length) ?? null }))
        return
      case 'hold':
        events.push({ kind: 'held', at: at(s), brake: act.brake, because: act.because })
        return
      case 'send': {
        events.push(sending(s, act.step, act.attempt))
        sent.push(`${act.step} ${act.attempt}`)
        const { result, ...more } = world.answer({ step: act.step, attempt: act.attempt, sent: sent.length, s })
        s += 0.05
        // A crash: nothing of an answer is recorded.
        if (more.because !== 'crash') events.push(answered(s, result, { step: act.step, ...more }))
        return
      }
      case 'poll_job': {
        const { result, ...more } = world.poll!(s)
        events.push(answered(s, result, { step: act.step, ...more }))
        return
      }
      case 'look':
        for (const verify of act.verify) {
          const { shows, ...more } = world.look({ verify, s, sent: sent.length, phase: act.phase })
          events.push(look(s, shows, { verify, phase: act.phase, facet: of.verify[verify]!.facet, ...more }))
        }
        return
      case 'look_beside': {
        events.push(beside(s, world.beside?.(s) ?? null, world.ours))
        return
      }
      case 'judge':
        outcomes.push(act.outcome)
        events.push({ kind: 'outcome', at: at(s), outcome: act.outcome })
        return
      case 'wait':
      case 'done':
    }
  }
}
