/** The targets that can be changed: honest when honest, and each lie really fools the writer that takes a 2xx for success. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Clock, fakeClock } from './write-clock.ts'
import { WRITE_FAULTS, type WriteFaultName, type WriteFaults } from './write-faults.ts'
import { writeNaively } from './write-naive.ts'
import { startWriteTarget, WRITE_DIALECT_NAMES, type WriteDialectName, type WriteTarget } from './write-server.ts'
import { type AskedFor, holdsEverywhere } from './write-truth.ts'
import { duplicates } from './write-world.ts'

const MAIN: { readonly [action: string]: readonly string[] } = {
  deactivate_account: ['account'],
  update_account: ['profile'],
  create_account: ['account', 'profile'],
  delete_account: ['account'],
  grant: ['groups'],
  revoke: ['groups'],
  revoke_tokens: ['tokens'],
  revoke_sessions: ['sessions'],
  rotate_credential: ['credential'],
}

const ACTIONS: { readonly [dialect in WriteDialectName]: readonly string[] } = {
  scim: ['deactivate_account', 'update_account', 'create_account', 'delete_account', 'grant', 'revoke'],
  rest: Object.keys(MAIN).filter((action) => action !== 'revoke_sessions'),
  graph: ['deactivate_account', 'update_account', 'create_account', 'delete_account', 'grant', 'revoke', 'revoke_sessions'],
}

function ask(target: WriteTarget, action: string): AskedFor {
  const world = target.worlds()[0]!
  const [first] = [...world.teams.values()]
  const id = action === 'grant' ? [...world.people.keys()].find((one) => !first!.members.includes(one))! : first!.members[0]!
  const about = { id: action === 'create_account' ? null : id, action }
  if (action === 'create_account')
    return { ...about, input: { userName: 'new.one@acme.example', givenName: 'Nova', title: 'Analyst' } }
  if (action === 'update_account') return { ...about, input: { givenName: 'Nova', title: 'Analyst' } }
  return { ...about, input: { group: first!.id } }
}

describe.each(WRITE_DIALECT_NAMES)('%s', (dialect) => {
  let clock: Clock
  let target: WriteTarget
  beforeAll(async () => {
    clock = fakeClock()
    target = await startWriteTarget({ dialect, clock })
  })
  beforeEach(() => target.reset({ seed: 1 }))
  afterAll(() => target.close())

  const tried = async (asked: AskedFor, faults: WriteFaults, replicas = 1) => {
    target.reset({ seed: 1, faults, replicas })
    const before = asked.id === null ? null : { ...target.worlds()[0]!.people.get(asked.id)! }
    const said = await writeNaively(target, asked)
    const truth = () => {
      const all = holdsEverywhere(target.worlds(), asked, before)
      return MAIN[asked.action]!.every((facet) => all[facet] === true)
    }
    expect(target.unexpected()).toEqual([])
    return { said, truth }
  }

  test.each(ACTIONS[dialect])('an honest target does %s, once', async (action) => {
    const asked = ask(target, action)
    const { said, truth } = await tried(asked, {})
    // A job takes its second.
    clock.advance(1_000)
    expect({ said: said.says, truth: truth(), twice: duplicates(target.effects()) }).toEqual({
      said: 'done',
      truth: true,
      twice: [],
    })
    expect(target.mutations()).toHaveLength(said.sent)
    expect(target.effects().length).toBeGreaterThan(0)
  })

  const LIES: readonly (readonly [WriteFaultName, string, WriteFaults[WriteFaultName]])[] = [
    ['no_op', 'deactivate_account', {}],
    ['delayed', 'deactivate_account', { ms: 5_000 }],
    ['wrong_object', 'deactivate_account', {}],
    ['error_200', 'deactivate_account', {}],
    ['partial_fields', 'update_account', {}],
    ['blinded', 'delete_account', {}],
    ['no_op', 'revoke', {}],
    ...(dialect === 'scim' ? [] : ([['invited', 'create_account', {}]] as const)),
    ...(dialect === 'rest' ? ([['job_fails', 'revoke_tokens', {}]] as const) : []),
    ['cached_get', 'deactivate_account', {}],
  ]
  test.each(LIES)('%s: "done" by %s, and it is not', async (fault, action, options) => {
    const { said, truth } = await tried(ask(target, action), { [fault]: options })
    if (fault === 'job_fails') clock.advance(2_000)
    expect({ said: said.says, truth: truth() }).toEqual({ said: 'done', truth: false })
    expect(target.fired()[fault]).toBeGreaterThan(0)
  })

  test('a delayed change holds once its time has come, and not on the replica that lags', async () => {
    const { truth } = await tried(
      ask(target, 'deactivate_account'),
      { delayed: { ms: 5_000, verb: 'deactivate' }, flip_flop: { ms: 2_000 } },
      2,
    )
    const seen = [0, 5_000, 2_000].map((ms) => {
      clock.advance(ms)
      return truth()
    })
    expect(seen).toEqual([false, false, true])
  })

  test('a reverted change held, and does not any more', async () => {
    const { truth } = await tried(ask(target, 'revoke'), { upstream_readds: { ms: 10_000 } })
    expect(truth()).toBe(true)
    clock.advance(10_000)
    expect(truth()).toBe(false)
    expect(target.effects().map(({ by }) => by)).toEqual(['request', 'upstream'])
  })

  test('an answer lost after a create makes two of one for who just sends again, where names may be doubled', async () => {
    await tried(ask(target, 'create_account'), { answer_lost: { times: 1 }, no_uniqueness: {} })
    expect(duplicates(target.effects())).toEqual(['create new.one@acme.example'])
  })

  test.each([true, false])('a 5xx and a lost answer (applied: %s) leave the truth where they say', async (applied) => {
    for (const fault of ['failed_5xx', 'answer_lost'] as const) {
      const { said, truth } = await tried(ask(target, 'deactivate_account'), { [fault]: { applied, verb: 'deactivate' } })
      expect([said.says, truth()]).toEqual(['failed', applied])
    }
  })

  test('a throttled request and a refused one change nothing', async () => {
    for (const fault of ['throttled', 'forbidden'] as const) {
      const { said, truth } = await tried(ask(target, 'deactivate_account'), { [fault]: {} })
      expect([said.says, truth(), target.effects()]).toEqual(['failed', false, []])
    }
  })

  test('a request that it does not know is recorded', async () => {
    const headers = { authorization: `Bearer ${target.token}` }
    expect((await fetch(`${target.url}/nothing/here`, { method: 'DELETE', headers })).status).toBe(400)
    expect(target.unexpected()).toEqual(['DELETE /nothing/here'])
  })
})

test('the sessions and the seat that stay behind fool who looks at the account alone', async () => {
  const clock = fakeClock()
  const target = await startWriteTarget({ dialect: 'rest', clock, faults: { sessions_stay: {}, seat_kept: {} } })
  const asked = ask(target, 'deactivate_account')
  expect((await writeNaively(target, asked)).says).toBe('done')
  clock.advance(1_000)
  expect(holdsEverywhere(target.worlds(), asked, null)).toMatchObject({
    account: true,
    sessions: false,
    tokens: true,
    licenses: false,
  })
  await target.close()
})

test('every lie of the table of writes has its field here', () => {
  const rows = new Set(Object.values(WRITE_FAULTS).flatMap(({ row }) => (row as string).split(', ')))
  const wanted = Array.from({ length: 19 }, (_, index) => `W${index + 1}`)
  expect(wanted.filter((row) => !rows.has(row))).toEqual([])
})
