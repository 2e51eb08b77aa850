/** Every row of the table of writes in faults.md, by each dialect's own mouth, and what it must become. */
import type { OutcomeIs } from '../../runtime/write-types.ts'
import type { WriteFaults } from '../targets/write-faults.ts'
import type { WriteDialectName } from '../targets/write-server.ts'
import type { Change as StateChange } from '../targets/write-world.ts'
import type { Change, Lab } from './lab.ts'

export type Case = {
  readonly row: string
  readonly claim: string
  readonly on: readonly WriteDialectName[]
  readonly action: string
  readonly faults: WriteFaults
  readonly must: OutcomeIs | readonly OutcomeIs[]
  /** Facets, where more than one is asked for. */
  readonly facets?: { readonly [facet: string]: string }
  /** Copies that answer reads in turn; none: one. `agree` sees them all. */
  readonly replicas?: 'several'
  /** Mutating requests, exactly, or at most; per dialect where they differ. */
  readonly mutations?: number | { readonly most: number }
  /** Effects of our requests. */
  readonly effects?: number
  /** What is known later, by looking again: seconds after the outcome. */
  readonly later?: readonly (readonly [seconds: number, is: OutcomeIs])[]
  readonly changed?: boolean
  readonly moved?: readonly string[]
  readonly who?: number
  /** What somebody else did before. */
  readonly first?: (asked: Change) => readonly StateChange[]
  /** Does not have to fire. */
  readonly honest?: true
}

const ALL: readonly WriteDialectName[] = ['scim', 'rest', 'graph']
const STEPS = ['rest', 'graph'] as const
/** Requests of an honest deactivation. */
export const DEACTIVATION = { scim: 1, rest: 4, graph: 3 } as const

/** Person 11 is protected, person 0 is alone in the last team. */
export function askOf(lab: Lab, action: string, who = 3): Change {
  const world = lab.target.worlds()[0]!
  const people = [...world.people.values()]
  const teams = [...world.teams.values()]
  const person = people[who]!
  const mine = teams.find((team) => team.members.includes(person.id))!
  const other = teams.find((team) => !team.members.includes(person.id))!
  switch (action) {
    case 'create_account':
      // Another one each time: an invitation of the test before is still pending.
      return { action, id: null, input: { userName: `new.${lab.clock.now()}@acme.example`, givenName: 'Nova', title: 'Analyst' } }
    case 'update_account':
      return { action, id: person.id, input: { givenName: 'Nova', title: 'Analyst' } }
    case 'grant':
      return { action, id: person.id, input: { group: other.id } }
    case 'revoke':
      return { action, id: person.id, input: { group: mine.id } }
    case 'remove_license':
      return { action, id: person.id, input: { sku: 'sku-plus' } }
    case 'set_license':
      return { action, id: person.id, input: { sku: 'sku-extra' } }
    default:
      return { action, id: person.id, input: {} }
  }
}

export const HONEST_ACTIONS: readonly (readonly [dialect: WriteDialectName, action: string])[] = [
  ...[
    'create_account',
    'update_account',
    'deactivate_account',
    'reactivate_account',
    'delete_account',
    'grant',
    'revoke',
  ].flatMap((action) => ALL.map((dialect) => [dialect, action] as const)),
  ...['set_license', 'remove_license', 'revoke_sessions'].flatMap((action) => STEPS.map((dialect) => [dialect, action] as const)),
  ['rest', 'revoke_tokens'],
]

export const asInactive = (asked: Change): readonly StateChange[] =>
  asked.action === 'reactivate_account' ? [{ do: 'phase', id: asked.id!, to: 'inactive' }] : []

const ONE_STEP = ['update_account', 'grant', 'revoke'] as const

export const CASES: readonly Case[] = [
  // ------------------------------------------------ W1: 2xx, and nothing happens
  {
    row: 'W1',
    claim: 'a no-op deactivation',
    on: ALL,
    action: 'deactivate_account',
    faults: { no_op: { verb: 'deactivate' } },
    must: ['refuted', 'partial'],
    facets: { account: 'refuted' },
  },
  ...[...ONE_STEP, 'create_account', 'reactivate_account'].map(
    (action): Case => ({
      row: 'W1',
      claim: `a no-op ${action}`,
      on: ALL,
      action,
      faults: { no_op: {} },
      must: 'refuted',
      mutations: { most: 2 },
      effects: 0,
      first: asInactive,
    }),
  ),
  {
    row: 'W1',
    claim: 'a no-op deletion',
    on: ALL,
    action: 'delete_account',
    faults: { no_op: { verb: 'delete' } },
    must: 'refuted',
  },
  {
    row: 'W1',
    claim: 'a no-op in replicas',
    on: ALL,
    action: 'revoke',
    faults: { no_op: {} },
    must: 'refuted',
    replicas: 'several',
  },
  {
    row: 'W1',
    claim: 'sessions that are not revoked',
    on: STEPS,
    action: 'revoke_sessions',
    faults: { no_op: {} },
    must: 'refuted',
  },

  // ------------------------------------------------ W2: later
  ...[...ONE_STEP, 'create_account'].map(
    (action): Case => ({
      row: 'W2',
      claim: `a ${action} that takes 4 s`,
      on: ALL,
      action,
      faults: { delayed: { ms: 4_000 } },
      must: 'verified',
      effects: action === 'update_account' ? 2 : 1,
    }),
  ),
  {
    row: 'W2',
    claim: 'a deletion that takes 4 s',
    on: ['scim', 'graph'],
    action: 'delete_account',
    faults: { delayed: { ms: 4_000 } },
    must: 'verified',
  },
  {
    row: 'W2',
    claim: 'the first of two steps is late, so the second does only the first once more',
    on: ['rest'],
    action: 'delete_account',
    faults: { delayed: { ms: 4_000 } },
    must: ['refuted', 'verified'],
  },
  {
    row: 'W2',
    claim: 'a deactivation each step of which takes 3 s',
    on: ALL,
    action: 'deactivate_account',
    faults: { delayed: { ms: 3_000 } },
    must: 'verified',
  },
  {
    row: 'W2',
    claim: 'one that takes longer than the window',
    on: ALL,
    action: 'revoke',
    faults: { delayed: { ms: 25_000 } },
    must: 'refuted',
    mutations: 1,
    later: [[60, 'verified']],
  },

  // ------------------------------------------------ W3: undone
  {
    row: 'W3',
    claim: 'a grant that is undone after 20 s',
    on: ALL,
    action: 'grant',
    faults: { reverted: { ms: 20_000 } },
    must: 'verified',
    later: [[60, 'reverted']],
  },
  {
    row: 'W3',
    claim: 'a deletion that is undone after 40 s',
    on: ['scim', 'graph'],
    action: 'delete_account',
    faults: { reverted: { ms: 40_000 } },
    must: 'verified',
    later: [[130, 'reverted']],
  },

  // ------------------------------------------------ W4: 200 with an error in it
  ...ONE_STEP.map(
    (action): Case => ({
      row: 'W4',
      claim: `an error in the body of ${action}`,
      on: ALL,
      action,
      faults: { error_200: {} },
      must: 'rejected',
      mutations: 1,
      effects: 0,
    }),
  ),
  {
    row: 'W4',
    claim: 'an error in the body of a create',
    on: ALL,
    action: 'create_account',
    faults: { error_200: {} },
    must: 'rejected',
    mutations: 1,
    effects: 0,
  },

  // ------------------------------------------------ W5, W6, W7: lost answers
  ...[...ONE_STEP, 'create_account', 'delete_account'].map(
    (action): Case => ({
      row: 'W5',
      claim: `the answer of ${action} is lost, it happened`,
      on: ALL,
      action,
      faults: { answer_lost: { times: 1 } },
      must: 'verified',
      replicas: 'several',
    }),
  ),
  {
    row: 'W5',
    claim: 'every answer of a deactivation is lost, each happened',
    on: ALL,
    action: 'deactivate_account',
    faults: { answer_lost: {} },
    must: 'verified',
  },
  {
    row: 'W5',
    claim: 'no answer in time, it happened',
    on: ALL,
    action: 'revoke',
    faults: { answer_lost: { how: 'hang', times: 1 } },
    must: 'verified',
    mutations: 1,
  },
  {
    row: 'W5',
    claim: 'half an answer, it happened',
    on: ['rest'],
    action: 'create_account',
    faults: { answer_lost: { how: 'cut', times: 1 } },
    must: 'verified',
    mutations: 1,
  },
  {
    row: 'W5',
    claim: 'the answer is lost, and it takes 5 s',
    on: ALL,
    action: 'create_account',
    faults: { answer_lost: { times: 1 }, delayed: { ms: 5_000 }, no_uniqueness: {} },
    must: 'verified',
    mutations: 1,
    effects: 1,
  },
  ...[...ONE_STEP, 'create_account'].map(
    (action): Case => ({
      row: 'W6',
      claim: `the answer of ${action} is lost, it did not happen`,
      on: ALL,
      action,
      faults: { answer_lost: { times: 1, applied: false } },
      must: 'verified',
      mutations: 2,
    }),
  ),
  {
    row: 'W6',
    claim: 'it never happens, and no answer ever comes',
    on: ALL,
    action: 'revoke',
    faults: { answer_lost: { applied: false } },
    must: ['refuted', 'rejected', 'unknown'],
    mutations: { most: 2 },
    effects: 0,
  },
  {
    row: 'W6',
    claim: 'a key of which the answer is lost is not made twice',
    on: ['rest'],
    action: 'rotate_credential',
    faults: { answer_lost: { applied: false } },
    must: ['unknown', 'unverifiable'],
    mutations: 1,
    effects: 0,
  },
  {
    row: 'W5',
    claim: 'a key of which the answer is lost is not made twice',
    on: ['rest'],
    action: 'rotate_credential',
    faults: { answer_lost: {} },
    must: ['unknown', 'unverifiable'],
    mutations: 1,
    effects: 1,
  },
  ...[...ONE_STEP, 'create_account'].map(
    (action): Case => ({
      row: 'W7',
      claim: `a 500 for ${action}, it happened`,
      on: ALL,
      action,
      faults: { failed_5xx: {} },
      must: 'verified',
      mutations: 1,
    }),
  ),
  {
    row: 'W7',
    claim: 'a 503 for every step, each happened',
    on: ALL,
    action: 'deactivate_account',
    faults: { failed_5xx: { status: 503 } },
    must: 'verified',
  },

  // ------------------------------------------------ W8, W9: something else
  ...(['deactivate_account', 'revoke'] as const).map(
    (action): Case => ({
      row: 'W8',
      claim: `${action} of somebody else`,
      on: ALL,
      action,
      faults: { wrong_object: {} },
      // Its other steps may be taken all the same: that is the safe side.
      must: action === 'revoke' ? 'refuted' : ['refuted', 'partial'],
      facets: action === 'revoke' ? { groups: 'refuted' } : { account: 'refuted' },
    }),
  ),
  {
    row: 'W8',
    claim: 'the title is wiped by the way',
    on: ALL,
    action: 'deactivate_account',
    faults: { moves_bystander: {} },
    must: ['verified', 'partial'],
    moved: ['title'],
  },
  {
    row: 'W9',
    claim: 'the title is dropped in silence',
    on: ALL,
    action: 'update_account',
    faults: { partial_fields: { fields: ['title'] } },
    must: 'partial',
    facets: { profile: 'refuted' },
    changed: true,
  },
  {
    row: 'W9',
    claim: 'every field is dropped in silence',
    on: ALL,
    action: 'update_account',
    faults: { partial_fields: { fields: ['title', 'given'] } },
    must: 'refuted',
    changed: false,
  },

  // ------------------------------------------------ W10, W11: not yet
  {
    row: 'W10',
    claim: 'a job that fails',
    on: ['rest'],
    action: 'revoke_tokens',
    faults: { job_fails: {} },
    must: 'rejected',
    mutations: 1,
    effects: 0,
  },
  {
    row: 'W11',
    claim: 'an invitation',
    on: STEPS,
    action: 'create_account',
    faults: { invited: {} },
    must: 'pending',
    mutations: 1,
  },

  // ------------------------------------------------ W12, W13: what stays behind
  {
    row: 'W12',
    claim: 'sessions stay alive',
    on: STEPS,
    action: 'deactivate_account',
    faults: { sessions_stay: {} },
    must: 'partial',
    facets: { account: 'verified', sessions: 'refuted' },
  },
  {
    row: 'W13',
    claim: 'the seat is kept',
    on: STEPS,
    action: 'deactivate_account',
    faults: { seat_kept: {} },
    must: 'partial',
    facets: { account: 'verified', sessions: 'verified', licenses: 'refuted' },
  },

  // ------------------------------------------------ W14: doubled
  {
    row: 'W14',
    claim: 'the answer of a create is lost, and names may be doubled',
    on: ALL,
    action: 'create_account',
    faults: { no_uniqueness: {}, answer_lost: { times: 1 } },
    must: 'verified',
    mutations: 1,
    effects: 1,
  },
  {
    row: 'W14',
    claim: 'a 500 for a create, and names may be doubled',
    on: ALL,
    action: 'create_account',
    faults: { no_uniqueness: {}, failed_5xx: {} },
    must: 'verified',
    mutations: 1,
    effects: 1,
  },

  // ------------------------------------------------ W15, W16: two faces
  ...[...ONE_STEP, 'create_account', 'delete_account', 'deactivate_account'].map(
    (action): Case => ({
      row: 'W15',
      claim: `${action}: old, new, old until the replicas agree`,
      on: ALL,
      action,
      faults: { flip_flop: { ms: 2_000 } },
      replicas: 'several',
      must: 'verified',
    }),
  ),
  {
    row: 'W15',
    claim: 'a replica that never follows',
    on: ALL,
    action: 'revoke',
    faults: { flip_flop: { ms: 100_000 } },
    replicas: 'several',
    must: ['refuted', 'unknown'],
  },
  ...(['deactivate_account', 'reactivate_account', 'update_account'] as const).map(
    (action): Case => ({
      row: 'W16',
      claim: `${action}: by id it shows, in the list it does not`,
      on: ALL,
      action,
      faults: { cached_get: {} },
      must: ['refuted', 'partial'],
      facets: action === 'update_account' ? { profile: 'refuted' } : { account: 'refuted' },
      first: asInactive,
    }),
  ),

  // ------------------------------------------------ W17: blind
  ...(['delete_account', 'revoke', 'deactivate_account', 'create_account'] as const).map(
    (action): Case => ({
      row: 'W17',
      claim: `after ${action} nothing can be read any more`,
      on: ALL,
      action,
      faults: { blinded: { times: 1 } },
      must: ['unknown', 'partial'],
    }),
  ),
  {
    row: 'W17',
    claim: 'it was deleted, and nothing can be read any more',
    on: ALL,
    action: 'delete_account',
    faults: { blinded: { applied: true } },
    must: 'unknown',
  },
  {
    row: 'W17',
    claim: 'the last one of a group is removed: the list is empty, and nothing can be read',
    on: ALL,
    action: 'revoke',
    who: 0,
    faults: { blinded: {} },
    must: 'unknown',
  },
  {
    row: 'W17',
    claim: 'the members of the group alone cannot be read any more',
    on: STEPS,
    action: 'revoke',
    who: 0,
    faults: { blinded: { lists: true } },
    must: ['unknown', 'unverifiable'],
  },

  // ------------------------------------------------ W18: upstream
  {
    row: 'W18',
    claim: 'another system adds the member again',
    on: ALL,
    action: 'revoke',
    faults: { upstream_readds: { ms: 20_000 } },
    must: 'verified',
    later: [[60, 'reverted']],
  },
  {
    row: 'W18',
    claim: 'another system activates again',
    on: ['scim'],
    action: 'deactivate_account',
    faults: { upstream_readds: { ms: 90_000 } },
    must: 'verified',
    later: [
      [35, 'verified'],
      [100, 'reverted'],
    ],
  },

  // ------------------------------------------------ W19: limits
  ...([0, 1, 2] as const).map(
    (skip): Case => ({
      row: 'W19',
      claim: `a limit at request ${skip + 1} of a deactivation`,
      on: STEPS,
      action: 'deactivate_account',
      faults: { throttled: { skip, times: 1, seconds: 5 } },
      must: 'verified',
    }),
  ),
  {
    row: 'W19',
    claim: 'a limit at a create',
    on: ALL,
    action: 'create_account',
    faults: { throttled: { times: 1, seconds: 5 } },
    must: 'verified',
    effects: 1,
  },

  // ------------------------------------------------ refused, and odd but benign
  ...[...ONE_STEP, 'deactivate_account'].map(
    (action): Case => ({
      row: 'refused',
      claim: `403 for ${action}`,
      on: ALL,
      action,
      faults: { forbidden: {} },
      must: 'rejected',
      effects: 0,
    }),
  ),
  {
    row: 'benign',
    claim: 'reads fail twice after the write',
    on: ALL,
    action: 'revoke',
    faults: { reads_fail: { times: 2 } },
    must: 'verified',
    mutations: 1,
  },
  {
    row: 'benign',
    claim: 'reads are limited after the write',
    on: ALL,
    action: 'deactivate_account',
    faults: { reads_throttled: { times: 3 } },
    must: 'verified',
  },
  {
    row: 'benign',
    claim: 'it is inactive already',
    on: ['scim'],
    action: 'deactivate_account',
    faults: {},
    honest: true,
    must: 'verified',
    changed: false,
    mutations: 0,
    first: (asked) => [{ do: 'phase', id: asked.id!, to: 'inactive' }],
  },
  {
    row: 'benign',
    claim: 'it is active already',
    on: ALL,
    action: 'reactivate_account',
    faults: {},
    honest: true,
    must: 'verified',
    changed: false,
    mutations: 0,
  },
  {
    row: 'benign',
    claim: 'the member is out already, and a removal is a 404',
    on: ALL,
    action: 'revoke',
    faults: {},
    honest: true,
    must: 'verified',
    effects: 0,
    first: (asked) => [{ do: 'member', team: String(asked.input['group']), id: asked.id!, in: false }],
  },
  {
    row: 'benign',
    claim: 'the member is in already',
    on: ALL,
    action: 'grant',
    faults: {},
    honest: true,
    must: 'verified',
    effects: 0,
    first: (asked) => [{ do: 'member', team: String(asked.input['group']), id: asked.id!, in: true }],
  },
  {
    row: 'benign',
    claim: 'the last member of a group',
    on: ALL,
    action: 'revoke',
    who: 0,
    faults: {},
    honest: true,
    must: 'verified',
    mutations: 1,
    effects: 1,
  },
  {
    row: 'benign',
    claim: 'the account that is to be made is there already, as asked for',
    on: ALL,
    action: 'create_account',
    faults: {},
    honest: true,
    must: 'verified',
    changed: false,
    mutations: 0,
    first: ({ input }) => [
      { do: 'profile', id: '2', field: 'login', to: String(input['userName']) },
      { do: 'profile', id: '2', field: 'given', to: String(input['givenName']) },
      { do: 'profile', id: '2', field: 'title', to: String(input['title']) },
    ],
  },
]
