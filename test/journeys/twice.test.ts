/** A second sync and the ones after it: events, and what absence does not mean. */
import { describe, expect, test } from 'vitest'
import { type Ask, connector, type Declared, finding, ids, journey, page, type Reply, target, USERS, verdicts } from './lab.ts'

type Person = { readonly id: string; login: string; readonly on: boolean; gone?: boolean }
const person = (id: string): Person => ({ id, login: `${id}@acme.example`, on: true })
const DECLARED = connector({ users: { ...USERS, get: 'GET /users/{id}' } })

/** Lists `rows`; by id answers the listed, and `unlisted` too; `byId` may answer instead. */
async function tenant(n: number) {
  const state = {
    rows: Array.from({ length: n }, (_, i) => person(`u${String(i + 1).padStart(2, '0')}`)),
    unlisted: [] as Person[],
    byId: (_ask: Ask): Reply | null => null,
    list: (_ask: Ask): Reply | null => null,
  }
  const t = await target((ask) => {
    if (ask.path === '/users') return state.list(ask) ?? { body: page(state.rows, ask) }
    const id = /^\/users\/(\w+)$/.exec(ask.path)?.[1]
    if (id === undefined) return null
    const found = [...state.rows, ...state.unlisted].find((one) => one.id === id)
    return state.byId(ask) ?? (found === undefined ? { status: 404 } : { body: found })
  })
  return { state, t, j: journey() }
}

describe('the event log', () => {
  test('says created, updated, confirmed deleted, returned and updated again, in order, and goes on at a cursor', async () => {
    const { state, t, j } = await tenant(12)
    const first = await j.sync(DECLARED, t.url)
    expect([first.exit, first.streams['users']?.created]).toEqual([0, 12])
    const cursor = (await j.changes()).at(-1)?.seq ?? 0
    const [left] = state.rows.splice(4, 1)
    ;(state.rows[0] as Person).login = 'renamed@acme.example'
    state.rows.push(person('u13'))
    const second = await j.sync(DECLARED, t.url)
    expect(second.streams['users']).toMatchObject({
      verdict: 'complete',
      created: 1,
      updated: 1,
      vanished: 0,
      confirmed_deleted: 1,
    })
    state.rows.push(left as Person)
    const third = await j.sync(DECLARED, t.url)
    expect([third.exit, third.streams['users']?.created]).toEqual([0, 1])
    const said = (await j.changes(cursor)).map(({ kind, id, fields }) => [kind, id, fields === null ? null : fields['userName']])
    expect(said.slice(0, 3).sort()).toEqual([
      ['confirmed_deleted', 'u05', null],
      ['created', 'u13', 'u13@acme.example'],
      ['updated', 'u01', 'renamed@acme.example'],
    ])
    expect(said.slice(3)).toEqual([['returned', 'u05', 'u05@acme.example']])
    const seqs = (await j.changes()).map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_, i) => i + 1))
    const cli = await j.cli(['changes', 'journey', '--store', j.dir, '--after', String(cursor), '--limit', '2', '--json'])
    expect(JSON.parse(cli.out)).toMatchObject({ next: cursor + 2, more: true })
  })

  test('an unchanged target gives no events', async () => {
    const { t, j } = await tenant(7)
    await j.sync(DECLARED, t.url)
    const again = await j.sync(DECLARED, t.url)
    expect([again.exit, again.streams['users']?.created, (await j.changes()).length]).toEqual([0, 0, 7])
  })
})

describe('absence', () => {
  test('in a read that is not complete is no event, and the last complete snapshot is served on', async () => {
    const { state, t, j } = await tenant(12)
    await j.sync(DECLARED, t.url)
    state.list = (ask) => (ask.query['after'] === '6' ? { status: 403 } : null)
    const worse = await j.sync(DECLARED, t.url)
    expect([worse.exit, verdicts(worse), worse.streams['users']?.records]).toEqual([4, { users: 'incomplete' }, 6])
    expect(await j.changes()).toHaveLength(12)
    expect(ids(await j.records('users', 'complete'))).toHaveLength(12)
    expect(ids(await j.records('users', 'latest'))).toHaveLength(6)
    const said = await j.cli(['records', 'journey', 'users', '--store', j.dir, '--json'])
    expect(JSON.parse(said.out)).toMatchObject({ snapshot: { verdict: 'complete', records: 12 } })
    state.list = () => null
    expect((await j.sync(DECLARED, t.url)).streams['users']).toMatchObject({ verdict: 'complete', created: 0, vanished: 0 })
    expect(await j.changes()).toHaveLength(12)
  })

  test('of one who answers by id makes the list incomplete, and deletes nobody', async () => {
    const { state, t, j } = await tenant(12)
    await j.sync(DECLARED, t.url)
    state.unlisted.push(...state.rows.splice(3, 1))
    const run = await j.sync(DECLARED, t.url)
    expect([run.exit, run.streams['users']?.verdict, run.streams['users']?.because]).toEqual([
      4,
      'incomplete',
      expect.stringMatching(/u04/),
    ])
    expect(await j.changes()).toHaveLength(12)
  })

  const later = async (byId: (ask: Ask) => Reply | null, stream: Declared = {}) => {
    const { state, t, j } = await tenant(12)
    const declared = connector({ users: { ...USERS, get: 'GET /users/{id}', ...stream } })
    await j.sync(declared, t.url)
    state.unlisted.push(...state.rows.splice(3, 1))
    state.byId = byId
    const run = await j.sync(declared, t.url)
    return { run, kinds: (await j.changes()).slice(12).map(({ kind, id }) => `${kind} ${id}`) }
  }

  test('is never a confirmed deletion where by-id says 404 for everybody', async () => {
    const { run, kinds } = await later(() => ({ status: 404 }))
    expect([run.streams['users']?.confirmed_deleted, kinds]).toEqual([0, ['vanished u04']])
    expect(finding(run, 'users', 'by_id')?.result).toBe('missing')
  })

  test.each([403, 500])('is never a confirmed deletion where by-id says %i', async (status) => {
    const { run, kinds } = await later((ask) => (ask.path === '/users/u04' ? { status } : null))
    expect([run.streams['users']?.confirmed_deleted, kinds.filter((kind) => kind.startsWith('confirmed'))]).toEqual([0, []])
  })

  test('is a deletion where the record says so itself, and is not where `gone` says no', async () => {
    const gone = { gone: '= has(record.gone) && record.gone' }
    const yes = await later((ask) => (ask.path === '/users/u04' ? { body: { ...person('u04'), gone: true } } : null), gone)
    expect([yes.run.exit, yes.kinds]).toEqual([0, ['confirmed_deleted u04']])
    const no = await later((ask) => (ask.path === '/users/u04' ? { body: { ...person('u04'), gone: false } } : null), gone)
    expect([no.run.exit, no.kinds]).toEqual([4, []])
    const odd = await later((ask) => (ask.path === '/users/u04' ? { body: { ...person('u04'), gone: 'perhaps' } } : null), gone)
    expect(odd.kinds).not.toContain('confirmed_deleted u04')
  })

  test.each([
    ['before it is asked', 2],
    ['while it is asked', 3],
  ])('is not confirmed where the permission to read single records is lost %s', async (_, after) => {
    const asked: string[] = []
    const { run, kinds } = await later((ask) => {
      asked.push(ask.path)
      // The proof still hears the truth: the id, then the control. Then the control again, the id again, and the control once more.
      return asked.length > after || ask.path === '/users/u04' ? { status: 404 } : null
    })
    expect([run.exit, kinds]).toEqual([0, ['vanished u04']])
    expect(asked).toHaveLength(after + (after === 2 ? 1 : 2))
  })

  test('is not confirmed where the one who was not found is found when asked again', async () => {
    let asked = 0
    const { kinds } = await later((ask) =>
      ask.path !== '/users/u04' ? null : ++asked === 1 ? { status: 404 } : { body: person('u04') },
    )
    expect([asked, kinds]).toEqual([2, ['vanished u04']])
  })

  test('of three in ten is complete and held: they vanish, and nobody is confirmed deleted', async () => {
    const { state, t, j } = await tenant(60)
    await j.sync(DECLARED, t.url)
    state.rows.splice(10, 18)
    const run = await j.sync(DECLARED, t.url)
    expect(run.streams['users']).toMatchObject({
      verdict: 'complete',
      confirmed_deleted: 0,
      hold: expect.stringMatching(/18 of 60/),
    })
    expect((await j.changes()).slice(60).every(({ kind }) => kind === 'vanished')).toBe(true)
    const gate = await j.cli(['gate', 'journey', '--store', j.dir, '--json'])
    expect([gate.exit, gate.out]).toEqual([4, expect.stringMatching(/waiver_required/)])
  })

  test('of everybody waits for a person, however often the empty list is said twice', async () => {
    const { state, t, j } = await tenant(5)
    await j.sync(DECLARED, t.url)
    state.rows = []
    const run = await j.sync(DECLARED, t.url)
    expect(run.streams['users']?.verdict).not.toBe('complete')
    expect((await j.changes()).slice(5)).toEqual([])
    expect(await j.records('users', 'complete')).toHaveLength(5)
  })

  test('under a changed connector deletes nobody', async () => {
    const { state, t, j } = await tenant(12)
    await j.sync(DECLARED, t.url)
    state.rows.splice(3, 1)
    const run = await j.sync(connector({ users: { ...USERS, get: 'GET /users/{id}', keep: { x: 'login' } } }), t.url)
    expect(run.streams['users']?.confirmed_deleted).toBe(0)
    expect((await j.changes()).filter(({ kind }) => kind === 'confirmed_deleted')).toEqual([])
  })
})
