import { describe, expect, test } from 'vitest'
import { Failure } from '../../runtime/errors.ts'
import { body } from '../../runtime/kinds/body/index.ts'
import type { Json, KindOptions } from '../../runtime/types.ts'

const values: { readonly [name: string]: string } = { '{org}': 'acme "x" & y', '{group.id}': 'g/1' }
const render = (text: string) => text.replace(/\{[a-z.]+\}/g, (name) => values[name] ?? 'UNKNOWN')
const write = (options: KindOptions, patch: { readonly [path: string]: Json } = {}) => {
  const word = body[options.kind]
  if (word === undefined) throw new Error(`no word ${options.kind}`)
  return word.write(options, render, patch)
}

describe.each([
  [
    'json renders texts and keeps types',
    { kind: 'json', value: { a: '{org}', n: 5, list: ['{group.id}', null, true] } },
    {},
    'application/json',
    '{"a":"acme \\"x\\" & y","n":5,"list":["g/1",null,true]}',
  ],
  [
    'json puts a cursor where the path says, beside what is there',
    { kind: 'json', value: { page: { size: 2 } } },
    { 'page.after': 'x', offset: 7 },
    'application/json',
    '{"page":{"size":2,"after":"x"},"offset":7}',
  ],
  ['json may be a list', { kind: 'json', value: [{ id: '{org}' }] }, {}, 'application/json', '[{"id":"acme \\"x\\" & y"}]'],
  [
    'form encodes names and values',
    { kind: 'form', fields: { q: '{org}', n: 5, ok: true, type: ['a b', 'c'] } },
    {},
    'application/x-www-form-urlencoded',
    'q=acme+%22x%22+%26+y&n=5&ok=true&type=a+b&type=c',
  ],
  [
    'form sets a patched field and does not render it',
    { kind: 'form', fields: { cursor: '', limit: 2 } },
    { cursor: '{org}' },
    'application/x-www-form-urlencoded',
    'cursor=%7Borg%7D&limit=2',
  ],
  [
    'graphql leaves the document alone',
    { kind: 'graphql', query: '{ users {org} }', variables: { org: '{org}' } },
    {},
    'application/json',
    '{"query":"{ users {org} }","variables":{"org":"acme \\"x\\" & y"}}',
  ],
  [
    'graphql puts a cursor below variables',
    { kind: 'graphql', query: 'q' },
    { after: 'c1' },
    'application/json',
    '{"query":"q","variables":{"after":"c1"}}',
  ],
  [
    'jsonrpc names its method and puts a cursor below params',
    { kind: 'jsonrpc', method: 'user.get', params: { limit: 2 } },
    { 'paging.offset': 4 },
    'application/json',
    '{"jsonrpc":"2.0","id":1,"method":"user.get","params":{"limit":2,"paging":{"offset":4}}}',
  ],
] as const)('%s', (_name, options, patch, type, text) => {
  test('as written', () => {
    expect(write(options as unknown as KindOptions, patch)).toEqual({ type, text })
  })
})

test('a value in the body is never read as a template again', () => {
  const once = (text: string) => text.replace('{x}', '{org}')
  expect(body['json']?.write({ kind: 'json', value: { a: '{x}' } }, once, {}).text).toBe('{"a":"{org}"}')
})

test('options are not changed: the next page starts from what was declared', () => {
  const options = Object.freeze({ kind: 'json', value: Object.freeze({ page: Object.freeze({ size: 2 }) }) })
  write(options, { 'page.after': 'x' })
  expect(write(options).text).toBe('{"page":{"size":2}}')
})

test.each([
  ['through a text', { kind: 'json', value: { page: 'x' } }, { 'page.after': 1 }, 'body/patch'],
  ['into a list', { kind: 'json', value: [1] }, { after: 1 }, 'body/patch'],
  ['at an element', { kind: 'json', value: { a: [1] } }, { 'a[0]': 1 }, 'body/patch'],
  ['an object into a form', { kind: 'form', fields: {} }, { a: { b: 1 } }, 'body/patch'],
  ['at a prototype', { kind: 'json', value: {} }, { '__proto__.x': 1 }, 'value/path'],
] as const)('a patch %s fails and says where', (_name, options, patch, code) => {
  try {
    write(options as unknown as KindOptions, patch as { [path: string]: Json })
  } catch (failure) {
    expect(failure).toBeInstanceOf(Failure)
    expect((failure as Failure).code).toBe(code)
    return
  }
  throw new Error('nothing failed')
})
