import { expect, test } from 'vitest'
import { type GateInput, gate } from '../../runtime/judge/gate.ts'
import { judge } from '../../runtime/judge/verdict.ts'
import { HONEST, inputOf, SCOPE, secondPass, verdictOf } from './sample.ts'

const complete = verdictOf(HONEST, secondPass(HONEST))
const held = verdictOf({ ...HONEST, baseline: { stored: 2000, filled: {} } }, secondPass(HONEST))
const NOW = Date.parse('2026-11-20T13:00:00Z')
const snapshot = (stream: string, more: Partial<GateInput['snapshots'][number]> = {}): GateInput['snapshots'][number] => ({
  stream,
  sync: 7,
  verdict: complete,
  fingerprint: 'f',
  facts: { started_at: HONEST.started_at },
  ...more,
})
const stream = (name: string, certified = true) => ({ name, certified, fresh_for_s: 86_400 })
const ask = (more: Partial<GateInput> = {}): GateInput => ({
  connection: 'acme',
  snapshots: [snapshot('users'), snapshot('groups')],
  streams: [stream('users'), stream('groups')],
  now_ms: NOW,
  fingerprint: 'f',
  ...more,
})

test.each([
  ['all complete, fresh, of this connector', {}, 'allow', []],
  ['one was never synced', { snapshots: [snapshot('users')] }, 'deny', [/groups: never synced|never synced/]],
  [
    'one is unproven',
    { snapshots: [snapshot('users'), snapshot('groups', { verdict: verdictOf(HONEST, []) })] },
    'deny',
    [/nothing independent/],
  ],
  [
    'one is incomplete',
    { snapshots: [snapshot('users', { verdict: verdictOf({ ...HONEST, in_store: 1 }, []) }), snapshot('groups')] },
    'deny',
    [/the store has 1/],
  ],
  ['one is stale', { now_ms: NOW + 86_400_000 }, 'deny', [/relied upon/, /relied upon/]],
  ['one is from the future', { now_ms: Date.parse(HONEST.started_at) - 1 }, 'deny', [/future/, /future/]],
  [
    'the time of one is no time',
    { snapshots: [snapshot('users', { facts: { started_at: '' } }), snapshot('groups')] },
    'deny',
    [/not known/],
  ],
  ['connector or credential changed', { fingerprint: 'g' }, 'deny', [/changed/, /changed/]],
  [
    'judged with a check switched off',
    {
      snapshots: [
        snapshot('users', { verdict: judge({ ...inputOf(HONEST, [...SCOPE, ...secondPass(HONEST)]), off: ['ledger'] }) }),
        snapshot('groups'),
      ],
    },
    'deny',
    [/switched off/],
  ],
  [
    'one has held removals',
    { snapshots: [snapshot('users', { verdict: held }), snapshot('groups')] },
    'waiver_required',
    [/removals are held/],
  ],
  [
    'held and stale: no waiver helps',
    { snapshots: [snapshot('users', { verdict: held }), snapshot('groups')], now_ms: NOW + 86_400_000 },
    'deny',
    [/relied upon/, /relied upon/, /held/],
  ],
  [
    'the bad one is not certified',
    { streams: [stream('users'), stream('groups', false)], snapshots: [snapshot('users')] },
    'allow',
    [],
  ],
  ['nothing is certified', { streams: [stream('users', false)] }, 'deny', [/no stream in scope/]],
] as const)('%s: %s', (_name, more, is, because) => {
  const answer = gate(ask(more as Partial<GateInput>))
  expect(answer.is).toBe(is)
  expect(answer.reasons.map((reason) => reason.because)).toEqual(because.map((text) => expect.stringMatching(text)))
  expect(answer.reasons.every((reason) => reason.settle.length > 0)).toBe(true)
})

test('the answer is bound to the snapshots it was given upon', () => {
  expect(gate(ask()).snapshots).toEqual([
    { stream: 'users', sync: 7, verdict: 'complete' },
    { stream: 'groups', sync: 7, verdict: 'complete' },
  ])
})
