/** A leaver over two connections: facet by facet, nothing rounded up, nothing twice. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { CONNECT, type LeaverLab, openLeaverLab, WHO } from './leaver-lab.ts'

let lab: LeaverLab
beforeAll(async () => {
  // So many that nine leavers within the hour are no mass: the rolling brake has a test of its own.
  lab = await openLeaverLab({ people: 120 })
})
afterAll(() => lab.close())
beforeEach(() => {
  lab.scim.lie({})
  lab.rest.lie({})
})

const offboard = (who: string, ...more: readonly string[]) => lab.w.json('offboard', who, ...WHO, ...more)
const login = (n: number) => `user${n}@acme.example`
// biome-ignore lint/suspicious/noExplicitAny: a document of the command line
const lines = (doc: any, connection: string): { facet: string; is: string; because: string }[] =>
  doc.accounts.find((one: { connection: string }) => one.connection === connection).facets
// What was taken back; doubts stand beside it.
// biome-ignore lint/suspicious/noExplicitAny: a document of the command line
const facets = (doc: any, connection: string): { [facet: string]: string } =>
  Object.fromEntries(
    lines(doc, connection)
      .filter((one) => one.is !== 'unproven')
      .map((one) => [one.facet, one.is]),
  )

describe('offboarding', () => {
  test('wrong input first', async () => {
    expect((await lab.w.run('offboard')).err).toMatch(/PERSON is missing/)
    expect((await lab.w.run('offboard', login(1))).err).toMatch(/--by NAME is missing/)
    expect((await offboard(login(1), '--account', 'rest')).doc.error.message).toMatch(/takes connection\/stream\/id/)
    expect((await offboard(login(1), '--account', 'reest/users/1')).doc.error.message).toMatch(/did you mean `rest`/)
    expect((await offboard(login(1), '--resume')).doc.error.message).toMatch(/nothing was begun/)
    const nobody = await offboard('nobody@acme.example')
    expect([nobody.exit, nobody.doc.is, nobody.doc.because]).toEqual([EXIT.gate, 'nothing', 'no account of this person is known'])
    expect(lab.scim.mutations()).toEqual([])
  })

  test('a dry run names accounts, the plan in safety order and what is not possible, and sends nothing', async () => {
    const { exit, doc } = await offboard(login(1), '--dry-run')
    expect(exit).toBe(EXIT.fine)
    expect(doc.accounts.map((one: { connection: string; by: string }) => [one.connection, one.by])).toEqual([
      ['rest', 'email'],
      ['scim', 'email'],
    ])
    const scim = doc.plan.items.filter((item: { connection: string }) => item.connection === 'scim')
    expect(scim.map((item: { action: string }) => item.action)).toEqual(['deactivate_account', 'revoke'])
    expect(doc.not_possible.map((one: { connection: string; facet: string }) => `${one.connection} ${one.facet}`)).toEqual(
      expect.arrayContaining(['scim sessions', 'scim tokens', 'rest groups']),
    )
    expect([...lab.scim.mutations(), ...lab.rest.mutations()]).toEqual([])
  })

  test('what is verified is said, what cannot be asked for is named, and the rest is never rounded up', async () => {
    const { exit, doc } = await offboard(login(1))
    expect(facets(doc, 'rest')).toMatchObject({
      account: 'verified',
      sessions: 'verified',
      tokens: 'verified',
      licenses: 'verified',
      groups: 'not_possible',
    })
    expect(facets(doc, 'scim')).toMatchObject({
      account: 'verified',
      groups: 'verified',
      sessions: 'not_possible',
      tokens: 'not_possible',
    })
    // The list of memberships is not proved: more may be held, and that is said where it belongs.
    expect(lines(doc, 'scim').filter((one) => one.is === 'unproven')).toEqual([
      expect.objectContaining({
        facet: 'groups',
        because: expect.stringMatching(/^memberships is unproven .*: more may be held than was seen$/),
      }),
    ])
    expect([exit, doc.is]).toEqual([EXIT.gate, 'partial'])
    expect(doc.slo).toEqual({ propagated: 'met', sessions: 'not_shown' })
    const person = lab.scim.worlds()[0]!.people.get(lab.id(lab.scim, login(1)))!
    expect(person.phase).toBe('inactive')
    expect([...lab.scim.worlds()[0]!.teams.values()].some((team) => team.members.includes(person.id))).toBe(false)
    // Access goes, data stays.
    expect(lab.scim.mutations().filter((one) => one.verb === 'delete')).toEqual([])
  })

  test('one connection that lies is refuted by name, and the other one is verified all the same', async () => {
    lab.rest.lie({ no_op: { verb: 'deactivate' } })
    const { exit, doc } = await offboard(login(2))
    expect([exit, doc.is]).toEqual([EXIT.gate, 'partial'])
    expect(facets(doc, 'rest')['account']).toBe('refuted')
    expect(facets(doc, 'scim')['account']).toBe('verified')
    expect(doc.slo.propagated).toBe('missed')
    const actions = (await lab.w.json('actions', '--person', login(2), '--outcome', 'refuted', '--outcome', 'partial')).doc
      .actions
    expect(actions[0].next_steps.length).toBeGreaterThan(0)
  })

  test('a connection that cannot be reached stops no other one', async () => {
    const { REST: _, ...env } = { SCIM: lab.scim.token, REST: '' }
    const { world } = await import('../cli/io.ts')
    const w = world({ ...env, ROLLCALL_STORE: `${lab.w.dir}/store` })
    const { exit, doc } = await w.json('offboard', login(3), ...WHO)
    expect(exit).toBe(EXIT.gate)
    expect(facets(doc, 'rest')['account']).toBe('not_started')
    expect(JSON.stringify(doc)).toMatch(/is not set in the environment/)
    expect(facets(doc, 'scim')['account']).toBe('verified')
    w.clean()
    // With the secret back the same command goes on with the same run.
    const on = await offboard(login(3))
    expect([on.doc.run, on.doc.resumed, facets(on.doc, 'rest')['account']]).toEqual([doc.run, true, 'verified'])
  })

  test('two accounts that match are listed and not touched until one is named', async () => {
    const twin = { ...lab.rest.worlds()[0]!.people.get(lab.id(lab.rest, login(4)))!, id: 'twin', login: 'admin4@acme.example' }
    lab.rest.meddle({ do: 'create', person: twin })
    await lab.sync('rest')
    const { exit, doc } = await offboard(login(4))
    expect(exit).toBe(EXIT.gate)
    expect(doc.ambiguous.toSorted()).toEqual([`rest/users/${lab.id(lab.rest, login(4))}`, 'rest/users/twin'].toSorted())
    expect(doc.accounts.map((one: { connection: string }) => one.connection)).toEqual(['scim'])
    expect(doc.left.join()).toMatch(/may be theirs and was not touched: 2 accounts of rest match/)
    expect(lab.rest.worlds()[0]!.people.get('twin')!.phase).toBe('active')
    const named = await offboard(
      login(4),
      '--account',
      'rest/users/twin',
      '--account',
      `rest/users/${lab.id(lab.rest, login(4))}`,
    )
    expect(named.doc.accounts.map((one: { id: string }) => one.id)).toContain('twin')
    expect(lab.rest.worlds()[0]!.people.get('twin')!.phase).toBe('inactive')
  })

  test('a list that is not proved is said: people may have accounts that it does not show', async () => {
    await lab.w.run(...CONNECT('other', 'leaver-scim', lab.scim.url, 'SCIM').slice(0, -2))
    await lab.sync('other')
    const { doc } = await offboard(login(5), '--only', 'other', '--dry-run')
    expect(doc.unproven).toContainEqual(expect.objectContaining({ connection: 'other', stream: 'users', verdict: 'unproven' }))
    const { doc: done } = await offboard(login(5), '--only', 'other')
    expect(done.left.join()).toMatch(/other users is unproven: people may have accounts that the list does not show/)
    await lab.w.run('connections', '--remove', 'other')
  })

  test('a pending grant of the same person is withdrawn by the leaver', async () => {
    const group = [...lab.scim.worlds()[0]!.teams.values()][2]!.id
    await lab.w.run('stop', 'scim', ...WHO)
    const grant = await lab.w.json(
      'apply',
      'scim',
      'grant',
      '--id',
      lab.id(lab.scim, login(6)),
      '--input',
      `group=${group}`,
      ...WHO,
      '--person',
      login(6),
      '--wait',
      '1s',
    )
    await lab.w.run('go', 'scim', ...WHO)
    await offboard(login(6))
    expect((await lab.w.json('actions', '--show', grant.doc.intent)).doc.outcome.is).toBe('cancelled')
  })
})

describe('what a verified leaver leaves behind', () => {
  test('an account that is active again at the next sync is reverted, named, and closes the gate', async () => {
    const id = lab.id(lab.scim, login(1))
    // Asked for twice, and both verified before it is undone: the second sets nothing right.
    expect((await lab.w.json('apply', 'scim', 'deactivate_account', '--id', id, ...WHO)).doc.outcome.is).toBe('verified')
    await lab.sync('scim')
    expect((await lab.w.run('gate', 'scim', '--stream', 'users')).exit).toBe(EXIT.fine)
    lab.scim.meddle({ do: 'phase', id, to: 'active' })
    await new Promise((done) => setTimeout(done, 5))
    const { exit, doc } = await lab.w.json('sync', 'scim')
    expect(exit).toBe(EXIT.gate)
    expect(doc.reverted).toContainEqual(
      expect.objectContaining({
        stream: 'users',
        id,
        claim: 'stays_inactive',
        suspect: expect.stringMatching(/no intent of ours/),
      }),
    )
    const actions = (await lab.w.json('actions', '--outcome', 'reverted')).doc.actions
    expect(actions).toContainEqual(
      expect.objectContaining({
        id,
        action: 'deactivate_account',
        is: 'reverted',
        because: expect.stringMatching(/active again/),
      }),
    )
    expect((await lab.w.json('status', 'scim')).doc.connections[0].reverted).toContainEqual(expect.objectContaining({ id }))
    const gate = await lab.w.json('gate', 'scim', '--stream', 'users')
    expect([gate.exit, gate.doc.gate.reasons[0].because]).toEqual([EXIT.gate, expect.stringMatching(/reverted deprovisioning/)])
  })

  test('a grant to somebody who is active again does not set it right', async () => {
    const id = lab.id(lab.scim, login(1))
    const group = [...lab.scim.worlds()[0]!.teams.keys()][0]!
    const { doc } = await lab.w.json('apply', 'scim', 'grant', '--id', id, '--input', `group=${group}`, ...WHO)
    expect(doc.outcome.is).toBe('verified')
    expect((await lab.w.run('gate', 'scim', '--stream', 'users')).exit).toBe(EXIT.gate)
  })

  test('setting it right opens the gate again', async () => {
    await offboard(login(1))
    await lab.sync('scim')
    expect((await lab.w.run('gate', 'scim', '--stream', 'users')).exit).toBe(EXIT.fine)
  })

  test('an approved reactivation of ours is no breach', async () => {
    const id = lab.id(lab.scim, login(2))
    const { exit } = await lab.w.json('apply', 'scim', 'reactivate_account', '--id', id, ...WHO)
    expect(exit).toBe(EXIT.fine)
    expect((await lab.w.json('sync', 'scim')).doc.reverted).toEqual([])
  })

  test('somebody who held nothing is in a group again: reverted', async () => {
    const id = lab.id(lab.scim, login(7))
    expect(facets((await offboard(login(7), '--only', 'scim')).doc, 'scim')['groups']).toBe('verified')
    const team = [...lab.scim.worlds()[0]!.teams.keys()][0]!
    lab.scim.meddle({ do: 'member', team, id, in: true })
    const { doc } = await lab.w.json('sync', 'scim')
    expect(doc.reverted).toEqual([expect.objectContaining({ id, claim: 'holds_nothing', because: `it holds ${team} again` })])
  })

  test('an account that was deleted and is there again is reverted', async () => {
    const id = lab.id(lab.scim, login(8))
    const person = { ...lab.scim.worlds()[0]!.people.get(id)! }
    const gone = await lab.w.json('apply', 'scim', 'delete_account', '--id', id, ...WHO)
    expect([gone.exit, gone.doc.outcome.is]).toEqual([EXIT.fine, 'verified'])
    lab.scim.meddle({ do: 'create', person })
    const { exit, doc } = await lab.w.json('sync', 'scim')
    expect([exit, doc.reverted]).toEqual([EXIT.gate, [expect.objectContaining({ id, claim: 'stays_gone' })]])
    expect(doc.gate.is).toBe('deny')
  })
})

describe('a brake', () => {
  test('holds a leaver with a protected account until a second person names it; the protected one is still not touched', async () => {
    await lab.w.run(...CONNECT('scim', 'leaver-scim', lab.scim.url, 'SCIM'), '--protect', `users=${lab.id(lab.scim, login(9))}`)
    const held = await offboard(login(9))
    expect([held.exit, held.doc.error.code]).toEqual([EXIT.gate, 'plan/held'])
    expect(held.doc.error.message).toMatch(/protected/)
    await lab.w.run('approve', held.doc.error.where, '--by', 'Lee', '--override', 'protected')
    const { exit, doc } = await offboard(login(9))
    expect([exit, facets(doc, 'scim')['account'], facets(doc, 'rest')['account']]).toEqual([EXIT.gate, 'held', 'verified'])
    expect(lab.scim.worlds()[0]!.people.get(lab.id(lab.scim, login(9)))!.phase).toBe('active')
  })
})
