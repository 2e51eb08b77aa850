import { expect, test } from 'vitest'
import { clock } from '../../cli/lab/clock.ts'
import { seeded } from '../../cli/lab/random.ts'
import { scaled } from '../../cli/lab/twin/pages/page.ts'
import { selected } from '../../cli/lab/twin/select.ts'
import { render, scopeOf } from '../../cli/lab/twin/template.ts'
import { createWorld } from '../../cli/lab/twin/world.ts'

const worldOf = () =>
  createWorld({
    file: {
      collections: {
        users: {
          count: 3,
          id: '{uuid}',
          record: { id: '{id}', login: '{login}', name: { given: '{given}', family: '{family}' }, admin: false },
          first: { login: '{setting.admin}', name: { given: 'Root {n}' }, admin: true },
        },
      },
    },
    settings: { admin: 'admin@acme.example' },
    population: 3,
    random: seeded(7),
    now: clock().now,
  })

test('what is said of the first record is laid over the first alone, objects into objects', () => {
  const [first, ...others] = [...(worldOf().collections.get('users')?.values() ?? [])].map((entry) => entry.native)
  expect(first).toMatchObject({ login: 'admin@acme.example', name: { given: 'Root 1', family: expect.any(String) }, admin: true })
  expect(others.map((one) => one['admin'])).toEqual([false, false])
})

test('a record made later is not the first, even where nobody is left', () => {
  const world = worldOf()
  for (const id of [...(world.collections.get('users')?.keys() ?? [])]) world.remove('users', id)
  expect(world.add('users').native['admin']).toBe(false)
})

test.each([
  [{ $if: [{ $in: ['{type}', ['guest']] }, 'from {home}', 'here'] }, 'from there'],
  [{ $if: [{ $is: ['{type}', 'member'] }, 'from {home}', { $text: 7 }] }, '7'],
  [{ $if: [{ $is: ['{type}', 'member'] }, 'from {home}'] }, null],
])('one of two values, by a third: %j', (template, value) => {
  expect(render(template, { scope: scopeOf({ type: 'guest', home: 'there' }), random: null, lists: null })).toBe(value)
})

test.each([
  ['?$select=id,%20mail', { id: 1, mail: 'a', '@odata.type': 'user' }],
  ['', { id: 1, '@odata.type': 'user' }],
  ['?$select=unknown', { '@odata.type': 'user' }],
])('properties are given as asked for: %s', (query, shown) => {
  const body = { '@odata.type': 'user', id: 1, mail: 'a', enabled: true }
  const select = { query: '$select', default: ['id'], always: ['@odata.type'] }
  expect(selected(body, select, { query: new URLSearchParams(query) })).toEqual(shown)
  expect(selected(body, undefined, { query: new URLSearchParams(query) })).toEqual(body)
})

test.each([
  [200, 200, 3, 3],
  [150, 200, 3, 2],
  [150, 200, 10, 8],
  [1, 999, 10, 1],
  [999, 500, 3, 6],
  [5000, 500, 3, 6],
  [1, 2, 1, 1],
  [0, 200, 3, 0],
])('%i of %i at %i rows a page are %i: a smaller page stays smaller', (asked, full, page_size, rows) => {
  expect(scaled(asked, full, page_size)).toBe(rows)
})
