/** One change at the command line: wrong input first, then what is seen, and what is never taken for it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { type LeaverLab, openLeaverLab, WHO } from '../govern/leaver-lab.ts'
import { world } from './io.ts'

let lab: LeaverLab
beforeAll(async () => {
  lab = await openLeaverLab()
})
afterAll(() => lab.close())
beforeEach(() => lab.scim.lie({}))

const oneOff = () => [
  '--connector',
  'test/connectors-for-tests/leaver-scim.yaml',
  '--set',
  `url=${lab.scim.url}`,
  '--secret',
  'token=env:SCIM',
  '--allow-private',
]
const user = (n: number) => lab.id(lab.scim, `user${n}@acme.example`)
const deactivate = (id: string, ...more: readonly string[]) =>
  lab.w.json('apply', 'scim', 'deactivate_account', '--id', id, ...WHO, ...more)
const active = (id: string) => lab.scim.worlds()[0]!.people.get(id)!.phase === 'active'

describe('what is typed wrong is told before anything is sent or stored', () => {
  test.each([
    ['nothing', ['apply'], /NAME and ACTION are missing/],
    ['no action', ['apply', 'scim'], /ACTION is missing/],
    ['an unknown connection', ['apply', 'scmi', 'deactivate_account', '--id', 'x', ...WHO], /did you mean `scim`/],
    ['an unknown action', ['apply', 'scim', 'deactivate', '--id', 'x', ...WHO], /has no action `deactivate`/],
    ['no id', ['apply', 'scim', 'deactivate_account', ...WHO], /native id/],
    ['nobody who asks', ['apply', 'scim', 'deactivate_account', '--id', 'x', '--why', 'w'], /--by NAME is missing/],
    ['no reason', ['apply', 'scim', 'deactivate_account', '--id', 'x', '--by', 'kim', '--why', ' '], /--why TEXT is missing/],
    ['input without a name', ['apply', 'scim', 'grant', '--id', 'x', '--input', 'g1', ...WHO], /--input takes name=value/],
    ['unknown input', ['apply', 'scim', 'grant', '--id', 'x', '--input', 'gruop=1', ...WHO], /did you mean `group`/],
    ['input that is missing', ['apply', 'scim', 'grant', '--id', 'x', ...WHO], /group is required/],
    ['a span without a unit', ['apply', 'scim', 'grant', '--id', 'x', '--wait', '5', ...WHO], /a span of time such as/],
    ['a plan and an id', ['apply', '--plan', 'p.json', '--id', 'x', ...WHO], /--plan says all there is to do/],
    ['two names with --connector', ['apply', 'scim', 'grant', '--connector', 'okta', ...WHO], /there is only the ACTION/],
  ])('%s', async (_, args, said) => {
    const before = lab.scim.mutations().length
    const { exit, doc, err } = await lab.w.json(...args)
    expect(exit).toBe(EXIT.usage)
    expect(err).toMatch(said)
    expect(doc.error.message).toMatch(said)
    expect(lab.scim.mutations().length).toBe(before)
  })

  test('a wrong action with --connector leaves no store behind', async () => {
    const w = world({ SCIM: lab.scim.token })
    const { exit } = await w.run('apply', ...oneOff(), 'deactivate', '--id', 'x', ...WHO)
    expect([exit, existsSync(join(w.dir, 'store'))]).toEqual([EXIT.usage, false])
    w.clean()
  })
})

describe('one change', () => {
  test('a deactivation that is seen is verified, with its looks; asked for again it was so already and nothing is sent', async () => {
    const id = user(1)
    const { exit, doc, err } = await deactivate(id)
    expect(exit).toBe(EXIT.fine)
    expect(doc).toMatchObject({
      version: 1,
      command: 'apply',
      connection: 'scim',
      action: 'deactivate_account',
      id,
      by: 'Kim Park',
      lane: 'leaver',
    })
    expect(doc.outcome).toMatchObject({ is: 'verified', changed: true, facets: [{ facet: 'account', is: 'verified' }] })
    expect(doc.looks.map((look: { where: string }) => look.where)).toEqual(
      expect.arrayContaining(['GET /Users/{id}', 'GET /Users']),
    )
    expect(doc.sent).toHaveLength(1)
    expect(err).toMatch(
      /sent .*\n.*answered: the target says yes, which shows nothing yet.*\n.*looking at account: as asked, 1 of 1/,
    )
    expect(active(id)).toBe(false)
    const again = await deactivate(id)
    expect(again.doc.outcome).toMatchObject({ is: 'verified', changed: false })
    const { out } = await lab.w.run('apply', 'scim', 'deactivate_account', '--id', id, ...WHO)
    expect(out.match(/nothing was sent/g)).toHaveLength(1)
    expect([again.exit, again.doc.sent]).toEqual([EXIT.fine, []])
  })

  test('a target that says yes and does nothing is refuted: exit 4, never a word of success', async () => {
    lab.scim.lie({ no_op: { verb: 'deactivate' } })
    const id = user(2)
    const { exit, doc } = await deactivate(id)
    expect(exit).toBe(EXIT.gate)
    expect(doc.outcome).toMatchObject({ is: 'refuted', facets: [{ facet: 'account', is: 'refuted' }] })
    expect(doc.outcome.next_steps[0]).toMatch(/by hand/)
    const { out } = await lab.w.run('actions', 'scim', '--id', id)
    expect(out).toMatch(/^refuted/)
    expect(out).not.toMatch(/accepted/)
    expect(active(id)).toBe(true)
  })

  test('one-off from flags: a store, a connection, an outcome in one document', async () => {
    const w = world({ SCIM: lab.scim.token })
    const sync = await w.run('sync', ...oneOff(), '--attest-scope', 'Lee: all', '--name', 'x')
    expect(sync.out).toMatch(/users +complete/)
    const { exit, doc } = await w.json('apply', ...oneOff(), '--name', 'x', 'deactivate_account', '--id', user(3), ...WHO)
    expect([exit, doc.outcome.is]).toEqual([EXIT.fine, 'verified'])
    w.clean()
  })

  test('one-off without a word on who and why: the account of the machine asks, and no reason is made up', async () => {
    const w = world({ SCIM: lab.scim.token, USER: 'kim' })
    const args = ['apply', ...oneOff(), 'deactivate_account', '--id', user(8)]
    const { exit, doc } = await w.json(...args)
    expect([exit, doc.outcome.is, doc.by, doc.why]).toEqual([
      EXIT.fine,
      'verified',
      'kim (account of this machine)',
      'no reason given',
    ])
    w.clean()
    const nobody = world({ SCIM: lab.scim.token })
    expect((await nobody.json(...args)).err).toMatch(/--by NAME is missing/)
    nobody.clean()
  })

  test('what was there already is not said to have been made', async () => {
    const create = () =>
      lab.w.run(
        'apply',
        'scim',
        'create_account',
        ...['userName=made@acme.example', 'givenName=M', 'title=T'].flatMap((pair) => ['--input', pair]),
        ...WHO,
      )
    expect((await create()).out).toMatch(/^ {2}made n/m)
    const again = await create()
    expect(again.out).toMatch(/^verified .*nothing was sent, it is so already/)
    expect(again.out).toMatch(/^ {2}found n/m)
    expect(again.out).not.toMatch(/^ {2}made /m)
  })

  test('--dry-run shows what would be sent and looked at, sends nothing and keeps nothing', async () => {
    const before = lab.scim.mutations().length
    const { exit, doc } = await deactivate(user(4), '--dry-run')
    expect(exit).toBe(EXIT.fine)
    expect(doc).toMatchObject({ dry_run: true, already: false, stops: null, would_send: [{ as_declared: null }] })
    const sent = { request: `PATCH ${lab.scim.url}/scim/v2/Users/${user(4)}`, body: expect.stringContaining('"path":"active"') }
    expect(doc.would_send[0]).toMatchObject(sent)
    const text = (await lab.w.run('apply', 'scim', 'deactivate_account', '--id', user(4), ...WHO, '--dry-run')).out
    expect(text).toContain(`: ${sent.request}\n`)
    expect(doc.change).toMatch(/user4@acme.example .*active true → false/)
    expect(lab.scim.mutations().length).toBe(before)
    expect((await lab.w.json('actions', 'scim', '--id', user(4))).doc.actions).toEqual([])
  })

  test('an account that nobody knows is not touched: withdrawn, and the same command later is a new change', async () => {
    const { exit, doc } = await deactivate('nobody')
    expect(exit).toBe(EXIT.gate)
    expect(doc.outcome).toMatchObject({ is: 'cancelled', changed: false })
    expect(doc.outcome.because).toMatch(/nothing was sent: held by identity/)
    expect((await deactivate('nobody')).doc.intent).not.toBe(doc.intent)
    const again = await lab.w.json('actions', '--cancel', doc.intent, ...WHO)
    expect([again.exit, again.doc.error.code]).toEqual([EXIT.usage, 'cli/usage'])
    expect(again.err).toMatch(/is over already: cancelled/)
  })

  test('an id that was given to another person since is not touched', async () => {
    const id = user(5)
    const person = lab.scim.worlds()[0]!.people.get(id)!
    lab.scim.meddle(
      { do: 'delete', id },
      { do: 'create', person: { ...person, login: 'other@acme.example', created: '2026-11-20T00:00:00.000Z' } },
    )
    const { exit, doc } = await deactivate(id)
    expect(exit).toBe(EXIT.gate)
    expect(doc.outcome.because).toMatch(/identity: it is not the object that was meant: .*createdAt/)
    expect(active(id)).toBe(true)
  })

  test('a protected account is not touched, whoever asks', async () => {
    await lab.w.run('connect', 'scim', ...oneOff(), '--protect', `users=${user(6)}`)
    const { exit, doc } = await deactivate(user(6))
    expect(exit).toBe(EXIT.gate)
    expect(doc.error).toMatchObject({ code: 'plan/held', message: expect.stringMatching(/protected/) })
    expect((await lab.w.json('plan', 'scim', 'deactivate_account', '--id', user(6), ...WHO)).doc.plan.held[0].brake).toBe(
      'protected',
    )
    expect(active(user(6))).toBe(true)
  })

  test('a target that is gone: exit 3, kept for later, and the reason is said', async () => {
    const w = world({ SCIM: 'x' })
    const gone = oneOff().map((word) => (word.startsWith('url=') ? 'url=http://127.0.0.1:9' : word))
    const { exit, doc } = await w.json('apply', ...gone, 'deactivate_account', '--id', 'x', ...WHO)
    expect(exit).toBe(EXIT.environment)
    expect(doc.outcome).toMatchObject({
      is: 'unknown',
      changed: false,
      because: expect.stringMatching(/the target gives no usable answer/),
    })
    expect((await w.json('actions', '--state', 'open')).doc.actions).toHaveLength(1)
    w.clean()
  })

  test('a stop holds what is asked for; go and --resume take it up', async () => {
    const id = user(7)
    expect((await lab.w.run('stop', 'scim')).exit).toBe(EXIT.usage)
    expect((await lab.w.run('stop', 'scmi', ...WHO)).err).toMatch(/did you mean `scim`/)
    expect((await lab.w.json('stop', 'scim', ...WHO)).doc).toMatchObject({ scope: 'scim', in_effect: true })
    const held = await deactivate(id, '--wait', '2s')
    expect(held.exit).toBe(EXIT.gate)
    expect(held.doc.outcome).toMatchObject({
      is: 'unknown',
      changed: false,
      because: expect.stringMatching(/stopped: left on Friday/),
    })
    expect(active(id)).toBe(true)
    expect((await lab.w.run('actions')).out).toMatch(/^stopped {2}scim/)
    expect((await lab.w.json('status', 'scim')).doc.connections[0].stops).toHaveLength(1)
    expect((await lab.w.json('go', 'scim', ...WHO)).doc).toMatchObject({ in_effect: true, lifted: true })
    const again = await lab.w.run('go', 'scim', ...WHO)
    expect([again.exit, again.out]).toEqual([EXIT.fine, 'there was no stop of scim; nothing to lift\n'])
    const on = await lab.w.json('apply', 'scim', '--resume')
    expect([on.exit, on.doc.results[0].outcome.is]).toEqual([EXIT.fine, 'verified'])
    expect(active(id)).toBe(false)
  })

  test('status has the metrics of changes', async () => {
    const [status] = (await lab.w.json('status', 'scim')).doc.connections
    expect(status.writes.outcomes.verified).toBeGreaterThan(0)
    expect(status.writes.time_to_verified.p95_ms).toBeGreaterThanOrEqual(status.writes.time_to_verified.p50_ms)
    expect(status.writes.refuted_rate).toBeGreaterThan(0)
    expect(status.writes).toHaveProperty('unverifiable_debt')
    expect(status.writes).toHaveProperty('reverted_rate')
  })
})
