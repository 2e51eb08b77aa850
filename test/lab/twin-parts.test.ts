import { afterAll, describe, expect, test } from 'vitest'
import { clock } from '../../cli/lab/clock.ts'
import { readConnector } from '../../cli/lab/dialects.ts'
import { openDialect } from '../../cli/lab/twin/dialect.ts'
import { errorAnswer } from '../../cli/lab/twin/errors.ts'
import { WORDS } from '../../cli/lab/twin/pages/words.ts'
import { createTwin, openStage } from '../../cli/lab/twin/serve.ts'
import { render } from '../../cli/lab/twin/template.ts'
import { checkTwinFile } from '../../cli/lab/twin-file.ts'

const FILE = checkTwinFile(
  {
    twin: 'okta',
    source: [{ url: 'https://example.test', read: '2026-11-21' }],
    settings: { domain: 'acme.okta.com' },
    me: 'users',
    collections: {
      users: { count: 'population', id: 'u{n}', record: { id: '{id}', status: 'ACTIVE' } },
      groups: { count: 1, id: 'g{n}', record: { id: '{id}' } },
      tokens: { links: { user: 'users' }, spread: { per: 'user', share: 0.5 }, id: 't-{link.user.id}', record: {} },
      uses: {
        links: { token: 'tokens', user: 'users' },
        spread: { per: 'token', share: 1 },
        id: 'of-{link.user.id}',
        record: {},
      },
    },
    endpoints: {
      'DELETE /users/{id}': [
        {
          on: { of: 'users', id: '{param.id}', only: { 'record.status': 'GONE' }, else: 'next' },
          effects: [{ remove: 'users', id: '{param.id}' }],
        },
        {
          on: { of: 'users', id: '{param.id}' },
          effects: [{ set: 'users', id: '{param.id}', to: { status: 'GONE' } }],
        },
      ],
      'POST /users/{id}/suspend': {
        on: { of: 'users', id: '{param.id}', only: { 'record.status': 'ACTIVE' }, else: 'conflict' },
        effects: [],
        answer: {},
      },
      'PUT /groups/{group}/users/{id}': {
        on: { of: 'groups', id: '{param.group}' },
        also: [{ of: 'users', id: '{param.id}' }],
        effects: [],
      },
    },
    streams: {},
    errors: {},
  },
  'test',
)
const stage = await openStage()
afterAll(() => stage.close())
const dialect = openDialect(readConnector('connectors/okta.yaml'), FILE)
const twin = createTwin({ dialect, stage, clock: clock(1_800_000_000_000), seed: 1, population: 40, page_size: 10 })
const ask = async (method: string, path: string): Promise<number> => {
  const headers = { authorization: `SSWS ${twin.secrets['token']}` }
  return (await fetch(`${stage.origin}/@acme.okta.com/api/v1${path}`, { method, headers })).status
}

describe('a write of the twin', () => {
  test('with `else: next` falls to the next entry of its path while its object is not as it must be', async () => {
    expect(await ask('DELETE', '/users/u2')).toBe(204)
    expect(twin.world.collections.get('users')?.get('u2')?.native['status']).toBe('GONE')
    expect(await ask('DELETE', '/users/u2')).toBe(204)
    expect(twin.world.collections.get('users')?.has('u2')).toBe(false)
    expect(await ask('DELETE', '/users/u2')).toBe(404)
  })
  test('is refused in the words that `else` names where its object is not as `only` says', async () => {
    expect(await ask('POST', '/users/u3/suspend')).toBe(200)
    await ask('DELETE', '/users/u3')
    expect(await ask('POST', '/users/u3/suspend')).toBe(409)
  })
  test('is a 404 where another that must be there is not', async () => {
    expect(await ask('PUT', '/groups/g41/users/u4')).toBe(204)
    expect(await ask('PUT', '/groups/g41/users/u999')).toBe(404)
    expect(await ask('PUT', '/groups/g999/users/u4')).toBe(404)
  })
})

test('records spread over one link: the first has one, the second none, a share of the others', () => {
  const ids = [...(twin.world.collections.get('tokens')?.keys() ?? [])]
  expect(ids).toContain('t-u1')
  expect(ids).not.toContain('t-u2')
  expect(ids.length).toBeGreaterThan(8)
  expect(ids.length).toBeLessThan(35)
  expect(twin.world.collections.get('uses')?.get('of-u1')?.links).toEqual({ token: 't-u1', user: 'u1' })
})

test('$if gives what its condition chooses', () => {
  const ground = { scope: (name: string) => (name === 'n' ? 1 : undefined), random: null, lists: null }
  expect(render({ $if: [{ $is: ['{n}', 1] }, 'first', 'other'] }, ground)).toBe('first')
  expect(render({ $if: [{ $is: ['{n}', 2] }, 'first', 'other'] }, ground)).toBe('other')
  expect(render({ $if: [{ $is: ['{n}', 2] }, 'first'] }, ground)).toBe(null)
})

test('an error does not send a header that its vendor never sends', () => {
  const file = { errors: { too_many: { status: 429, headers: { 'Retry-After': null }, body: {} } } }
  expect(errorAnswer(file, 'too_many', { 'retry-after': '3', 'x-left': '0' }).headers).toEqual({
    'content-type': 'application/json',
    'x-left': '0',
  })
})

test('a Link header without `self` is no header on the only page', () => {
  const page = {
    rows: [],
    index: 0,
    size: 1,
    next: null,
    spot: { after: null, index: 0, page: 1, mark: 0 },
    before: null,
    total: 0,
    pages: 1,
  }
  expect(WORDS['link']?.write({ kind: 'link', self: false }, page, () => 'https://a')).toEqual({ body: [] })
  expect(WORDS['link']?.write({ kind: 'link' }, page, () => 'https://a').headers).toEqual({ link: '<https://a>; rel="self"' })
})
