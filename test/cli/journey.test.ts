/** The author's and the operator's way through the commands, in one process, against a fake target that is honest or lies. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { addUser, population } from '../targets/population.ts'
import { startTarget, type Target } from '../targets/server.ts'
import { type World, world } from './io.ts'

const CONNECTOR = 'test/connectors-for-tests/cursor.yaml'
let target: Target
let w: World

beforeAll(async () => {
  target = await startTarget({ dialect: 'cursor', population: population({ n: 230, seed: 5, ids: 'prefixed', groups: 4 }) })
})
afterAll(() => target.close())
beforeEach(() => {
  target.lie({})
  w = world({ TOKEN: target.token })
  return () => w.clean()
})

const oneOff = (...more: readonly string[]) => [
  '--connector',
  CONNECTOR,
  '--set',
  `url=${target.url}`,
  '--secret',
  'token=env:TOKEN',
  '--allow-private',
  ...more,
]
const connect = () => w.run('connect', 'acme', ...oneOff())

describe('sync in one go', () => {
  test('gives one versioned document with verdict, evidence, gaps and next steps, and exit 0 where all is complete', async () => {
    const { exit, doc, err } = await w.json('sync', ...oneOff())
    expect(err).toBe('')
    expect(exit).toBe(EXIT.fine)
    expect(doc).toMatchObject({
      version: 1,
      command: 'sync',
      sync: 1,
      resumed: 0,
      state: 'finished',
      gate: { is: 'allow', reasons: [] },
    })
    expect(Object.keys(doc.streams)).toEqual(['users', 'groups', 'memberships'])
    expect(doc.streams.users).toMatchObject({
      is: 'account',
      verdict: 'complete',
      records: 230,
      certified: true,
      created: 230,
      updated: 0,
      vanished: 0,
      gaps: [],
      quarantined: {},
      next_steps: [],
      hold: null,
    })
    expect(doc.streams.users.because).toMatch(/^complete/)
    expect(doc.streams.users.evidence).toContainEqual(
      expect.objectContaining({ check: 'terminal_page', result: 'holds', item: 4, class: 'C' }),
    )
    expect(doc.streams.users.pages).toBeGreaterThan(1)
  })

  test('the same command again is the same connection; other settings are another one', async () => {
    const first = await w.json('sync', ...oneOff('--stream', 'groups'))
    const again = await w.json('sync', ...oneOff('--stream', 'groups'))
    expect(again.doc).toMatchObject({ connection: first.doc.connection, sync: 2 })
    expect(again.doc.streams.groups).toMatchObject({ created: 0, updated: 0 })
    expect(Object.keys(again.doc.streams)).toEqual(['groups'])
    const other = await w.json(
      'sync',
      '--connector',
      CONNECTOR,
      '--set',
      `url=${target.url.replace('127.0.0.1', 'localhost')}`,
      '--secret',
      'token=env:TOKEN',
      '--allow-private',
      '--stream',
      'groups',
    )
    expect(other.doc.connection).not.toBe(first.doc.connection)
  })

  test('a target that loses records: incomplete, the reason named, gate closed, exit 4', async () => {
    await w.run('sync', ...oneOff('--name', 'acme'))
    target.lie({ hidden_person: {} })
    const { exit, doc } = await w.json('sync', 'acme')
    expect(exit).toBe(EXIT.gate)
    expect(doc.streams.users.verdict).toBe('incomplete')
    expect(doc.streams.users.next_steps.length).toBeGreaterThan(0)
    expect(doc.streams.users.evidence.some((f: { result: string }) => f.result === 'refutes')).toBe(true)
    expect(doc.gate).toMatchObject({
      is: 'deny',
      reasons: expect.arrayContaining([expect.objectContaining({ stream: 'users' })]),
    })
    // The complete one still stands.
    const status = await w.json('status', 'acme')
    expect(status.doc.connections[0].streams.users).toMatchObject({
      verdict: 'incomplete',
      last_complete: { sync: 1, records: 230 },
    })
    const records = await w.json('records', 'acme', 'users', '--limit', '1000')
    expect(records.doc.snapshot).toMatchObject({ sync: 1, verdict: 'complete' })
    expect(records.doc.records).toHaveLength(230)
  })

  test('wrong credentials: incomplete with the reason, exit 4, and the token nowhere', async () => {
    const wrong = world({ TOKEN: 'wrong-token-4711' })
    const { exit, doc } = await wrong.json('sync', ...oneOff())
    expect(exit).toBe(EXIT.gate)
    expect(doc.streams.users.verdict).toBe('incomplete')
    expect(JSON.stringify(doc)).not.toContain('wrong-token-4711')
    wrong.clean()
  })

  test('nobody listens: the verdict says so, and nothing is complete', async () => {
    const once = join(w.dir, 'once.yaml')
    writeFileSync(once, readFileSync(CONNECTOR, 'utf8').replace(/limits: .*/, 'limits: { attempts: 1 }'))
    const dead = [
      '--connector',
      once,
      '--set',
      'url=http://127.0.0.1:9',
      '--secret',
      'token=env:TOKEN',
      '--allow-private',
    ] as const
    const { exit, doc } = await w.json('sync', ...dead)
    expect(exit).toBe(EXIT.gate)
    expect(doc.streams.groups).toMatchObject({ verdict: 'incomplete', records: 0 })
    expect((await w.run('check', ...dead)).exit).toBe(EXIT.environment)
  }, 60_000)

  test('a private address needs the operator’s word', async () => {
    const { exit, doc } = await w.json(
      'sync',
      '--connector',
      CONNECTOR,
      '--set',
      `url=${target.url}`,
      '--secret',
      'token=env:TOKEN',
      '--stream',
      'groups',
    )
    expect(exit).toBe(EXIT.gate)
    expect(JSON.stringify(doc.streams.groups)).toMatch(/private|public address/)
  })

  test('a stop pauses at a checkpoint with exit 3; the same command goes on and loses or doubles nothing', async () => {
    target.lie({})
    const slow = await startTarget({
      dialect: 'cursor',
      population: population({ n: 900, seed: 6, ids: 'prefixed', groups: 3 }),
      latency_ms: 60,
    })
    const args = [
      'sync',
      '--connector',
      CONNECTOR,
      '--set',
      `url=${slow.url}`,
      '--secret',
      'token=env:TOKEN',
      '--allow-private',
      '--name',
      'slow',
    ] as const
    const running = w.json(...args)
    // In the middle of it, however long the machine takes to get there.
    const watch = setInterval(() => slow.requests.length >= 3 && w.stop(), 5)
    const paused = await running
    clearInterval(watch)
    expect(paused.exit).toBe(EXIT.environment)
    expect(paused.doc).toMatchObject({ state: 'paused', streams: {}, gate: { is: 'deny' } })
    expect(paused.err).toContain('once more stops at once')
    const done = await w.json(...args)
    expect(done.exit).toBe(EXIT.fine)
    expect(done.doc).toMatchObject({ sync: paused.doc.sync, resumed: 1, state: 'finished' })
    expect(done.doc.streams.users).toMatchObject({ verdict: 'complete', records: 900 })
    await slow.close()
  }, 60_000)
})

describe('usage', () => {
  test.each([
    [['sync'], EXIT.usage, /--connector FILE/],
    [['sync', 'acme', '--set', 'url=https://x.example'], EXIT.usage, /contradict/],
    [['sync', ...['--connector', 'okat']], EXIT.environment, /did you mean `okta`/],
    [['sync', '--connector', './none.yaml'], EXIT.environment, /no file/],
    [['sync', '--connector', CONNECTOR], EXIT.usage, /`url` .*missing/],
    [['connect', 'a b', '--connector', CONNECTOR], EXIT.usage, /letters, digits/],
    [['records', 'acme', 'users', '--which', 'best'], EXIT.usage, /complete or latest/],
    [['explain', 'spec/unknown-kye'], EXIT.usage, /did you mean `spec\/unknown-key`/],
    [['validate', 'none.yaml'], EXIT.environment, /no file/],
  ] as const)('%j exits %i', async (args, exit, message) => {
    const ran = await w.run(...args)
    expect(ran.err).toMatch(message)
    expect([ran.exit, ran.out]).toEqual([exit, ''])
    expect(existsSync(join(w.dir, 'store'))).toBe(false)
  })

  test.each(['status', 'connections'])('%s without a store says that there is none and makes none', async (name) => {
    const { exit, err } = await w.run(name)
    expect(exit).not.toBe(EXIT.fine)
    expect(err).toMatch(/error\[store\/not-found\]/)
    expect(existsSync(join(w.dir, 'store'))).toBe(false)
  })

  test('a failure with --json is one document too', async () => {
    const { exit, doc } = await w.json('status')
    expect(exit).not.toBe(EXIT.fine)
    expect(doc).toMatchObject({ version: 1, command: 'status', error: { code: 'store/not-found' } })
  })

  test('an unknown connection or stream is answered with the near one', async () => {
    await connect()
    expect((await w.run('sync', 'acmee')).err).toMatch(/did you mean `acme`/)
    expect((await w.run('sync', 'acme', '--stream', 'usres')).err).toMatch(/did you mean `users`/)
    expect((await w.run('gate', 'acme', '--stream', 'usres')).err).toMatch(/did you mean `users`/)
    expect((await w.run('preview', 'acme', 'usres')).err).toMatch(/did you mean `users`/)
    expect((await w.run('records', 'acme', 'users')).err).toMatch(/run `rollcall sync acme`/)
  })

  test('an invalid connector is shown with its errors in place, exit 1', async () => {
    const file = join(w.dir, 'bad.yaml')
    writeFileSync(file, readFileSync(CONNECTOR, 'utf8').replace('records: data', 'record: data'))
    const { exit, err } = await w.run('sync', '--connector', file)
    expect(exit).toBe(EXIT.findings)
    expect(err).toMatch(/error\[spec\/unknown-key\].*\n.*bad\.yaml:\d+:\d+/)
    expect(await w.run('validate', file)).toMatchObject({ exit: EXIT.findings })
    expect((await w.json('validate', file, CONNECTOR)).doc.files.map((f: { valid: boolean }) => f.valid)).toEqual([false, true])
  })

  test('a valid connector is shown with what it reads, and where it tells of changes by itself', async () => {
    const { exit, out } = await w.run('validate', 'connectors/okta.yaml', 'connectors/scim2.yaml')
    expect(exit).toBe(EXIT.fine)
    expect(out).toMatch(/: Okta, users, .*api_tokens; feed system_log, webhook\n/)
    expect(out).toMatch(/: SCIM 2\.0, users, groups, memberships\n/)
  })

  test('a secret that is not in the environment is told before anything is sent', async () => {
    const before = target.requests.length
    const without = world({})
    const { exit, err } = await without.run('sync', ...oneOff())
    expect([exit, target.requests.length]).toEqual([EXIT.environment, before])
    expect(err).toMatch(/error\[cli\/secret\]: secret `token` \(env:TOKEN\) is not set/)
    without.clean()
  })
})

describe('a stored connection', () => {
  test('keeps references and never a secret, in no file of the store', async () => {
    expect((await connect()).exit).toBe(EXIT.fine)
    expect((await w.run('sync', 'acme', '--stream', 'groups')).exit).toBe(EXIT.fine)
    const store = join(w.dir, 'store')
    for (const file of readdirSync(store)) expect(readFileSync(join(store, file)).includes(target.token)).toBe(false)
    const { doc } = await w.json('connections')
    expect(doc.connections).toMatchObject([
      { name: 'acme', connector: 'test-cursor', secrets: { token: { from: 'env', name: 'TOKEN' } }, allow_private: true },
    ])
  })

  test('an attestation is dated, stays for the next sync, and goes with another credential', async () => {
    await connect()
    await w.run('sync', 'acme', '--stream', 'groups', '--attest-scope', 'Kim Park, IAM: reader role')
    const attestedBy = async () => (await w.json('connections')).doc.connections[0].attested?.by ?? null
    expect(await attestedBy()).toBe('Kim Park, IAM')
    await w.run('sync', 'acme', '--stream', 'groups')
    expect(await attestedBy()).toBe('Kim Park, IAM')
    await connect()
    expect(await attestedBy()).toBe('Kim Park, IAM')
    await w.run(
      'connect',
      'acme',
      '--connector',
      CONNECTOR,
      '--set',
      `url=${target.url}`,
      '--secret',
      'token=env:OTHER',
      '--allow-private',
    )
    expect(await attestedBy()).toBe(null)
  })

  test('a planted canary is looked for though the connector declares none: one that is not there refutes, now and the next time', async () => {
    await connect()
    const there = target.population.users[0]?.id
    const found = await w.json('sync', 'acme', '--stream', 'users', '--canary', `users=${there}`)
    expect(found.doc.streams.users.evidence).toContainEqual(expect.objectContaining({ check: 'canaries', result: 'holds' }))
    const lost = await w.json('sync', 'acme', '--stream', 'users', '--canary', `users=${there}`, '--canary', 'users=u_planted')
    expect(lost.exit).toBe(EXIT.gate)
    expect(lost.doc.streams.users.evidence).toContainEqual(expect.objectContaining({ check: 'canaries', result: 'refutes' }))
    expect((await w.json('sync', 'acme', '--stream', 'users')).doc.streams.users.verdict).toBe('incomplete')
  })

  test('can be removed', async () => {
    await connect()
    expect((await w.json('connections', '--remove', 'acme')).doc.connections).toEqual([])
  })

  test('check says what works, and what does not with another token', async () => {
    await connect()
    const good = await w.json('check', 'acme')
    expect(good.exit).toBe(EXIT.fine)
    expect(good.doc).toMatchObject({
      whoami: null,
      scope: [{ result: 'held' }],
      streams: { users: { works: true, records: 100, more: true }, memberships: { works: true } },
    })
    const wrong = world({ TOKEN: 'wrong-token-4711' })
    const bad = await wrong.json('check', ...oneOff())
    expect(bad.exit).toBe(EXIT.findings)
    expect(bad.doc.streams).toMatchObject({ users: { works: false }, memberships: { works: false } })
    expect(existsSync(join(wrong.dir, 'store'))).toBe(false)
    wrong.clean()
  })

  test('preview shows raw, mapped, dropped, the request without its secret, and the proof', async () => {
    const { exit, doc } = await w.json('preview', 'users', ...oneOff('--limit', '1'))
    expect(exit).toBe(EXIT.fine)
    expect(doc).toMatchObject({
      stream: 'users',
      request: { method: 'GET', auth: 'authorization: Bearer [secret]' },
      received: 100,
      next: { kind: 'page' },
      problem: null,
    })
    expect(doc.request.url).toBe(`${target.url}/api/users?limit=100`)
    expect(doc.records).toHaveLength(1)
    expect(doc.records[0].raw.login).toBe(doc.records[0].fields.userName)
    const text = await w.run('preview', 'memberships', ...oneOff('--limit', '1'))
    expect(text.out).toMatch(/dropped {2}login/)
    expect(text.out).toMatch(/proof/)
    expect(text.out + text.err + JSON.stringify(doc)).not.toContain(target.token)
  })
})

describe('what came out', () => {
  test('records page by cursor without a gap; changes replay in order from any cursor', async () => {
    await connect()
    await w.run('sync', 'acme')
    const ids: string[] = []
    for (let after = 0; ; ) {
      const { doc } = await w.json('records', 'acme', 'users', '--limit', '64', '--after', String(after))
      ids.push(...doc.records.map((r: { id: string }) => r.id))
      if (doc.next === null) break
      after = doc.next
    }
    expect(new Set(ids)).toEqual(new Set(target.population.users.map((u) => u.id)))
    expect(ids).toHaveLength(target.population.users.length)
    const end = (await w.json('changes', 'acme', '--limit', '100000')).doc.next
    const added = addUser(target.population, 'back', false)
    await w.run('sync', 'acme')
    const { doc } = await w.json('changes', 'acme', '--after', String(end), '--stream', 'users')
    expect(doc.changes).toMatchObject([{ kind: 'created', stream: 'users', id: added.id, fields: { userName: added.login } }])
    expect(doc.next).toBe(doc.changes[0].seq)
    expect((await w.json('changes', 'acme', '--after', String(doc.next), '--stream', 'users')).doc).toMatchObject({
      changes: [],
      next: doc.next,
    })
    expect((await w.json('records', 'acme', 'users', '--id', added.id)).doc.records).toHaveLength(1)
  })

  test('gate allows what is complete and fresh, and denies what is stale or was never read', async () => {
    await connect()
    expect(await w.json('gate', 'acme')).toMatchObject({ exit: EXIT.gate, doc: { gate: { is: 'deny' } } })
    await w.run('sync', 'acme')
    expect(await w.json('gate', 'acme')).toMatchObject({ exit: EXIT.fine, doc: { gate: { is: 'allow', reasons: [] } } })
    w.now_ms = Date.now() + 25 * 3_600_000
    const stale = await w.json('gate', 'acme', '--stream', 'users')
    expect(stale.exit).toBe(EXIT.gate)
    expect(stale.doc.gate.reasons).toMatchObject([{ stream: 'users' }])
    expect((await w.json('status', 'acme')).doc.connections[0].streams.users).toMatchObject({ stale: true, fresh_for_s: 86_400 })
    expect((await w.run('status', 'acme')).out).toMatch(/stale: good for 24 h/)
  })

  test('what a target writes into its records never acts upon a terminal', async () => {
    const user = target.population.users[3]
    if (user === undefined) throw new Error('no user')
    const before = user.title
    user.title = '\u001b[2J\u202Egnp\u0007\nx'
    await connect()
    await w.run('sync', 'acme', '--stream', 'users')
    for (const args of [
      ['records', 'acme', 'users', '--limit', '10'],
      ['records', 'acme', 'users', '--json'],
      ['changes', 'acme'],
      ['preview', 'acme', 'users', '--limit', '10'],
    ]) {
      const { out } = await w.run(...args)
      expect(out).not.toMatch(/[\u001b\u0007\u202e]/)
    }
    expect((await w.run('records', 'acme', 'users', '--limit', '10')).out).toContain('\\u001B[2J\\u202Egnp\\u0007\\nx')
    user.title = before
  })

  test('a target that echoes the token in a record does not bring it into a preview', async () => {
    const user = target.population.users[0]
    if (user === undefined) throw new Error('no user')
    const before = user.title
    user.title = `x ${target.token} y`
    for (const args of [
      ['preview', 'users', ...oneOff()],
      ['preview', 'users', ...oneOff('--json')],
    ]) {
      const { exit, out } = await w.run(...args)
      expect([exit, out.includes(target.token), out.includes('x [secret:')]).toEqual([EXIT.fine, false, true])
    }
    user.title = before
  })
})
