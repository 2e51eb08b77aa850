/** The stop of everybody: every tenant below a server's folder, while the server is at work and while it is not. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { takeUp } from '../../runtime/control/stop-mail.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'

const dir = mkdtempSync(join(tmpdir(), 'rollcall-stop-'))
const tenant = (name: string) => join(dir, 'tenants', name)
const rollcall = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['cli/main.ts', ...args, '--store', dir, '--by', 'kim', '--why', 'test'], { encoding: 'utf8' })
const stops = async (name: string) => {
  const store = await openStore(tenant(name), { read_only: true })
  const found = (await store.killSwitches()).map(({ scope, by }) => `${scope} ${by}`)
  await store.close()
  return found
}

beforeAll(async () => {
  mkdirSync(join(dir, 'control'), { recursive: true })
  for (const name of ['acme', 'other']) await (await openStore(tenant(name))).close()
})
afterAll(() => rmSync(dir, { recursive: true }))

test('reaches each tenant, and is lifted in each', async () => {
  expect(rollcall('stop')).toMatchObject({ status: 0, stdout: 'stopped: everything of 2 tenants\n' })
  expect([await stops('acme'), await stops('other')]).toEqual([['* kim'], ['* kim']])
  expect(rollcall('go')).toMatchObject({ status: 0, stdout: 'stop lifted: everything of 2 tenants\n' })
  expect([await stops('acme'), await stops('other')]).toEqual([[], []])
})

test('is left for the process that has a tenant, which takes it up before it sends anything more', async () => {
  const held = await openStore(tenant('acme'))
  const said = rollcall('stop', '--json')
  expect(JSON.parse(said.stdout)).toMatchObject({ scope: '*', in_effect: false, tenants: ['acme', 'other'] })
  expect(await stops('other')).toEqual(['* kim'])
  await takeUp(tenant('acme'), held)
  expect((await held.killSwitches()).map(({ scope }) => scope)).toEqual(['*'])
  await held.close()
})

test('of one connection there is none for everybody: the tenant must be named', () => {
  expect(rollcall('stop', 'okta')).toMatchObject({ status: 2, stderr: expect.stringContaining('DIR/tenants/TENANT') })
})
