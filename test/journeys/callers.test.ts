/** What callers get wrong, and machines: one clear error, the right exit code, nothing lost. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { openHttp } from '../../runtime/http/open.ts'
import { sync } from '../../runtime/read/sync.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { connector, type Declared, ids, journey, type Options, page, people, target, USERS } from './lab.ts'

const served = () => target((ask) => (ask.path === '/users' ? { body: page(people(9), ask) } : null))
const KEY: Declared = {
  auth: { kind: 'bearer', token: '{token}' },
  settings: { token: { type: 'secret' }, org: { type: 'text' } },
}

describe('the command line', () => {
  test.each([
    ['an unknown stream', {}, { args: ['--stream', 'user'] }, 2, 'cli/usage', /users/],
    ['a missing setting', KEY, { secret: { token: 'env:T' }, env: { T: 'x' } }, 2, 'cli/setting', /org/],
    ['a missing secret', KEY, { set: { org: 'a' } }, 2, 'cli/setting', /token/],
    [
      'a secret whose variable is not set',
      KEY,
      { set: { org: 'a' }, secret: { token: 'env:NO_SUCH' } },
      3,
      'cli/secret',
      /NO_SUCH/,
    ],
    ['a secret given as its value', KEY, { set: { org: 'a' }, secret: { token: 'abc123def' } }, 2, 'cli/setting', /history/],
    ['a setting that is no URL', {}, { set: { url: 'nonsense' } }, 2, 'cli/setting', /url/],
    ['a canary of no stream', {}, { args: ['--canary', 'usres=1'] }, 2, 'cli/usage', /users/],
  ] as const)('%s: nothing is asked, and the message says what to do', async (_, top, options, exit, code, says) => {
    const t = await served()
    const used =
      top === KEY
        ? connector({ users: { ...USERS, fields: { ...USERS.fields, department: 'settings.org' } } }, KEY)
        : connector({ users: USERS }, top)
    const run = await journey().sync(used, t.url, options as Options)
    expect([run.exit, run.error?.code, run.error?.message]).toEqual([exit, code, expect.stringMatching(says)])
    expect(`${run.out}${run.err}`).not.toContain('abc123def')
    expect(t.asked).toEqual([])
  })

  test('a private target without the word of the operator is not asked', async () => {
    const t = await served()
    const j = journey()
    mkdirSync(j.dir, { recursive: true })
    const file = join(j.dir, 'c.yaml')
    writeFileSync(file, JSON.stringify(connector({ users: USERS })))
    const said = await j.cli(['sync', '--connector', file, '--set', `url=${t.url}`, '--store', j.dir, '--json'])
    const report = JSON.parse(said.out)
    expect([said.exit, report.streams.users.verdict, report.streams.users.gaps[0].code]).toEqual([
      4,
      'incomplete',
      expect.stringMatching(/^egress\//),
    ])
    expect(t.asked).toEqual([])
  })
})

describe('the store', () => {
  test.skipIf(process.getuid?.() === 0)('a folder that can not be written is a clear error', async () => {
    const t = await served()
    const j = journey()
    mkdirSync(j.dir)
    chmodSync(j.dir, 0o500)
    const run = await j.sync(connector({ users: USERS }), t.url)
    expect([run.exit, run.error?.code, t.asked]).toEqual([3, 'store/folder', []])
  })

  test('a path that is a file is a clear error', async () => {
    const t = await served()
    const j = journey()
    writeFileSync(j.dir, 'no folder')
    const run = await j.sync(connector({ users: USERS }), t.url)
    expect([run.exit, run.error?.code, t.asked]).toEqual([3, 'store/folder', []])
  })

  test('a second program on the same store is told so, and the first one loses nothing', async () => {
    const t = await target(async (ask) => {
      if (ask.path === '/users' && ask.n === 0) second = j.sync(connector({ users: USERS }), t.url)
      return ask.path === '/users' ? { body: page(people(9), ask), after_ms: ask.n === 0 ? 300 : 0 } : null
    })
    const j = journey()
    let second: ReturnType<typeof j.sync> | undefined
    const first = await j.sync(connector({ users: USERS }), t.url)
    const other = await second
    expect([other?.exit, other?.error?.code]).toEqual([3, 'store/locked'])
    expect([first.exit, await j.records('users')]).toEqual([0, expect.objectContaining({ length: 9 })])
  })

  test('one of a newer version is left untouched', async () => {
    const t = await served()
    const j = journey()
    await j.sync(connector({ users: USERS }), t.url)
    const asked = t.asked.length
    const db = new DatabaseSync(join(j.dir, 'rollcall.db'))
    const { user_version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    db.exec(`PRAGMA user_version = ${user_version + 1}`)
    db.close()
    const run = await j.sync(connector({ users: USERS }), t.url)
    expect([run.exit, run.error?.code, t.asked.length]).toEqual([3, 'store/newer', asked])
  })

  test('one that is full stops with store/full, and goes on at the checkpoint when there is room', async () => {
    const rows = people(4000).map((one) => ({ ...one, filler: `${one.id} `.repeat(60) }))
    const t = await target((ask) => (ask.path === '/users' ? { body: page(rows, ask, 500) } : null))
    const declared = connector({
      users: { ...USERS, list: 'GET /users?limit=500', fields: { ...USERS.fields, title: 'filler' }, prove: [] },
    })
    const loaded = loadConnector(JSON.stringify(declared), 'c.yaml').connector
    if (loaded === null) throw new Error('the connector is not valid')
    const { dir } = journey()
    const run = async (max_bytes?: number) => {
      const store = await openStore(dir, max_bytes === undefined ? {} : { max_bytes })
      const connection = {
        name: 'journey',
        connector: 'journey',
        connector_file: 'c.yaml',
        settings: { url: t.url },
        secrets: {},
        owner: null,
        attested: null,
        canaries: {},
        allow_private: true,
        created_at: new Date().toISOString(),
      }
      await store.putConnection(connection, { by: 'test', at: '2026-01-01T00:00:00Z' })
      const kept = { read: async () => ({}), keep: async () => undefined }
      const http = openHttp({
        connector: loaded,
        settings: connection.settings,
        secrets: () => Promise.reject(new Error('none')),
        allow_private: true,
        now: Date.now,
        kept,
      })
      try {
        const result = await sync({ connector: loaded, connection, store, http, now: Date.now })
        const stored = await store.records('journey', 'users', { which: 'latest', after: 0, limit: 10_000 })
        return { result, stored: ids(stored) }
      } finally {
        await http.close()
        await store.close()
      }
    }
    await expect(run(700_000)).rejects.toMatchObject({ code: 'store/full' })
    const before = t.asked.length
    const { result, stored } = await run()
    expect([result.state, result.resumed, stored.length, new Set(stored).size]).toEqual(['finished', 1, 4000, 4000])
    const pages = t.asked.slice(before).map((ask) => Number(ask.query['after'] ?? 0))
    expect(Math.min(...pages)).toBeGreaterThan(0)
  })
})
