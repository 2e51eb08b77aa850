/** The ledger as a person uses it: shown, searched, signed, exported, and checked by somebody else. */
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../runtime/store/sqlite/open.ts'

const dir = mkdtempSync(join(tmpdir(), 'rollcall-ledger-cli-'))
const store = join(dir, 'store')
const rollcall = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['cli/main.ts', ...args], { encoding: 'utf8', env: { ...process.env, USER: 'kim' } })
const ledger = (...args: readonly string[]) => rollcall('ledger', '--store', store, ...args)

beforeAll(async () => {
  const made = rollcall(
    'connect',
    'acme',
    '--connector',
    'scim2',
    '--set',
    'url=https://scim.example',
    '--secret',
    'token=env:T',
    '--store',
    store,
  )
  expect(made.status, made.stderr).toBe(0)
  const open = await openStore(store)
  for (let n = 0; n < 30; n++)
    await open.enter({
      at: `2026-01-01T00:${n + 10}:00.000Z`,
      what: 'looked',
      by: 'ann',
      about: `acme/users/00u${n}`,
      detail: {},
    })
  await open.close()
  writeFileSync(join(dir, 'key.pem'), generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }), {
    mode: 0o600,
  })
})
afterAll(() => rmSync(dir, { recursive: true }))

describe('rollcall ledger', () => {
  test('shows who did what, and finds a person by the id that nowhere stands in it', () => {
    const { status, stdout } = ledger()
    expect(status).toBe(0)
    expect(stdout.split('\n')[0]).toMatch(/^1 .*connection made\s+acme\s+kim \(account of this machine\)\s+rollcall connect/)
    const found = JSON.parse(ledger('--about', 'acme/users/00u7', '--json').stdout)
    expect(found.entries).toHaveLength(1)
    expect(found.entries[0].seq).toBe(9)
    expect(stdout).not.toContain('00u7')
    expect(ledger('--since', '2026-01-01T00:38:00Z', '--until', '2026-01-01T00:40:00Z').stdout.trim().split('\n')).toHaveLength(2)
  })

  test('an export and a checkpoint hold for who has neither store nor Rollcall; a changed export does not', () => {
    const signed = JSON.parse(
      ledger('--checkpoint', '--key', `file:${join(dir, 'key.pem')}`, '--origin', 'iam.acme.example', '--json').stdout,
    )
    writeFileSync(join(dir, 'a.note'), signed.note)
    const file = join(dir, 'ledger.jsonl')
    expect(ledger('--export', file).status).toBe(0)
    const verify = () => rollcall('verify-ledger', file, join(dir, 'a.note'), '--key', signed.verifier)
    expect(verify()).toMatchObject({
      status: 0,
      stdout: 'holds: the first 31 of 31 entries are exactly what iam.acme.example signed for\n',
    })
    writeFileSync(file, readFileSync(file, 'utf8').replace('"by":"ann"', '"by":"eve"'))
    expect(verify()).toMatchObject({ status: 1, stdout: expect.stringContaining('DOES NOT HOLD') })
  })

  test('checks the store itself, and says what that can not show', () => {
    const { status, stdout } = ledger('--check')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^whole: 31 entries.*\n.*checkpoint kept elsewhere/)
  })

  test.each([
    ['a time that is none', ['--since', 'yesterday'], 2, 'is a time like'],
    ['a checkpoint without a key', ['--checkpoint'], 2, '--key'],
    ['a key that is none', ['--checkpoint', '--key', 'file:package.json', '--origin', 'a'], 3, 'ledger/key'],
    ['a name with a space', ['--checkpoint', '--key', 'env:NONE', '--origin', 'a b'], 3, 'is not set'],
    ['an export over what is there', ['--export', 'package.json'], 2, 'is there already'],
    ['a limit of nothing', ['--limit', '0'], 2, '--limit'],
  ])('%s is an error with the next step', (_, args, status, says) => {
    const said = ledger(...args)
    expect(said.status, said.stderr).toBe(status)
    expect(said.stderr).toContain(says)
    expect(said.stdout).toBe('')
  })
})
