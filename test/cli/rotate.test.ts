import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EXIT, type Io } from '../../cli/io.ts'
import { openHouse } from '../../runtime/api/house.ts'
import { openControl } from '../../runtime/control/open.ts'
import { openSealer } from '../../runtime/control/sealer.ts'
import { hasVaultFile, openVaultFile } from '../../runtime/control/vault-file.ts'
import { Secret } from '../../runtime/secret.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { keySource } from '../../runtime/vault/key-source.ts'
import { keyIdOf } from '../../runtime/vault/seal.ts'
import { BEARER, PEOPLE, startRotating } from '../api/rotation-target.ts'
import { everyRole, openWorld, until } from '../api/world.ts'
import { world as openWorldOf } from './io.ts'

const [OLD, NEW] = ['old-credential-4711', 'new-credential-4712']
let dir = ''
let yaml = ''
let target: Awaited<ReturnType<typeof startRotating>>
let cli: ReturnType<typeof openCli>

function openCli(store: string, more: { readonly [name: string]: string }) {
  const env: { [name: string]: string } = { ROLLCALL_STORE: store, USER: 'kim', ...more }
  const made = openWorldOf(env)
  const io: Io = {
    ...{ out: () => undefined, err: () => undefined, env, now: Date.now },
    ...{ tty: false, color: false, width: 200, onStop: () => () => undefined },
  }
  made.clean()
  const now_ms = (ms: number) => {
    made.now_ms = ms
  }
  return { run: made.run, json: made.json, now_ms, env, io }
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-rotate-'))
  yaml = join(dir, 'rotating.yaml')
  writeFileSync(yaml, BEARER)
  target = await startRotating()
  target.slow(0)
  target.take(OLD)
  cli = openCli(join(dir, 'store'), { TOKEN: OLD, NEXT: NEW })
})
afterEach(async () => {
  await target.close()
  rmSync(dir, { recursive: true, force: true })
})

const connect = (reference = 'env:TOKEN', ...more: string[]) =>
  cli.json(
    'connect',
    'acme',
    '--connector',
    yaml,
    '--set',
    `url=${target.url}`,
    '--secret',
    `token=${reference}`,
    '--allow-private',
    ...more,
  )
const gate = async () => (await cli.json('gate', 'acme')).doc
const CHANGED = /credential changed since it was read/

describe('rollcall rotate NAME', () => {
  test('tries the new one first; the old one reads until the new one is taken; then what was read is no baseline', async () => {
    expect((await connect()).exit).toBe(EXIT.fine)
    await cli.json('sync', 'acme')
    const waiting = await cli.json('rotate', 'acme', '--secret', 'token=env:NEXT', '--keep-old', '2h')
    expect([waiting.exit, waiting.doc.is]).toEqual([EXIT.findings, 'waiting'])
    const shown = (await cli.json('status', 'acme')).doc.connections[0]
    expect(shown.rotation).toMatchObject({ secrets: ['token'], tried: { because: expect.stringContaining('401') } })
    expect((await cli.run('status', 'acme')).out).toContain('a new token waits since')
    const still = await cli.json('sync', 'acme')
    expect([still.doc.state, still.doc.streams.users.records, still.err]).toEqual([
      'finished',
      PEOPLE,
      expect.stringContaining('has not proved itself'),
    ])
    expect(JSON.stringify(await gate())).not.toMatch(CHANGED)
    target.take(OLD, NEW)
    expect((await cli.json('rotate', 'acme')).doc.is).toBe('proved')
    expect(JSON.stringify(await gate())).toMatch(CHANGED)
    target.take(NEW)
    expect((await cli.json('sync', 'acme')).doc.streams.users.records).toBe(PEOPLE)
    expect(JSON.stringify(await gate())).not.toMatch(CHANGED)
    const [stored] = (await cli.json('connections')).doc.connections
    expect(stored.secrets).toEqual({ token: { from: 'env', name: 'NEXT' } })
  })

  test('a sync tries it first, and reads with it where it is taken', async () => {
    await connect()
    await cli.json('rotate', 'acme', '--secret', 'token=env:NEXT')
    target.take(NEW)
    const synced = await cli.json('sync', 'acme')
    expect([synced.doc.streams.users.records, synced.err]).toEqual([
      PEOPLE,
      expect.stringContaining('the new credential is used now'),
    ])
  })

  test('another value at the same place is another credential: rotate says so, and a sync notices it by itself', async () => {
    await connect()
    await cli.json('sync', 'acme')
    expect((await cli.json('rotate', 'acme')).doc.is).toBe('same')
    cli.env['TOKEN'] = NEW
    expect((await cli.json('rotate', 'acme')).doc).toMatchObject({ is: 'refused', because: expect.stringContaining('401') })
    expect(JSON.stringify(await gate())).not.toMatch(CHANGED)
    target.take(NEW)
    expect((await cli.json('rotate', 'acme')).doc.is).toBe('proved')
    expect(JSON.stringify(await gate())).toMatch(CHANGED)
    await cli.json('sync', 'acme')
    expect(JSON.stringify(await gate())).not.toMatch(CHANGED)
    const before = (await cli.json('sync', 'acme')).doc.streams.users
    cli.env['TOKEN'] = OLD
    target.take(OLD)
    const noticed = await cli.json('sync', 'acme')
    expect(noticed.err).toContain('has another value than before')
    expect(before.records).toBe(PEOPLE)
    const entries = (await cli.json('ledger', '--what', 'credential changed')).doc.entries
    expect(entries.map((one: { detail: object }) => one.detail)).toEqual([{ secrets: ['token'] }, { secrets: ['token'] }])
  })

  test('age and due date are shown; overdue is listed; no mark is', async () => {
    const file = join(dir, 'token')
    writeFileSync(file, OLD)
    const long_ago = new Date(Date.now() - 40 * 86_400_000)
    utimesSync(file, long_ago, long_ago)
    await connect(`file:${file}`, '--rotate-every', '30')
    const list = await cli.json('connections')
    expect(list.doc.connections[0].credentials).toMatchObject([{ field: 'token', age_days: 40, overdue: true }])
    expect(JSON.stringify(list.doc)).not.toContain('s1.')
    expect((await cli.run('connections')).out).toContain('token 40 d, overdue since')
    expect((await cli.run('status')).out).toContain('token was due to be replaced on')
    expect((await cli.json('status')).doc.connections[0].credentials).toMatchObject([{ overdue: true }])
    await connect(`file:${file}`, '--rotate-every', '0')
    expect((await cli.json('connections')).doc.connections[0].credentials).toMatchObject([{ due_at: null, overdue: false }])
  })

  test('each use is one entry in the ledger, of a run that only looks too, and no value is in any file', async () => {
    await connect()
    await cli.json('check', 'acme')
    await cli.json('sync', 'acme')
    const { entries } = (await cli.json('ledger', '--what', 'secret used')).doc
    expect(entries.map((one: { detail: object }) => one.detail)).toEqual([
      { secret: 'token', run: 'check' },
      { secret: 'token', run: 'sync' },
    ])
    const bytes = readdirSync(join(dir, 'store'))
      .map((name) => readFileSync(join(dir, 'store', name), 'latin1'))
      .join('')
    expect(bytes).not.toContain(OLD)
  })
})

describe('rollcall rotate: keys', () => {
  test('of a folder of the command line: its key file is replaced, and what was sealed opens', async () => {
    const store = join(dir, 'store')
    await connect()
    const { openVault } = await import('../../cli/vault.ts')
    const io = cli.io
    const write = await openVault(store, io)
    await write.file.kept('acme', 'https://x', write.sealer).keep('refresh_token:1', 'canary-token')
    write.close()
    const before = readFileSync(join(store, 'vault.key'), 'utf8')
    const done = await cli.json('rotate', '--data-keys')
    expect(done.doc.keys).toMatchObject({ wrapped: 1, resealed: 1 })
    expect(readFileSync(join(store, 'vault.key'), 'utf8')).not.toBe(before)
    const read = await openVault(store, io)
    expect(await read.file.kept('acme', 'https://x', read.sealer).read()).toEqual({ 'refresh_token:1': 'canary-token' })
    read.close()
    // The key before opens nothing any more.
    const file = openVaultFile(store, Date.now)
    const old = openSealer('local', file.keys, keySource('env:OLD', before), Date.now)
    await expect(file.kept('acme', 'https://x', old).read()).rejects.toMatchObject({ code: 'vault/key' })
    file.close()
    expect(hasVaultFile(store)).toBe(true)
  })

  test('of a server’s folder, beside the running server: no request fails, before, during and after; the old key opens nothing when it is retired', async () => {
    const world = await openWorld()
    const send = everyRole(world, 'acme')
    await send('POST', '/v1/connectors', BEARER)
    const made = { name: 'c', connector: 'rotating', settings: { url: target.url }, secrets: { token: OLD }, allow_private: true }
    expect((await send('POST', '/v1/connections', made)).status).toBe(201)
    const [before, next] = [world.kek, randomBytes(32).toString('base64')]
    const beside = openCli(world.dir, { OLD: before, NEXT: next })
    let [checks, failed, on] = [0, 0, true]
    const load = (async () => {
      while (on) {
        const { doc } = await send('POST', '/v1/connections/c/check')
        checks++
        if (doc.streams?.users?.works !== true) failed++
        // A value sealed by the server in the middle of it.
        const { status } = await send('PATCH', '/v1/connections/c', { secrets: { token: OLD } })
        if (status !== 200) failed++
      }
    })()
    await until(async () => checks > 2)
    const first = await beside.json('rotate', '--key', 'env:NEXT', '--old-key', 'env:OLD', '--data-keys')
    expect(first.doc.keys.wrapped).toBeGreaterThan(0)
    await until(async () => checks > 8)
    on = false
    await load
    expect([failed, checks > 8]).toEqual([0, true])
    // A cold server with either key reads all; the one that ran has made nothing that only the old key opens.
    const opens = async (key: string): Promise<boolean> => {
      const control = openControl(world.dir)
      const { house } = world
      const other = openHouse({ ...house, dir: world.dir, control, key: keySource('env:K', key) })
      const desk = await world.house.room('acme')
      const row = (await desk.store.connection('c'))!
      const sealer = openSealer('acme', control.keys, keySource('env:K', key), Date.now)
      const sealed = desk.desk.secret(row.secrets['token']!.name)!
      const value = await sealer.open(sealed, sealed.sealed).catch(() => null)
      await other.close()
      control.close()
      return value?.reveal() === OLD
    }
    expect([await opens(before), await opens(next)]).toEqual([true, true])
    expect(
      (await beside.json('rotate', '--key', 'env:NEXT', '--old-key', 'env:OLD', '--retire')).doc.keys.retired,
    ).toBeGreaterThan(0)
    expect([await opens(before), await opens(next)]).toEqual([false, true])
    const { items } = (await send('GET', '/v1/ledger?what=key%20rotation')).doc
    expect(items.length).toBe(2)
    console.log(`rotation of keys beside a running server: ${checks} checks and changes, ${failed} failed`)
    await world.close()
  }, 60_000)

  test('other data keys, killed (-9) in the middle beside the server: every secret opens, and the same command goes on', async () => {
    const world = await openWorld()
    const room = await world.house.room('acme')
    const place = { connection: 'c', field: 'token', origin: 'https://x' }
    const names: string[] = []
    for (let n = 0; n < 60; n++)
      names.push(await room.secrets.put(place, new Secret(`canary ${n}`), 'test', '2026-11-21T00:00:00Z'))
    const opening = async () => {
      const values = await Promise.all(names.map(async (name) => (await room.secrets.get(name, place)).reveal()))
      return values.filter((value, n) => value === `canary ${n}`).length
    }
    const [first] = world.control.keys.of('acme')
    const left = () => room.desk.allSecrets().filter(({ sealed }) => keyIdOf(sealed) === first?.id).length
    const env = { ...process.env, KEK: world.kek, ROLLCALL_STORE: world.dir }
    const child = spawn(process.execPath, ['cli/main.ts', 'rotate', '--key', 'env:KEK', '--data-keys'], { env, stdio: 'ignore' })
    const killed = new Promise((done) => child.on('close', (code) => done(code)))
    const watch = setInterval(() => left() < 55 && child.kill('SIGKILL'), 1)
    expect(await killed).toBeNull()
    clearInterval(watch)
    const between = left()
    expect([between > 0 && between < 60, await opening()]).toEqual([true, 60])
    const beside = openCli(world.dir, { KEK: world.kek })
    expect((await beside.json('rotate', '--key', 'env:KEK', '--data-keys')).doc.keys.resealed).toBe(between)
    expect([left(), await opening()]).toEqual([0, 60])
    // The old one rests for a day; then it goes.
    expect(new Set(world.control.keys.of('acme').map(({ id }) => id)).size).toBe(2)
    beside.now_ms(Date.now() + 86_400_001)
    expect((await beside.json('rotate', '--key', 'env:KEK', '--data-keys')).doc.keys).toMatchObject({ resealed: 60, dropped: 1 })
    expect(await opening()).toBe(60)
    console.log(`data keys: killed with ${between} of 60 values sealed with the old one; all opened`)
    await world.close()
  }, 60_000)

  test('without a store, without a key, or with a wrong one: said, and nothing changed', async () => {
    expect((await cli.json('rotate')).exit).toBe(EXIT.usage)
    const world = await openWorld()
    const beside = openCli(world.dir, { WRONG: randomBytes(32).toString('base64') })
    expect((await beside.json('rotate')).doc.error.code).toBe('cli/usage')
    expect((await beside.json('rotate', '--key', 'literal')).doc.error.code).toBe('vault/key')
    await world.close()
    await expect(openStore(join(dir, 'none'), { create: false })).rejects.toMatchObject({ code: 'store/not-found' })
  })
})
