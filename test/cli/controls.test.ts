import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { startWriteTarget, type WriteTarget } from '../targets/write-server.ts'
import { type World, world } from './io.ts'

let target: WriteTarget
let w: World
beforeAll(async () => {
  target = await startWriteTarget({
    dialect: 'rest',
    clock: { now: Date.now, sleep: async () => undefined, advance: () => undefined },
    people: 12,
  })
  w = world({ TOKEN: target.token })
  const connect = ['connect', 'acme', '--connector', 'test/connectors-for-tests/write-rest.yaml', '--set', `url=${target.url}`]
  const secret = ['--secret', 'token=env:TOKEN', '--allow-private', '--attest-scope', 'Kim: it is the directory admin']
  const owners = [
    '--owner',
    'iam team',
    '--data-owner',
    'people team',
    '--level',
    'freshness=12h',
    '--level',
    'verified_within=10m',
  ]
  expect(await w.run(...connect, ...secret, ...owners)).toMatchObject({ exit: EXIT.fine })
  const read = await w.run('sync', 'acme', '--allow-private')
  expect(read.err + read.out).toContain('complete')
}, 60_000)
afterEach(() => {
  w.now_ms = null
})
afterAll(async () => {
  await target.close()
  w.clean()
})

test('owners and levels are the stored connection’s, survive a sync and another connect, and go back to their defaults', async () => {
  const [acme] = (await w.json('connections')).doc.connections
  expect(acme).toMatchObject({
    owner: 'iam team',
    data_owner: 'people team',
    levels: { freshness_s: 43_200, verified_within_s: 600 },
  })
  expect((await w.run('connections')).out).toContain('people team')
  const again = ['connect', 'acme', '--connector', 'test/connectors-for-tests/write-rest.yaml', '--set', `url=${target.url}`]
  await w.run(...again, '--secret', 'token=env:TOKEN', '--allow-private', '--level', 'verified_within=default')
  const [now] = (await w.json('connections')).doc.connections
  expect(now).toMatchObject({ data_owner: 'people team', levels: { freshness_s: 43_200 }, attested: { by: expect.anything() } })
  expect(now.levels).not.toHaveProperty('verified_within_s')
})

test.each([
  [['--level', 'freshnes=12h'], 'did you mean `freshness`'],
  [['--level', 'freshness=1s'], 'a minute or more'],
  [['--level', 'freshness=soon'], 'span of time'],
  [['--level', 'objective=1'], 'from 0.5 to 0.9999'],
  [['--level', 'unverifiable_most=-1'], 'whole number'],
])('a level that is none is refused: %j', async (flags, because) => {
  const ran = await w.run(
    'connect',
    'x',
    '--connector',
    'test/connectors-for-tests/write-rest.yaml',
    '--set',
    `url=${target.url}`,
    '--secret',
    'token=env:TOKEN',
    ...flags,
  )
  expect(ran).toMatchObject({ exit: EXIT.usage, err: expect.stringContaining(because) })
})

test('controls shows what does not hold now; a sweep remembers it; a person acknowledges; exit 1 while it is high', async () => {
  const before = await w.json('controls')
  w.now_ms = Date.now() + 13 * 3_600_000
  const now = await w.json('controls')
  expect(now.exit).toBe(EXIT.findings)
  const high = now.doc.connections[0].breaches.filter(({ severity }: { severity: string }) => severity !== 'info')
  expect(high.length).toBeGreaterThan(before.doc.connections[0].breaches.length)
  expect(high[0]).toMatchObject({
    control: 'freshness',
    severity: 'high',
    exception: null,
    owner: 'iam team',
    data_owner: 'people team',
  })
  expect((await w.run('controls')).out).toContain('not swept yet')
  const swept = await w.json('controls', '--sweep')
  const { exception } = swept.doc.connections[0].breaches[0]
  expect(exception).toMatch(/^[0-9A-Z]{26}$/)
  const said = await w.json('controls', '--acknowledge', exception, '--by', 'kim', '--why', 'a sync runs')
  expect(said.doc.exception).toMatchObject({ state: 'acknowledged', acknowledged: { by: 'kim' } })
  const shown = (await w.run('controls', 'acme')).out
  expect(shown).toContain('acknowledged')
  expect(shown).toContain('data owner people team')
  expect(await w.run('controls', '--close', exception, '--by', 'lee', '--why', 'x')).toMatchObject({
    exit: EXIT.usage,
    err: expect.stringContaining('levels/settle'),
  })
  const ledger = (await w.json('ledger')).doc.entries.map(({ what }: { what: string }) => what)
  expect(ledger).toEqual(expect.arrayContaining(['gate changed', 'exception opened', 'exception changed']))
  expect(await w.run('controls', '--sweep', '--close', exception)).toMatchObject({ exit: EXIT.usage })
})

test('the gate of a scope: several connections and single streams, with until when it stays so; a stored level makes it deny', async () => {
  const whole = await w.json('gate', 'acme')
  expect(Object.keys(whole.doc)).toEqual(['version', 'command', 'connection', 'gate'])
  const scope = await w.json('gate', 'acme/users', 'acme/groups')
  expect(scope.doc).toMatchObject({ scope: ['acme/users', 'acme/groups'], connections: [{ connection: 'acme' }] })
  w.now_ms = Date.parse(scope.doc.until) + 1000
  const later = await w.json('gate', 'acme/users')
  expect(later).toMatchObject({ exit: EXIT.gate, doc: { is: 'deny' } })
  for (const { settle } of later.doc.reasons) expect(settle).not.toBe('')
  expect(later.doc.reasons.map(({ kind }: { kind: string }) => kind)).toContain('stale')
  expect(await w.run('gate', 'acme/nothing')).toMatchObject({ exit: EXIT.usage })
  expect(await w.run('gate', 'acme', 'acme/users', '--stream', 'users')).toMatchObject({ exit: EXIT.usage })
})
