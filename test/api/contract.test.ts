import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateApi } from 'swagger-typescript-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openChecks } from '../../runtime/api/input.ts'
import { ROUTES } from '../../runtime/api/routes/index.ts'
import { ERRORS } from '../../runtime/errors.ts'
import { type Doc, openWorld, type World, YAML } from './world.ts'

let world: World
let description: Doc
beforeAll(async () => {
  world = await openWorld()
  description = (await world.as(null)('GET', '/openapi.json')).doc
})
afterAll(async () => world.close())

/** Not there before the client is: compiled apart. */
const JOURNEY = './client/journey.ts'

const seat = (token: string) => ({
  token,
  fetch: (async (input: string, init: RequestInit) =>
    await world.app.request(input.replace('http://127.0.0.1:9', ''), init)) as typeof fetch,
})

/** By the file that an auditor has, with nothing of ours. */
function verified(zip: ArrayBuffer, key: string): readonly [status: number | null, holds: boolean] {
  const file = join(world.dir, 'proof.zip')
  writeFileSync(file, new Uint8Array(zip))
  const { status, stdout } = spawnSync(process.execPath, ['cli/verify/verify.mjs', file, '--key', key, '--json'], {
    encoding: 'utf8',
  })
  return [status, (JSON.parse(stdout) as { readonly holds: boolean }).holds]
}

describe('the description', () => {
  test('says every route, with roles, problems and shapes that are checked', () => {
    expect(description.openapi).toBe('3.1.0')
    const told = Object.entries(description.paths as Doc).flatMap(([path, methods]) =>
      Object.entries(methods as Doc).map(
        ([method, operation]) => `${(operation as Doc).operationId} ${method.toUpperCase()} ${path}`,
      ),
    )
    expect(told.sort()).toEqual(ROUTES.map(({ id, method, path }) => `${id} ${method} ${path}`).sort())
    const codes = Object.values(description.paths as Doc).flatMap((methods) =>
      Object.values(methods as Doc).flatMap((one) => (one as Doc)['x-problems']),
    )
    expect(codes.filter((code) => !(code in ERRORS))).toEqual([])
  })

  test('every parameter of a path is described, and every schema compiles', () => {
    const checks = openChecks()
    for (const route of ROUTES) {
      const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      expect(Object.keys(route.params ?? {}).sort()).toEqual(names.sort())
      const check = checks(route)
      for (const status of Object.keys(route.answers)) check.answer(Number(status), null)
    }
  })
})

test('a client generated from the description compiles and works: connector, connection, sync, records, gate, change, plan, approval, ledger', async () => {
  const { files } = await generateApi({
    spec: description,
    output: false,
    silent: true,
    singleHttpClient: true,
    moduleNameIndex: 1,
  } as Parameters<typeof generateApi>[0])
  mkdirSync('.cache/api-client', { recursive: true })
  writeFileSync('.cache/api-client/Api.ts', files[0]?.fileContent.replace('// @ts-nocheck', '') ?? '')
  const compiled = execFileSync('node_modules/.bin/tsc', ['-p', 'test/api/client/tsconfig.json'], { encoding: 'utf8' })
  expect(compiled).toBe('')
  const { journey } = (await import(JOURNEY)) as Doc
  const person = (roles: Parameters<World['token']>[1], name: string) => seat(world.token('acme', roles, { person: name }))
  const seen = await journey({
    operator: person(['operator', 'author', 'approver'], 'kim@acme.example'),
    approver: person(['approver'], 'lee@acme.example'),
    auditor: person(['auditor'], 'aud@acme.example'),
    url: world.target.url,
    secret: world.target.token,
    yaml: YAML,
  })
  expect(seen.version).toMatchObject({ connector: 'test-write-rest', no: 1, current: true })
  expect(seen.made.secrets).toMatchObject({ token: { kept: 'vault' } })
  expect(JSON.stringify(seen)).not.toContain(world.target.token)
  expect(seen.sync.state).toBe('finished')
  expect(seen.streams.find(({ stream }: Doc) => stream === 'users')).toMatchObject({ records: 30 })
  expect(seen.ids).toHaveLength(30)
  expect(new Set(seen.ids).size).toBe(30)
  expect(seen.changes.map(({ seq }: Doc) => seq)).toEqual(seen.changes.map((_: Doc, i: number) => i + 1))
  expect(seen.gate.is).not.toBe('')
  const { certified } = seen
  expect([certified.early.code, certified.refused.code]).toEqual(['certify/open', 'api/gate'])
  expect(new Set(certified.items)).toEqual(new Set(seen.ids))
  expect([certified.decided.kept, certified.frozen, certified.listed]).toEqual([30, 30, ['Q4 closed']])
  expect(certified.type).toBe('application/zip')
  expect(verified(certified.proof, certified.key)).toEqual([0, true])
  expect(verified(certified.redacted, certified.key)).toEqual([0, true])
  const flipped = new Uint8Array(certified.proof.slice(0))
  flipped[Math.floor(flipped.length / 2)]! ^= 1
  expect(verified(flipped.buffer, certified.key)[0]).toBe(1)
  expect(seen.asked).toMatchObject({ made: true })
  expect(seen.plan.held.length).toBeGreaterThan(0)
  expect(seen.held).toMatchObject({ code: 'plan/held' })
  expect(seen.own).toMatchObject({ code: 'plan/own-approval', status: ERRORS['plan/own-approval'].http })
  expect(seen.approval).toMatchObject({ by: 'lee@acme.example', hash: seen.plan.hash })
  expect(seen.applied).toMatchObject({ asked: 24 })
  expect(seen.proof.hashes.length).toBeGreaterThan(0)
  expect(seen.entries.map(({ what }: Doc) => what)).toEqual(
    expect.arrayContaining(['connector uploaded', 'sync asked for', 'plan made', 'approval given']),
  )
}, 60_000)
