import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dispatch } from '../../cli/dispatch.ts'
import { type Scimmy, startScimmy } from './scimmy.ts'

type Stream = {
  verdict: string
  because: string
  records: number
  created: number
  updated: number
  vanished: number
  confirmed_deleted: number
  next_steps: string[]
}
type Report = { streams: { [name: string]: Stream }; gate: { is: string } }

const USERS = 117
const GROUPS = 6

let scimmy: Scimmy
let store: string

beforeAll(async () => {
  scimmy = await startScimmy()
})
afterAll(() => scimmy.stop())
beforeEach(async () => {
  store = mkdtempSync(join(tmpdir(), 'rollcall-real-'))
  await scimmy.order({ kind: 'hide', every: 0 })
  await scimmy.order({ kind: 'cut', every: 0 })
  await scimmy.order({ kind: 'seed', users: USERS, groups: GROUPS })
  return () => rmSync(store, { recursive: true, force: true })
})

const sync = (...more: readonly string[]) => syncAs('T', ...more)

async function syncAs(token: 'T' | 'WRONG', ...more: readonly string[]): Promise<{ exit: number; report: Report; said: string }> {
  let out = ''
  let said = ''
  const args = [
    '--connector',
    'scim2',
    '--set',
    `url=${scimmy.url}`,
    '--secret',
    `token=env:${token}`,
    '--store',
    store,
    '--allow-private',
    '--json',
    ...more,
  ]
  const exit = await dispatch(['sync', ...args], {
    out: (text) => (out += text),
    err: (text) => (said += text),
    env: { T: scimmy.token, WRONG: 'not-the-token' },
    now: Date.now,
    tty: false,
    color: false,
    width: 120,
    onStop: () => () => undefined,
  })
  return { exit, report: (out === '' ? {} : JSON.parse(out)) as Report, said: `${out}${said}` }
}

const ATTESTED = ['--attest-scope', 'Kim Park; the token has the directory-reader role']

describe('scim2 against scimmy-routers, a third-party SCIM server', () => {
  test('everybody is read and proven, and nothing says the token', async () => {
    const { exit, report, said } = await sync(...ATTESTED)
    expect(Object.entries(report.streams).map(([name, stream]) => [name, stream.verdict, stream.records])).toEqual([
      ['users', 'complete', USERS],
      ['groups', 'complete', GROUPS],
      ['memberships', 'complete', expect.any(Number)],
    ])
    expect(exit).toBe(0)
    expect(said).not.toContain(scimmy.token)
  })

  test('without a statement of scope nothing is complete, and the next step says so', async () => {
    const { exit, report } = await sync()
    expect([exit, report.streams['users']?.verdict, report.gate.is]).toEqual([4, 'unproven', 'deny'])
    expect(report.streams['users']?.next_steps.join()).toMatch(/attest/)
  })

  test('a wrong token reads nothing, says why, and closes the gate', async () => {
    const { exit, report } = await syncAs('WRONG', ...ATTESTED)
    const users = report.streams['users'] as Stream
    expect([exit, users.verdict, users.records, report.gate.is]).toEqual([4, 'incomplete', 0, 'deny'])
    expect(users.because).toMatch(/http\/unauthorized/)
  })

  test('a second sync shows exactly what changed', async () => {
    await sync(...ATTESTED)
    await scimmy.order({ kind: 'rename', user: 7, displayName: 'Somebody Else' })
    await scimmy.order({ kind: 'hire', userName: 'margaret.hamilton' })
    await scimmy.order({ kind: 'leave', user: 100 })
    const { exit, report } = await sync(...ATTESTED)
    const { created, updated, vanished, confirmed_deleted } = report.streams['users'] as Stream
    expect({ exit, created, updated, vanished, confirmed_deleted }).toEqual({
      exit: 0,
      created: 1,
      updated: 1,
      vanished: 0,
      confirmed_deleted: 1,
    })
  })

  test('R3: rows and totals lowered together are noticed on the first read, by the members of groups', async () => {
    await scimmy.order({ kind: 'hide', every: 9 })
    const { exit, report } = await sync(...ATTESTED)
    expect([exit, report.streams['users']?.verdict]).toEqual([4, 'incomplete'])
  })

  test('R2: rows cut out of pages while totals stay are noticed', async () => {
    await scimmy.order({ kind: 'cut', every: 9 })
    const { exit, report } = await sync(...ATTESTED)
    expect([exit, report.streams['users']?.verdict]).toEqual([4, 'incomplete'])
  })

  test('a lie after a good sync deletes nobody', async () => {
    await sync(...ATTESTED)
    await scimmy.order({ kind: 'hide', every: 9 })
    const { report } = await sync(...ATTESTED)
    expect(report.streams['users']).toMatchObject({ verdict: 'incomplete', vanished: 0, confirmed_deleted: 0 })
  })
})
