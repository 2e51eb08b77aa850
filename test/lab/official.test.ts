/**
 * Every request of a shipped connector, as the lab's twin gets it, is one that the vendor's official description knows; and a connector that asks
 * otherwise is a finding.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { dialectNames, loadDialect } from '../../cli/lab/dialects.ts'
import { openDescription } from '../../cli/lab/official/description.ts'
import { openRig } from '../../cli/lab/rig.ts'
import { playRead } from '../../cli/lab/run-read.ts'
import { type Dialect, openDialect } from '../../cli/lab/twin/dialect.ts'
import type { Run } from '../../cli/lab/types.ts'
import { openWriteBench } from '../../cli/lab/write-bench.ts'
import type { Json } from '../../runtime/types.ts'

const OPENAPI = resolve(import.meta.dirname, '../../../shared/openapi')
const here = existsSync(OPENAPI)
if (!here) console.warn(`skipped: the official descriptions are not at ${OPENAPI}`)

const DESCRIBED = dialectNames().filter((name) => loadDialect(name).file.official !== undefined)

test('every connector of a vendor with a description names it', () => {
  expect(DESCRIBED).toEqual(expect.arrayContaining(['entra-id', 'google-workspace', 'okta', 'scim2']))
})

describe.skipIf(!here).each(DESCRIBED)('%s', (name) => {
  const rig = openRig((one) => loadDialect(one, OPENAPI))
  afterAll(() => rig.close())

  test('asks nothing that is not described when it reads', { timeout: 60_000 }, async () => {
    const run = await playRead(rig, name, { name: 'honest/all' }, 1)
    expect([run.said === 'error' ? run.because : '', rig.dialect(name).official?.missing]).toEqual(['', []])
    expect(run.official?.checked).toBeGreaterThan(4)
  })

  test('asks nothing that is not described when it changes something', { timeout: 120_000 }, async () => {
    const bench = await openWriteBench([loadDialect(name, OPENAPI)])
    const runs: Run[] = []
    for (const scenario of bench.scenarios(name).filter((one) => one.name.startsWith('honest/')))
      runs.push((await bench.play(name, scenario, 1)).run)
    await bench.close()
    expect(runs.flatMap(({ differs }) => differs)).toEqual([])
    expect(runs.every(({ official }) => (official?.checked ?? 0) > 0)).toBe(true)
    expect(runs.length).toBeGreaterThan(3)
  })
})

describe.skipIf(!here)('a connector that asks what the vendor does not describe is a finding', () => {
  const planted = (extra: readonly [string, string]): Dialect => {
    const { connector, file } = loadDialect('google-workspace')
    const { users } = connector.streams
    if (users === undefined) throw new Error('no users')
    const list = { ...users.list, query: [...users.list.query.filter(([key]) => key !== extra[0]), extra] }
    const wrong = { ...connector, streams: { ...connector.streams, users: { ...users, list } } }
    return openDialect(wrong as typeof connector, file, null, OPENAPI)
  }
  test.each([
    [['maxResult', '500'], /there is no query parameter `maxResult`/],
    [['maxResults', '5000'], /`maxResults` must be <= 500/],
  ] as const)('%j', { timeout: 60_000 }, async (extra, against) => {
    const dialect = planted(extra)
    const rig = openRig(() => dialect)
    const run = await playRead(rig, 'google-workspace', { name: 'honest/all' }, 1)
    await rig.close()
    expect(run).toMatchObject({ said: 'error', false_block: true, because: expect.stringMatching(against) })
  })
})

describe('a description', () => {
  const DOC = {
    openapi: '3.0.3',
    paths: {
      '/v1/users': {
        parameters: [{ name: 'tenant', in: 'query', required: true, schema: { type: 'string' } }],
        get: {
          parameters: [
            { $ref: '#/components/parameters/limit' },
            {
              name: 'fields',
              in: 'query',
              explode: false,
              schema: { type: 'array', items: { type: 'string', enum: ['id', 'name'] } },
            },
            { name: 'active', in: 'query', schema: { type: 'boolean' } },
          ],
        },
        post: {
          requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/User' } } } },
        },
      },
      '/v1/users/{id}': { get: {}, delete: {} },
      '/v1/users/me': { get: {} },
      '/v1/users/{id}/microsoft.graph.assign()': {
        post: { requestBody: { content: { 'application/json': { schema: { type: 'object' } } } } },
      },
    },
    components: {
      parameters: {
        limit: { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 0, exclusiveMinimum: true, maximum: 200 } },
      },
      schemas: {
        Name: { type: 'object', nullable: true, properties: { given: { type: 'string' } } },
        User: {
          allOf: [
            { type: 'object', required: ['login'], properties: { login: { type: 'string' } } },
            { properties: { name: { $ref: '#/components/schemas/Name' } } },
          ],
        },
      },
    },
  } satisfies Json
  const description = openDescription(DOC, { below: '/v1' })
  const ask = (line: string, body: Json = null, one = description) => {
    const [method = '', url = ''] = line.split(' ')
    const [path = '', query = ''] = url.split('?')
    const held = one.hold({ method, path, query: new URLSearchParams(query), type: 'application/json; charset=utf-8', body })
    return held.is === 'unknown' ? ['unknown'] : held.against
  }

  test.each([
    ['GET /users?tenant=a&limit=200&fields=id,name&active=true', null],
    ['GET /users/me', null],
    ['GET /users/a%20b', null],
    ['DELETE /users/1', null],
    ['POST /users?tenant=a', { login: 'ada', name: { given: 'Ada', more: 1 } }],
    ['POST /users?tenant=a', { login: 'ada', name: null }],
    ['POST /users/1/microsoft.graph.assign()', { whatever: 1 }],
  ] as const)('takes %s %j', (line, body) => expect(ask(line, body)).toEqual([]))

  test.each([
    ['GET /user?tenant=a', null, /unknown/],
    ['PUT /users/1', null, /unknown/],
    ['GET /users', null, /`tenant` is required/],
    ['GET /users?tenant=a&limt=3', null, /no query parameter `limt`/],
    ['GET /users?tenant=a&limit=201', null, /`limit` must be <= 200/],
    ['GET /users?tenant=a&limit=0', null, /`limit` must be > 0/],
    ['GET /users?tenant=a&limit=many', null, /`limit` must be integer/],
    ['GET /users?tenant=a&active=yes', null, /`active` must be boolean/],
    ['GET /users?tenant=a&fields=id,mail', null, /must be equal to one of/],
    ['POST /users?tenant=a', null, /a body is required/],
    ['POST /users?tenant=a', { name: null }, /must have required property 'login'/],
    ['POST /users?tenant=a', { login: 'ada', nme: {} }, /there is no `nme` in the body/],
    ['POST /users?tenant=a', { login: 'ada', name: { given: 1 } }, /body\/name\/given must be string/],
    ['DELETE /users/1', { reason: 'x' }, /a body is sent, and none is described/],
  ] as const)('has something against %s %j', (line, body, against) => expect(ask(line, body).join('; ')).toMatch(against))

  test('of a standard leaves room for more names', () => {
    expect(ask('POST /users?tenant=a', { login: 'ada', nme: {} }, openDescription(DOC, { below: '/v1', open: true }))).toEqual([])
  })
})
