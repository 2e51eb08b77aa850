/** One throw: a dialect, an action, up to two lies with their parameters, where the process dies. The same number is the same throw. */
import { pick, type Random, seeded } from '../targets/population.ts'
import type { WriteFaultName, WriteFaultOptions, WriteFaults } from '../targets/write-faults.ts'
import { WRITE_DIALECT_NAMES, type WriteDialectName } from '../targets/write-server.ts'

export type Throw = {
  readonly seed: number
  readonly dialect: WriteDialectName
  readonly action: string
  readonly who: number
  readonly faults: WriteFaults
  readonly replicas: 'one' | 'several'
  readonly dies_at: readonly number[]
  readonly rests_s: number
  /** Slow, limited or cut off, but the change is made in time and can be seen: anything but `verified` is a false block. */
  readonly honest: boolean
}

const ACTIONS: { readonly [dialect in WriteDialectName]: readonly string[] } = {
  scim: ['create_account', 'update_account', 'deactivate_account', 'reactivate_account', 'delete_account', 'grant', 'revoke'],
  rest: [
    'create_account',
    'update_account',
    'deactivate_account',
    'reactivate_account',
    'delete_account',
    'grant',
    'revoke',
    'set_license',
    'remove_license',
    'revoke_sessions',
    'revoke_tokens',
    'rotate_credential',
  ],
  graph: [
    'create_account',
    'update_account',
    'deactivate_account',
    'reactivate_account',
    'delete_account',
    'grant',
    'revoke',
    'set_license',
    'remove_license',
    'revoke_sessions',
  ],
}

/** Lies that strike whatever is asked. */
const ANY: readonly WriteFaultName[] = [
  'no_op',
  'delayed',
  'reverted',
  'error_200',
  'answer_lost',
  'failed_5xx',
  'flip_flop',
  'blinded',
  'throttled',
  'forbidden',
  'reads_fail',
  'reads_throttled',
]
const OF: { readonly [action: string]: readonly WriteFaultName[] } = {
  create_account: ['invited', 'no_uniqueness', 'partial_fields'],
  update_account: ['wrong_object', 'partial_fields', 'cached_get'],
  deactivate_account: ['wrong_object', 'sessions_stay', 'seat_kept', 'cached_get', 'upstream_readds', 'moves_bystander'],
  reactivate_account: ['wrong_object', 'cached_get'],
  delete_account: ['wrong_object', 'upstream_readds'],
  grant: ['wrong_object'],
  revoke: ['wrong_object', 'upstream_readds'],
  remove_license: ['wrong_object', 'seat_kept', 'upstream_readds'],
  revoke_sessions: ['wrong_object', 'sessions_stay'],
  revoke_tokens: ['job_fails'],
}
const GENTLE: readonly WriteFaultName[] = [
  'delayed',
  'flip_flop',
  'reads_fail',
  'reads_throttled',
  'throttled',
  'answer_lost',
  'failed_5xx',
]

export function throwDice(seed: number): Throw {
  const random = seeded(seed)
  const one = <T>(from: readonly T[]): T => pick(random, from, 1)[0]!
  const dialect = one(WRITE_DIALECT_NAMES)
  const action = one(ACTIONS[dialect])
  const gentle = random() < 0.3
  const names = pick(random, gentle ? GENTLE : [...ANY, ...(OF[action] ?? []), ...(OF[action] ?? [])], Math.floor(random() * 3))
  const dies = random() < 0.4 ? 1 + Math.floor(random() * 2) : 0
  const lost = dies > 0 || names.includes('answer_lost') || names.includes('failed_5xx')
  // Whoever is told nothing and sees nothing happen sends once more: what happens to somebody else happens twice then.
  const chosen = [...new Set(names)].filter(
    (name) => (name !== 'invited' || dialect !== 'scim') && (name !== 'wrong_object' || !lost),
  )
  const faults = Object.fromEntries(chosen.map((name) => [name, optionsOf(name, random, { gentle, lost })])) as WriteFaults
  // Names may be doubled, so that a second create shows.
  if (action === 'create_account' && random() < 0.6) Object.assign(faults, { no_uniqueness: {} })
  // What no look shows cannot be told apart: a key without a look, and the first of two steps that no facet shows.
  const seen = action !== 'rotate_credential' && !(dialect === 'rest' && action === 'delete_account')
  // One request that never left may be sent once more; a second one that never left is a person's to decide.
  const losses = dies + chosen.filter((name) => name === 'answer_lost' || name === 'failed_5xx').length
  const gentle_only = Object.keys(faults).every((name) => name === 'no_uniqueness' || GENTLE.includes(name as WriteFaultName))
  return {
    seed,
    dialect,
    action,
    who: Math.floor(random() * 11),
    faults,
    replicas: faults.flip_flop !== undefined || random() < 0.3 ? 'several' : 'one',
    dies_at: Array.from({ length: dies }, () => 1 + Math.floor(random() * 14)),
    rests_s: one([0, 1, 5, 30]),
    honest: gentle && gentle_only && seen && losses <= 1,
  }
}

/**
 * A delay stays within the declared window where a second send is allowed: a target that drops the answer and acts after its own window
 * makes two of one for anybody. Beyond it everywhere else.
 */
function optionsOf(
  name: WriteFaultName,
  random: Random,
  of: { readonly gentle: boolean; readonly lost: boolean },
): WriteFaultOptions {
  const between = (least: number, most: number) => Math.round(least + random() * (most - least))
  switch (name) {
    case 'delayed':
      return { ms: of.gentle ? between(100, 3_000) : of.lost || random() < 0.6 ? between(100, 5_000) : between(13_000, 40_000) }
    case 'reverted':
    case 'upstream_readds':
      return { ms: between(500, 40_000) }
    case 'answer_lost':
    case 'failed_5xx':
      return {
        applied: random() < 0.5,
        ...(of.gentle || random() < 0.5 ? { times: 1 } : {}),
        ...(name === 'answer_lost' ? { how: random() < 0.7 ? 'reset' : 'cut' } : { status: random() < 0.5 ? 500 : 502 }),
      }
    case 'flip_flop':
      return { ms: of.gentle || random() < 0.6 ? between(100, 1_500) : 200_000 }
    case 'blinded':
      return { applied: random() < 0.5 }
    case 'throttled':
      return { times: of.gentle ? 1 : between(1, 4), skip: between(0, 2), seconds: between(1, 5) }
    case 'reads_fail':
      return { times: between(1, 3) }
    case 'reads_throttled':
      return { times: between(1, 3), seconds: 1 }
    default:
      return random() < 0.3 ? { skip: 1 } : {}
  }
}
