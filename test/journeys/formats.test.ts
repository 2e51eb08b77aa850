/** Every way to page, to write a request and to read an answer, from end to end, over three pages and more. */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Answer, type Ask, connector, type Declared, ids, journey, page, people, target, USERS, verdicts } from './lab.ts'

const ROWS = people(10)
const ALL = ROWS.map(({ id }) => id).sort()
const COUNT = [{ kind: 'count', request: 'GET /count', path: 'count' }]
const counted =
  (answer: Answer): Answer =>
  (ask) =>
    ask.path === '/count' ? { body: { count: ROWS.length } } : answer(ask)
const cut = (from: number) => ROWS.slice(from, from + 3)

type Case = {
  readonly name: string
  readonly stream: Declared
  readonly answer: Answer
  readonly top?: Declared
  /** Of the list alone. */
  readonly requests: number
}

const users = (ask: Ask, reply: (ask: Ask) => object) => (ask.path === '/users' ? reply(ask) : null)
const linked = (ask: Ask, next: boolean, url: (n: number) => string) => {
  const n = Number(ask.query['page'] ?? 0)
  return { headers: next && (n + 1) * 3 < ROWS.length ? { link: `<${url(n + 1)}>; rel="next", </users>; rel="first"` } : {} }
}

const PAGES: readonly Case[] = [
  {
    name: 'none',
    stream: { list: 'GET /users', pages: { kind: 'none' } },
    answer: (ask) => users(ask, () => ({ body: { data: ROWS } })),
    requests: 1,
  },
  {
    name: 'link',
    stream: { list: 'GET /users', pages: { kind: 'link', end: 'no_next' } },
    answer: (ask) =>
      users(ask, () => ({
        body: { data: cut(3 * Number(ask.query['page'] ?? 0)) },
        ...linked(ask, true, (n) => `/users?page=${n}`),
      })),
    requests: 4,
  },
  {
    name: 'cursor, a flag at the end',
    stream: { pages: { kind: 'cursor', from: 'next', into: { query: 'after' }, end: { flag: 'more', is: false } } },
    answer: (ask) => users(ask, () => ({ body: { ...page(ROWS, ask), more: page(ROWS, ask).next !== null } })),
    requests: 4,
  },
  {
    name: 'cursor, an empty text at the end',
    stream: { pages: { kind: 'cursor', from: 'meta.next', into: { query: 'after' }, end: 'empty' } },
    answer: (ask) => users(ask, () => ({ body: { data: page(ROWS, ask).data, meta: { next: page(ROWS, ask).next ?? '' } } })),
    requests: 4,
  },
  {
    name: 'cursor, absent at the end, in a header both ways',
    stream: { pages: { kind: 'cursor', from: { header: 'X-Next' }, into: { header: 'X-After' }, end: 'absent' } },
    answer: (ask) =>
      users(ask, () => {
        const { data, next } = page(ROWS, { query: { after: String(ask.headers['x-after'] ?? '0'), limit: '3' } })
        return { body: { data }, headers: next === null ? {} : { 'x-next': next } }
      }),
    requests: 4,
  },
  {
    name: 'cursor of the last record',
    stream: { pages: { kind: 'cursor', from: { last_record: 'id' }, into: { query: 'after' }, end: 'absent' } },
    answer: (ask) =>
      users(ask, () => ({
        body: { data: cut(ask.query['after'] === undefined ? 0 : ROWS.findIndex((one) => one.id === ask.query['after']) + 1) },
      })),
    requests: 5,
  },
  {
    name: 'next_url, relative and absolute',
    stream: { list: 'GET /users', pages: { kind: 'next_url', path: '@odata.nextLink', end: 'absent' } },
    answer: (ask) =>
      users(ask, () => {
        const { data, next } = page(ROWS, ask)
        const url = next === '3' ? `http://${ask.headers.host}/users?after=3` : `users?after=${next}`
        return { body: { data, ...(next === null ? {} : { '@odata.nextLink': url }) } }
      }),
    requests: 4,
  },
  {
    name: 'offset to the total, the last row asked again',
    stream: {
      list: 'GET /users',
      pages: { kind: 'offset', into: { query: 'offset' }, size: { query: 'limit', rows: 3 }, end: 'total', total: 'total' },
    },
    answer: (ask) => users(ask, () => ({ body: { data: cut(Number(ask.query['offset'])), total: ROWS.length } })),
    requests: 5,
  },
  {
    name: 'offset from 1 to an empty page, no overlap, sorted',
    stream: {
      list: 'GET /users',
      sorted_by: 'n',
      pages: { kind: 'offset', into: { query: 'from' }, start: 1, overlap: 0, end: 'empty_page' },
    },
    answer: (ask) =>
      users(ask, () => ({
        body: { data: cut(Number(ask.query['from']) - 1).map((one) => ({ ...one, n: Number(one.id.slice(1)) })) },
      })),
    requests: 5,
  },
  {
    name: 'page_number to the last page, from 0',
    stream: {
      list: 'GET /users',
      pages: { kind: 'page_number', into: { query: 'page' }, start: 0, end: { last_page: 'pages' } },
      prove: [...COUNT, { kind: 'second_pass', query: { again: true } }],
    },
    answer: (ask) => users(ask, () => ({ body: { data: cut(3 * Number(ask.query['page'])), pages: 4 } })),
    requests: 4,
  },
  {
    name: 'page_number to a missing link',
    stream: {
      list: 'GET /users',
      pages: { kind: 'page_number', into: { query: 'page' }, end: { link: 'next' } },
      prove: [...COUNT, { kind: 'second_pass', query: { again: true } }],
    },
    answer: (ask) =>
      users(ask, () => ({
        body: { data: cut(3 * (Number(ask.query['page']) - 1)) },
        headers: Number(ask.query['page']) < 4 ? { link: '</users?page=9>; rel=next' } : {},
      })),
    requests: 4,
  },
  {
    name: 'scim_index',
    stream: { list: 'GET /users', pages: { kind: 'scim_index', count: 3 }, records: 'Resources' },
    answer: (ask) =>
      users(ask, () => ({
        body: {
          totalResults: ROWS.length,
          startIndex: Number(ask.query['startIndex']),
          Resources: cut(Number(ask.query['startIndex']) - 1),
        },
      })),
    requests: 5,
  },
  {
    name: 'scim_cursor',
    stream: { list: 'GET /users', pages: { kind: 'scim_cursor', count: 3 }, records: 'Resources' },
    answer: (ask) =>
      users(ask, () => {
        const { data, next } = page(ROWS, {
          query: { after: ask.query['cursor'] === '' ? '0' : (ask.query['cursor'] ?? 'none') },
        })
        return { body: { totalResults: ROWS.length, Resources: data, ...(next === null ? {} : { nextCursor: next }) } }
      }),
    requests: 4,
  },
]

const post = (
  ask: Ask,
  read: (body: never) => { readonly after?: string },
  reply: (page: ReturnType<typeof Object>) => object,
) => {
  if (ask.method !== 'POST' || ask.path !== '/users') return null
  const { after } = read(
    (ask.headers['content-type']?.includes('json')
      ? JSON.parse(ask.body)
      : Object.fromEntries(new URLSearchParams(ask.body))) as never,
  )
  return { body: reply(page(ROWS, { query: { after: after ?? '0' } })) }
}

const BODIES: readonly Case[] = [
  {
    name: 'json, the cursor deep in the body',
    stream: {
      list: { request: 'POST /users', body: { kind: 'json', value: { filter: { org: '{org}' }, page: { size: 3 } } } },
      pages: { kind: 'cursor', from: 'next', into: { body: 'page.after' }, end: 'null' },
    },
    top: { settings: { org: { type: 'text', default: 'a"b{' } } },
    answer: (ask) =>
      post(
        ask,
        (body: { filter: { org: string }; page: { size: number; after?: string } }) => {
          expect([body.filter.org, body.page.size]).toEqual(['a"b{', 3])
          return body.page
        },
        (found) => found,
      ),
    requests: 4,
  },
  {
    name: 'form',
    stream: {
      list: { request: 'POST /users', body: { kind: 'form', fields: { limit: 3, types: ['user', 'bot & co'] } } },
      pages: { kind: 'cursor', from: 'next', into: { body: 'after' }, end: 'null' },
    },
    answer: (ask) => {
      expect(ask.body).toMatch(/types=user&types=bot\+%26\+co/)
      return post(
        ask,
        (body: { after?: string }) => body,
        (found) => found,
      )
    },
    requests: 4,
  },
  {
    name: 'graphql, the cursor among the variables',
    stream: {
      list: {
        request: 'POST /users',
        body: {
          kind: 'graphql',
          query: 'query($after: String) { users(after: $after) { nodes { id } } }',
          variables: { first: 3 },
        },
        expect: ['= !has(body.errors)'],
      },
      records: 'data.users.nodes',
      pages: {
        kind: 'cursor',
        from: 'data.users.pageInfo.endCursor',
        into: { body: 'after' },
        end: { flag: 'data.users.pageInfo.hasNextPage', is: false },
      },
    },
    answer: (ask) =>
      post(
        ask,
        (body: { query: string; variables: { first: number; after?: string } }) => {
          expect([body.query.includes('$after'), body.variables.first]).toEqual([true, 3])
          return body.variables
        },
        (found) => ({
          data: { users: { nodes: found.data, pageInfo: { hasNextPage: found.next !== null, endCursor: found.next } } },
        }),
      ),
    requests: 4,
  },
  {
    name: 'jsonrpc',
    stream: {
      list: {
        request: 'POST /users',
        body: { kind: 'jsonrpc', method: 'user.get', params: { limit: 3 } },
        expect: ['= !has(body.error)'],
      },
      records: 'result.data',
      pages: { kind: 'cursor', from: 'result.next', into: { body: 'after' }, end: 'null' },
    },
    answer: (ask) =>
      post(
        ask,
        (body: { method: string; params: { after?: string } }) => {
          expect(body.method).toBe('user.get')
          return body.params
        },
        (found) => ({ jsonrpc: '2.0', id: 1, result: found }),
      ),
    requests: 4,
  },
]

const text = (rows: readonly (typeof ROWS)[number][], kind: string): string => {
  if (kind === 'jsonl') return rows.map((one) => `${JSON.stringify(one)}\n`).join('')
  if (kind === 'csv') return `id,login,on\r\n${rows.map((one) => `${one.id},"${one.login}",${one.on}\r\n`).join('')}`
  return `<?xml version="1.0"?><users>${rows.map((one) => `<user><id>${one.id}</id><login>${one.login}</login><on>${one.on}</on></user>`).join('')}</users>`
}
const LAST = { kind: 'cursor', from: { header: 'x-next' }, into: { query: 'after' }, end: 'absent' }
const decoded = (kind: string, more: Declared, stream: Declared, zip = false): Case => ({
  name: `${kind}${zip ? ', gzip' : ''}`,
  stream: {
    list: { request: 'GET /users', query: { limit: 3 }, decode: { kind, ...more } },
    pages: LAST,
    fields: { userName: 'login', active: "= on == 'true'" },
    ...stream,
  },
  answer: (ask) =>
    users(ask, () => {
      const { data, next } = page(ROWS, ask)
      const body = text(data as typeof ROWS, kind)
      return {
        body: zip ? gzipSync(body) : body,
        headers: { ...(next === null ? {} : { 'x-next': next }), ...(zip ? { 'content-encoding': 'gzip' } : {}) },
      }
    }),
  requests: 4,
})
const DECODES: readonly Case[] = [
  decoded('jsonl', {}, { records: '[]', fields: { userName: 'login', active: 'on' } }),
  decoded('jsonl', {}, { records: '[]', fields: { userName: 'login', active: 'on' } }, true),
  decoded('csv', {}, { records: '[]' }),
  decoded('csv', {}, { records: '[]' }, true),
  decoded('xml', { list: ['users.user'] }, { records: 'users.user' }),
]

describe.each([
  ['pages', PAGES],
  ['bodies', BODIES],
  ['decode', DECODES],
] as const)('%s', (_, cases) => {
  test.each(cases)('$name', async ({ stream, answer, top, requests }) => {
    const t = await target(counted(answer))
    const j = journey()
    const run = await j.sync(connector({ users: { ...USERS, prove: COUNT, ...stream } }, top), t.url)
    expect(run.err).toBe('')
    expect(verdicts(run), run.streams['users']?.because).toEqual({ users: 'complete' })
    expect(run.exit).toBe(0)
    expect(ids(await j.records('users'))).toEqual(ALL)
    expect(run.streams['users']?.pages).toBe(requests)
  })
})

describe('answers that are none', () => {
  const list = {
    request: 'POST /users',
    body: { kind: 'graphql', query: 'query { users { id } }' },
    expect: ['= !has(body.errors)'],
  }
  test('graphql errors with data beside them are refused, not read', async () => {
    const t = await target((ask) =>
      ask.path === '/users'
        ? { body: { data: { users: ROWS }, errors: [{ message: 'users timed out' }] } }
        : { body: { count: 10 } },
    )
    const run = await journey().sync(
      connector({ users: { ...USERS, list, records: 'data.users', pages: { kind: 'none' }, prove: COUNT } }),
      t.url,
    )
    expect([run.exit, run.streams['users']?.verdict, run.streams['users']?.records]).toEqual([4, 'incomplete', 0])
    expect(run.streams['users']?.gaps).toMatchObject([{ code: 'http/expect', because: expect.stringMatching(/users timed out/) }])
  })

  test.each([
    ['half a character in a cursor for the query', { query: 'after' }, '\ud800'],
    ['a line break in a cursor for a header', { header: 'x-after' }, 'a\r\nx-admin: 1'],
    ['a snowman in a cursor for a header', { header: 'x-after' }, '☃'],
    ['a list as cursor', { query: 'after' }, ['a']],
  ])('%s is a named gap and no crash', async (_, into, next) => {
    const t = await target((ask) => (ask.path === '/users' && ask.n === 0 ? { body: { data: ROWS, next } } : null))
    const run = await journey().sync(
      connector({
        users: { ...USERS, prove: [], list: 'GET /users', pages: { kind: 'cursor', from: 'next', into, end: 'null' } },
      }),
      t.url,
    )
    expect(run.err).toBe('')
    expect([run.exit, run.streams['users']?.verdict]).toEqual([4, 'incomplete'])
    expect(run.streams['users']?.gaps).toHaveLength(1)
    expect(run.streams['users']?.records).toBe(10)
  })

  test('a path that leads nowhere is no empty list, unless that is declared', async () => {
    const t = await target((ask) => (ask.path === '/users' ? { body: { people: [], next: null } } : null))
    const wrong = await journey().sync(connector({ users: { ...USERS, prove: [] } }), t.url)
    expect(wrong.streams['users']?.gaps).toMatchObject([
      { code: 'read/no-records', because: expect.stringMatching(/empty: absent/) },
    ])
    const declared = await journey().sync(connector({ users: { ...USERS, empty: 'absent', prove: [] } }), t.url)
    expect([declared.streams['users']?.verdict, declared.streams['users']?.gaps]).toEqual(['unproven', []])
  })
})
