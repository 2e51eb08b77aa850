import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Control, openControl } from '../../runtime/control/open.ts'
import { openSealer } from '../../runtime/control/sealer.ts'
import { Secret } from '../../runtime/secret.ts'
import { joined, keySource, keySourceFrom } from '../../runtime/vault/key-source.ts'
import { kmsSource, transit } from '../../runtime/vault/kms.ts'
import { byId, openedByAny, retire, rewrap } from '../../runtime/vault/rewrap.ts'
import { newDataKey } from '../../runtime/vault/seal.ts'
import type { KeySource } from '../../runtime/vault/source.ts'

const fresh = () => randomBytes(32).toString('base64')
const PLACE = { connection: 'okta', field: 'token', origin: 'https://acme.okta.com' }
const MANY = 60
const [OLD, NEW] = [fresh(), fresh()]
const [old, young] = [keySource('env:OLD', OLD), keySource('env:NEW', NEW)]
let dir = ''
let control: Control

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-keys-'))
  control = openControl(dir)
})
afterEach(() => {
  control.close()
  rmSync(dir, { recursive: true, force: true })
})

const name = (n: number): string => `t${String(n).padStart(3, '0')}`
/** So many tenants with a sealed value each. */
async function furnish(): Promise<readonly string[]> {
  const sealed: string[] = []
  for (let n = 0; n < MANY; n++) {
    const tenant = name(n)
    control.makeTenant({ tenant, title: tenant, made_at: '2026-11-21T00:00:00Z', made_by: 'test' })
    sealed.push(await openSealer(tenant, control.keys, old, Date.now).seal(PLACE, new Secret(`canary ${n}`)))
  }
  return sealed
}

/** How many of the values open with this key alone, in a process that has seen none of them. */
async function opening(sealed: readonly string[], source: KeySource): Promise<number> {
  let n = 0
  for (const [i, text] of sealed.entries()) {
    const sealer = openSealer(name(i), control.keys, source, Date.now)
    const value = await sealer.open(PLACE, text).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'vault/key' })
      return null
    })
    if (value?.reveal() === `canary ${i}`) n++
  }
  return n
}

describe('replacing the key that wraps', () => {
  test('old and new open everything until the old one is retired; then the new one alone', async () => {
    const sealed = await furnish()
    expect([await opening(sealed, old), await opening(sealed, young)]).toEqual([MANY, 0])
    const first = await rewrap(control.keys, young, [old])
    expect(first.reduce((n, one) => n + one.wrapped, 0)).toBe(MANY)
    expect([await opening(sealed, old), await opening(sealed, young)]).toEqual([MANY, MANY])
    // Again: nothing to do, and without the old one at hand.
    expect((await rewrap(control.keys, young, [])).every(({ wrapped, already }) => wrapped === 0 && already === 1)).toBe(true)
    expect(await retire(control.keys, young)).toBe(MANY)
    expect([await opening(sealed, old), await opening(sealed, young)]).toEqual([0, MANY])
    expect(await retire(control.keys, young)).toBe(0)
  })

  test('nothing is retired while one key opens with the old one alone', async () => {
    const sealed = await furnish()
    await rewrap(control.keys, young, [old])
    control.makeTenant({ tenant: 'late', title: 'late', made_at: '2026-11-21T00:00:00Z', made_by: 'test' })
    await openSealer('late', control.keys, old, Date.now).seal(PLACE, new Secret('x'))
    await expect(retire(control.keys, young)).rejects.toMatchObject({ code: 'vault/key', where: 'late' })
    expect(await opening(sealed, old)).toBe(MANY)
  })

  test('a wrong old key stops it, and takes nothing away', async () => {
    const sealed = await furnish()
    await expect(rewrap(control.keys, young, [keySource('env:X', fresh())])).rejects.toMatchObject({ code: 'vault/key' })
    expect(await opening(sealed, old)).toBe(MANY)
  })

  test('killed (-9) again and again in the middle, by the command line: at each moment every value opens', async () => {
    const sealed = await furnish()
    const env = { ...process.env, OLD, NEW }
    const run = (after_ms: number | null, ...more: string[]): Promise<number | null> =>
      new Promise((done) => {
        const args = ['cli/main.ts', 'rotate', '--store', dir, '--key', 'env:NEW', '--old-key', 'env:OLD', ...more]
        const child = spawn(process.execPath, args, { env, stdio: 'ignore' })
        let watch: NodeJS.Timeout | null = null
        if (after_ms !== null) {
          const begun = wrappedBy(young.id)
          watch = setInterval(() => wrappedBy(young.id) > begun + 5 && child.kill('SIGKILL'), 2)
        }
        child.on('close', (code) => {
          if (watch !== null) clearInterval(watch)
          done(code)
        })
      })
    const wrappedBy = (source: string): number =>
      Array.from({ length: MANY }, (_, n) => control.keys.of(name(n)))
        .flat()
        .filter((row) => row.source === source).length
    let [kills, between] = [0, 0]
    for (let i = 0; i < 3; i++) {
      const code = await run(1)
      if (code === null) kills++
      const wrapped = wrappedBy(young.id)
      if (wrapped > 0 && wrapped < MANY) between++
      expect(await opening(sealed, old)).toBe(MANY)
      expect(await opening(sealed, joined(young, [old]))).toBe(MANY)
      expect(await opening(sealed, young)).toBe(wrapped)
    }
    expect(await run(null)).toBe(0)
    expect([await opening(sealed, old), await opening(sealed, young)]).toEqual([MANY, MANY])
    expect(await run(null, '--retire')).toBe(0)
    expect([await opening(sealed, old), await opening(sealed, young)]).toEqual([0, MANY])
    console.log(
      `rotation killed ${kills} times, ${between} of them with some wrapped and some not; ${MANY} values opened each time`,
    )
    expect(kills).toBe(3)
    expect(between).toBeGreaterThan(0)
  }, 120_000)

  test('another key in the same file is another source', () => {
    const path = join(dir, 'kek')
    writeFileSync(path, fresh(), { mode: 0o600 })
    const before = keySourceFrom(`file:${path}`, {}).id
    writeFileSync(path, fresh(), { mode: 0o600 })
    expect(keySourceFrom(`file:${path}`, {}).id).not.toBe(before)
    expect(before).not.toContain(readFileSync(path, 'utf8'))
  })

  test('a store of the version before has its wrapped keys still', async () => {
    const { openDatabase } = await import('../../runtime/store/sqlite/database.ts')
    const key = newDataKey()
    const db = openDatabase(join(dir, 'control', 'control.db'), dir)
    db.exec('CREATE TABLE data_key (tenant TEXT, id TEXT, source TEXT, wrapped TEXT, made_at TEXT)')
    db.run("INSERT INTO data_key VALUES ('acme', $1, 'env:OLD', $2, '2026-11-20T00:00:00Z')", key.id, await old.wrap('acme', key))
    db.close()
    control.close()
    control = openControl(dir)
    const rows = [...byId(control.keys.of('acme')).values()][0]!
    expect(await openedByAny([old], 'acme', rows)).toEqual(key)
    expect((await rewrap(control.keys, young, [old]))[0]).toEqual({ tenant: 'acme', wrapped: 1, already: 0 })
  })
})

/** The part of the transit engine that is asked. `aad`: does it authenticate `associated_data`? */
async function startTransit(o: { aad?: boolean } = {}) {
  const texts = new Map<string, { plaintext: string; associated_data: string }>()
  let status = 200
  let [asked, wrong] = [0, 0]
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked++
    const send = (code: number, data: object | null) =>
      response.writeHead(code, { 'content-type': 'application/json' }).end(data === null ? '' : JSON.stringify({ data }))
    if (request.headers['x-vault-token'] !== 'kms-token') wrong++
    if (status !== 200) return void send(status, null)
    const given = JSON.parse(body)
    if (request.url === '/v1/transit/encrypt/rollcall') {
      const ciphertext = `vault:v1:${randomBytes(12).toString('base64')}`
      texts.set(ciphertext, given)
      return void send(200, { ciphertext })
    }
    const found = texts.get(given.ciphertext)
    const fits = found !== undefined && (o.aad === false || found.associated_data === given.associated_data)
    return void (request.url === '/v1/transit/decrypt/rollcall' && fits
      ? send(200, { plaintext: found.plaintext })
      : send(400, null))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/transit/keys/rollcall`,
    fail: (code: number) => {
      status = code
    },
    counts: () => ({ asked, wrong }),
    close: () => new Promise((done) => server.close(done)),
  }
}

describe('a key in a KMS (the transit engine, on loopback)', () => {
  test('wraps and unwraps; tenants and keys are bound; once unwrapped, the KMS may be down', async () => {
    const kms = await startTransit()
    const source = keySourceFrom(`transit:${kms.url}`, { ROLLCALL_KMS_TOKEN: 'kms-token' })
    const sealer = openSealer('acme', control.keys, source, Date.now)
    const sealed = await sealer.seal(PLACE, new Secret('canary'))
    expect((await openSealer('acme', control.keys, source, Date.now).open(PLACE, sealed)).reveal()).toBe('canary')
    const [row] = control.keys.of('acme')
    expect(await source.unwrap('hooli', row!.id, row!.wrapped)).toBeNull()
    expect(await source.unwrap('acme', 'another', row!.wrapped)).toBeNull()
    expect(await old.unwrap('acme', row!.id, row!.wrapped)).toBeNull()
    kms.fail(503)
    expect((await sealer.open(PLACE, sealed)).reveal()).toBe('canary')
    const cold = openSealer('acme', control.keys, source, Date.now)
    await expect(cold.open(PLACE, sealed)).rejects.toMatchObject({ code: 'vault/kms' })
    expect(kms.counts().wrong).toBe(0)
    await kms.close()
    await expect(cold.open(PLACE, sealed)).rejects.toMatchObject({
      code: 'vault/kms',
      message: expect.not.stringContaining('kms-token'),
    })
  })

  test('that authenticates nothing cannot be made to give one tenant another one’s key', async () => {
    const kms = await startTransit({ aad: false })
    const source = kmsSource(transit(kms.url, 'kms-token'))
    const wrapped = await source.wrap('acme', newDataKey())
    const key = newDataKey()
    const mine = await source.wrap('acme', key)
    expect(await source.unwrap('acme', key.id, mine)).toEqual(key)
    expect(await source.unwrap('hooli', key.id, mine)).toBeNull()
    expect(await source.unwrap('acme', key.id, wrapped)).toBeNull()
    await kms.close()
  })

  test('takes over from a file, and gives back to one', async () => {
    const kms = await startTransit()
    const source = kmsSource(transit(kms.url, 'kms-token'))
    const sealed = await openSealer('acme', control.keys, old, Date.now).seal(PLACE, new Secret('canary'))
    await rewrap(control.keys, source, [old])
    await retire(control.keys, source)
    const open = (by: KeySource) => openSealer('acme', control.keys, by, Date.now).open(PLACE, sealed)
    expect((await open(source)).reveal()).toBe('canary')
    await expect(open(old)).rejects.toMatchObject({ code: 'vault/key' })
    await rewrap(control.keys, young, [source])
    await retire(control.keys, young)
    await kms.close()
    expect((await open(young)).reveal()).toBe('canary')
  })

  test.each([
    'http://vault.example/v1/transit/keys/x',
    'https://vault.example/transit/keys/x',
    'https://vault.example/v1/transit/keys/x?a=b',
    'https://u:p@vault.example/v1/transit/keys/x',
    'https://vault.example/v1/transit/keys/',
    'nonsense',
  ])('is not asked at %s', (url) => {
    expect(() => transit(url, 'kms-token')).toThrow(expect.objectContaining({ code: 'vault/key' }))
  })
})
