/** `rollcall watch` and what it says, over a loopback target by the machine's clock; a leaver whom somebody sets active again. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { type World as Cli, world as cliWorld } from '../cli/io.ts'
import { target } from '../journeys/lab.ts'
import { ACTIONS, declared, honest, people, type World } from './lab.ts'

type Shop = {
  readonly cli: Cli
  readonly world: World
  readonly asked: readonly { readonly path: string }[]
  readonly tell: (id: string) => void
}

async function shop(more: Parameters<typeof declared>[1] = {}): Promise<Shop> {
  const world: World = { people: new Map(), log: [], delta: [], now: 0, lie: () => undefined }
  people(world, 40)
  const { url, asked } = await target((ask) => world.lie(ask) ?? honest(world, ask))
  const cli = cliWorld()
  onTestFinished(cli.clean)
  const file = join(cli.dir, 'watched.yaml')
  writeFileSync(file, JSON.stringify(declared(['events'], { ...more, top: { actions: ACTIONS, ...more.top } })))
  const connect = [
    'connect',
    'acme',
    '--connector',
    file,
    '--set',
    `url=${url}`,
    '--allow-private',
    '--attest-scope',
    'Lee: the token sees all',
  ]
  expect((await cli.run(...connect)).exit).toBe(EXIT.fine)
  let n = 0
  const tell = (id: string) => void world.log.push({ id: `e${++n}`, published: new Date().toISOString(), about: id })
  return { cli, world, asked, tell }
}

test('a leaver whom somebody sets active again is reverted within one round of watching, not only at the next sync', async () => {
  const { cli, world, tell } = await shop()
  await cli.run('sync', 'acme')
  expect((await cli.run('watch', 'acme', '--once')).exit).toBe(EXIT.fine)
  const left = await cli.json('apply', 'acme', 'deactivate_account', '--id', 'u7', '--by', 'Kim Park', '--why', 'left')
  expect(left.doc.outcome.is).toBe('verified')
  tell('u7')
  expect((await cli.run('watch', 'acme', '--once')).exit).toBe(EXIT.fine)
  world.people.get('u7')!.on = true
  tell('u7')
  const { exit, doc } = await cli.json('watch', 'acme', '--once')
  expect([exit, doc.reverted]).toEqual([
    EXIT.findings,
    [expect.objectContaining({ stream: 'users', id: 'u7', claim: 'stays_inactive', because: 'the account is active again' })],
  ])
  const shown = await cli.json('actions', '--show', left.doc.intent ?? left.doc.outcome?.intent ?? doc.reverted[0].intent)
  expect(JSON.stringify(shown.doc)).toContain('"is":"reverted"')
  expect((await cli.run('status', 'acme')).out).toMatch(/reverted {2}deactivate_account of u7/)
  // Once is enough: the next round says nothing of it again.
  tell('u7')
  const again = await cli.json('watch', 'acme', '--once')
  expect([again.exit, again.doc.reverted]).toEqual([EXIT.fine, []])
})

test('who is still inactive is not reverted by a feed that claims the contrary', async () => {
  const { cli, tell, world } = await shop()
  await cli.run('sync', 'acme')
  await cli.run('watch', 'acme', '--once')
  await cli.run('apply', 'acme', 'deactivate_account', '--id', 'u7', '--by', 'Kim Park', '--why', 'left')
  tell('u7')
  Object.assign(world.log[0]!, { type: 'user.reactivated', on: true, record: { id: 'u7', on: true } })
  const { exit, doc } = await cli.json('watch', 'acme', '--once')
  expect([exit, doc.reverted, doc.looked.looks]).toEqual([EXIT.fine, [], 1])
})

test('a reactivation that was seen by a process that died before it could say so is said by the next', async () => {
  const { cli, world, tell } = await shop()
  await cli.run('sync', 'acme')
  await cli.run('watch', 'acme', '--once')
  await cli.run('apply', 'acme', 'deactivate_account', '--id', 'u7', '--by', 'Kim Park', '--why', 'left')
  world.people.get('u7')!.on = true
  // Seen, and dead before the claims were held against it.
  const store = await openStore(join(cli.dir, 'store'), { create: false })
  const at = new Date().toISOString()
  await store.saw(
    'acme',
    {
      stream: 'users',
      id: 'u7',
      at,
      cause: { by: 'feed', feed: 'events' },
      named_at: at,
      shows: 'alive',
      because: 'it answered',
      fields: { active: true },
      is: 'changed',
      moved: ['active'],
    },
    { named: 1, again: false },
  )
  await store.close()
  tell('u1')
  const { exit, doc } = await cli.json('watch', 'acme', '--once')
  expect([exit, doc.reverted.length]).toEqual([EXIT.findings, 1])
})

test('what it prints: sightings as they come, each feed with its worth; names of fields and no values', async () => {
  const { cli, world, tell } = await shop()
  await cli.run('sync', 'acme')
  await cli.run('watch', 'acme', '--once')
  world.people.get('u5')!.login = 'renamed-person@acme.example'
  world.people.delete('u6')
  world.people.set('u50', { id: 'u50', login: 'new@acme.example', on: true })
  for (const id of ['u1', 'u5', 'u6', 'u50']) tell(id)
  const { out } = await cli.run('watch', 'acme', '--once')
  expect(
    out
      .split('\n')
      .map((line) => line.replace(/2026-\S+|20\d\d-\S+/, '<time>'))
      .sort(),
  ).toEqual(
    [
      '',
      '  changed  users u5: userName',
      '  feed events  untested  users: no complete read began since <time>',
      '  gone  users u6',
      '  new  users u50',
      '  seen  users u1',
      'acme  <time>  4 named, 4 looks, 3 not as last read, 1 gone',
    ].sort(),
  )
  const status = await cli.run('status', 'acme')
  expect(status.out).toMatch(/ {2}feed events {2}untested {2}users: no complete read began since/)
  expect((await cli.json('status', 'acme')).doc.connections[0].watch).toMatchObject({
    feeds: [{ feed: 'events', is: 'untested' }],
    waiting: 0,
  })
})

test('exit: 3 where a feed gave no answer; a connector without feeds is refused; a wrong span too', async () => {
  const { cli, world } = await shop()
  expect((await cli.run('watch', 'acme', '--once')).exit).toBe(EXIT.fine)
  world.lie = ({ path }) => (path === '/events' ? { status: 403, body: {} } : undefined)
  const failed = await cli.run('watch', 'acme', '--once')
  expect([failed.exit, failed.out]).toEqual([EXIT.environment, expect.stringMatching(/feed events {2}failed {2}403/)])
  expect((await cli.run('watch', 'acme', '--once', '--every', 'often')).err).toMatch(/--every needs a span like 30s or 5m/)
  const none = await shop({ top: { feeds: undefined } })
  const refused = await none.cli.run('watch', 'acme', '--once')
  expect([refused.exit, refused.err]).toEqual([
    EXIT.usage,
    expect.stringMatching(/watch\/nothing.*declares no feed and no webhook/s),
  ])
})

test('rounds go on until it is stopped; between two of them another process may use the store, and during one it waits', {
  timeout: 20_000,
}, async () => {
  const { cli, tell, asked } = await shop()
  await cli.run('watch', 'acme', '--once')
  const polls = () => asked.filter(({ path }) => path === '/events').length
  const watching = cli.run('watch', 'acme', '--every', '1s')
  await expect.poll(polls, { timeout: 5_000 }).toBeGreaterThanOrEqual(1)
  tell('u3')
  await new Promise((done) => setTimeout(done, 300))
  expect((await cli.run('sync', 'acme')).exit).toBe(EXIT.fine)
  const before = polls()
  await expect.poll(polls, { timeout: 5_000 }).toBeGreaterThan(before + 1)
  cli.stop()
  const { exit, out } = await watching
  expect([exit, out.match(/seen {2}users u3/g)?.length]).toEqual([EXIT.fine, 1])
})
