/** A path typo can not pass silently: against a recorded and against a live answer it is an error, in the same words and in its place. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { DIALECT_NAMES, DIALECTS } from '../targets/dialects.ts'
import { population } from '../targets/population.ts'
import { startTarget, type Target } from '../targets/server.ts'
import { type World, world } from './io.ts'

const YAML = readFileSync('test/connectors-for-tests/cursor.yaml', 'utf8')
let target: Target
let page: { readonly [key: string]: unknown }
let w: World

beforeAll(async () => {
  target = await startTarget({ dialect: 'cursor', population: population({ n: 230, seed: 5, ids: 'prefixed', groups: 4 }) })
  const answer = await fetch(`${target.url}/api/users?limit=100`, { headers: { authorization: `Bearer ${target.token}` } })
  page = (await answer.json()) as typeof page
})
afterAll(() => target.close())
beforeEach(() => {
  w = world({ TOKEN: target.token })
  return () => w.clean()
})

const file = (name: string, text: string): string => {
  const path = join(w.dir, name)
  writeFileSync(path, text)
  return path
}
const live = (connector: string, url = target.url) => [
  '--connector',
  connector,
  '--set',
  `url=${url}`,
  '--secret',
  'token=env:TOKEN',
  '--allow-private',
]

type Case = readonly [from: string, to: string, code: string, severity: 'error' | 'warning', path: string, help: string | null]
const CASES: readonly Case[] = [
  ['records: data', 'records: dta', 'sample/no-records', 'error', 'records', 'did you mean `data`?'],
  ['records: data', 'records: items', 'sample/no-records', 'error', 'records', 'the answer has a list at `data`'],
  ['records: data', 'records: dta\n    empty: absent', 'sample/no-records', 'error', 'records', 'did you mean `data`?'],
  ['records: data', 'records: "[]"', 'sample/no-records', 'error', 'records', 'the answer has a list at `data`'],
  ['id: id', 'id: ids', 'sample/no-id', 'error', 'id', 'did you mean `id`?'],
  ['id: id', 'id: profile', 'sample/no-id', 'error', 'id', null],
  ['id: id', 'id: [id, lgoin]', 'sample/no-id', 'error', 'id[1]', 'did you mean `login`?'],
  ['id: id', 'id: status', 'sample/no-id', 'warning', 'id', null],
  ['from: next', 'from: nxt', 'sample/pages', 'error', 'pages.from', 'did you mean `next`?'],
  [
    'from: next, into: { query: after }, end: "null"',
    'from: nxt, into: { query: after }, end: absent',
    'sample/pages',
    'error',
    'pages.from',
    'did you mean `next`?',
  ],
  ['end: "null" }', 'end: { flag: has_mor, is: false } }', 'sample/pages', 'error', 'pages.end.flag', null],
  ['path: total,', 'path: totl,', 'sample/total', 'error', 'prove[0].path', 'did you mean `total`?'],
  ['path: total,', 'path: data,', 'sample/total', 'error', 'prove[0].path', null],
  ['userName: login', 'userName: lgoin', 'sample/field', 'error', 'fields.userName', 'did you mean `login`?'],
  ['userName: login', 'userName: profile', 'sample/field', 'error', 'fields.userName', null],
  ["= status == 'ACTIVE'", "= staus == 'ACTIVE'", 'sample/field', 'error', 'fields.active', 'did you mean `status`?'],
  ['email: profile.email', 'email: profile.emial', 'sample/field', 'warning', 'fields.email', 'did you mean `profile.email`?'],
  ['email: profile.email', 'email: email', 'sample/field', 'warning', 'fields.email', 'did you mean `profile.email`?'],
  ['email: profile.email', 'email: shoe_size', 'sample/field', 'warning', 'fields.email', null],
  ['floor: { email: 0.9 }', 'keep: { mail: profile.mail_address }', 'sample/field', 'warning', 'keep.mail', null],
  ['floor: { email: 0.9 }', 'sorted_by: creatd', 'sample/field', 'error', 'sorted_by', 'did you mean `created`?'],
  ['floor: { email: 0.9 }', 'filters: [{ name: bots, drop: "= is_bot" }]', 'sample/filter', 'error', 'filters[0].drop', null],
  ['floor: { email: 0.9 }', 'filters: [{ name: bots, drop: "= login" }]', 'sample/filter', 'error', 'filters[0].drop', null],
]

describe.each(CASES)('%s written as %s', (from, to, code, severity, path, help) => {
  const typo = (): string => file('typo.yaml', YAML.replace(from, to))
  const expected = { code, severity, help }

  test(`is ${code} in a recorded answer, at its place`, async () => {
    const connector = typo()
    const { exit, doc } = await w.json('validate', connector, '--sample', `users=${file('page.json', JSON.stringify(page))}`)
    const [only, ...more] = doc.files[0].diagnostics
    expect(more).toEqual([])
    expect(only).toMatchObject({ ...expected, path: `streams.users.${path}` })
    // The place is that of the value: what stands there is what was changed.
    const line = readFileSync(connector, 'utf8').split('\n')[only.line - 1] as string
    expect(YAML.split('\n')).not.toContain(line)
    expect(line.slice(only.column - 1, only.end_column - 1)).not.toMatch(/^[\s:,{]|[\s,}]$/)
    expect([exit, doc.files[0].valid]).toEqual(severity === 'error' ? [EXIT.findings, false] : [EXIT.fine, true])
  })

  test('is the same in a live one', async () => {
    const { exit, doc } = await w.json('check', ...live(typo()))
    const { findings, works, because } = doc.streams.users
    expect(findings).toMatchObject([expected])
    expect([exit, works]).toEqual(severity === 'error' ? [EXIT.findings, false] : [EXIT.fine, true])
    if (severity === 'error') expect(because).toContain(findings[0].message)
    const preview = await w.json('preview', 'users', ...live(typo()))
    expect(preview.doc.findings).toEqual(findings)
    expect(preview.exit).toBe(exit)
  })
})

test.each(DIALECT_NAMES)('an honest %s target and its connector have nothing to say to each other', async (dialect) => {
  const honest = await startTarget({
    dialect,
    population: population({ n: 230, seed: 5, ids: DIALECTS[dialect].ids, groups: 4 }),
  })
  const here = world({ TOKEN: honest.token })
  const { exit, doc } = await here.json('check', ...live(`test/connectors-for-tests/${dialect}.yaml`, honest.url))
  expect(Object.values(doc.streams).map((s) => (s as { findings: unknown }).findings)).toEqual([[], [], []])
  expect(exit).toBe(EXIT.fine)
  here.clean()
  await honest.close()
})

describe('a recorded answer', () => {
  const validate = (sample: string, yaml = YAML) => w.json('validate', file('c.yaml', yaml), '--sample', sample)
  const codes = (doc: { readonly files: readonly { readonly diagnostics: readonly { readonly code: string }[] }[] }) =>
    doc.files[0]?.diagnostics.map((d) => d.code)

  test('that is whole passes, bare or with status and headers', async () => {
    for (const text of [JSON.stringify(page), JSON.stringify({ status: 200, headers: { 'X-A': ['b'] }, body: page })]) {
      const { exit, doc } = await validate(`users=${file('page.json', text)}`)
      expect([exit, codes(doc)]).toEqual([EXIT.fine, []])
    }
  })

  test.each([
    ['{', 'sample/answer'],
    ['<html>', 'sample/answer'],
    ['\u0000', 'sample/answer'],
    ['', 'sample/answer'],
    ['{"status":403,"headers":{},"body":{"error":"no"}}', 'sample/answer'],
    ['null', 'sample/no-records'],
    ['{"error":"no"}', 'sample/no-records'],
    ['{"data":{},"next":null}', 'sample/no-records'],
  ])('%j is none: %s, exit 1', async (text, code) => {
    const { exit, doc } = await validate(`users=${file('page.json', text)}`)
    expect([exit, codes(doc)]).toEqual([EXIT.findings, [code]])
  })

  test('that shows less than is declared says what it leaves unchecked', async () => {
    const last = await validate(`users=${file('last.json', JSON.stringify({ ...page, next: null }))}`)
    expect([last.exit, codes(last.doc)]).toEqual([EXIT.fine, []])
    const absent = await validate(
      `users=${file('last.json', JSON.stringify({ data: page['data'], total: 100 }))}`,
      YAML.replace('end: "null"', 'end: absent'),
    )
    expect([absent.exit, codes(absent.doc)]).toEqual([EXIT.fine, ['sample/last-page']])
    const none = await validate(`users=${file('none.json', JSON.stringify({ ...page, data: [] }))}`)
    expect([none.exit, codes(none.doc)]).toEqual([EXIT.fine, ['sample/empty']])
    const bare = await validate(
      `users=${file('bare.json', JSON.stringify(page))}`,
      YAML.replace('{ kind: cursor, from: next, into: { query: after }, end: "null" }', '{ kind: link, end: no_next }'),
    )
    expect([bare.exit, codes(bare.doc)]).toEqual([EXIT.fine, ['sample/last-page']])
  })

  test('below a parent sees the parent’s own sample, and else made-up values', async () => {
    const member = file('members.json', JSON.stringify({ data: [{ id: 'u1', login: 'a' }], next: 'x', total: 2 }))
    const groups = file('groups.json', JSON.stringify({ data: [{ id: 'g1', name: 'A', member_count: 2 }], next: 'x', total: 2 }))
    const broken = YAML.replace('entitlement: "= group.id"', 'entitlement: "= group.displayName.substring(1, 99)"')
    expect(codes((await validate(`memberships=${member}`)).doc)).toEqual([])
    const alone = await validate(`memberships=${member}`, broken)
    expect(alone.doc.files[0].diagnostics).toMatchObject([
      { severity: 'warning', help: expect.stringContaining('--sample of the parent') },
    ])
    const both = await w.json(
      'validate',
      file('c.yaml', broken),
      '--sample',
      `memberships=${member}`,
      '--sample',
      `groups=${groups}`,
    )
    expect(both.doc.files[0].diagnostics).toMatchObject([{ severity: 'error', path: 'streams.memberships.fields.entitlement' }])
  })

  test.each([
    [['--sample', 'users'], EXIT.usage, /STREAM=FILE/],
    [['--sample', 'usres=x.json'], EXIT.usage, /did you mean `users`/],
    [['--sample', 'users=/nowhere.json'], EXIT.environment, /is not there/],
    [['--sample', 'users=/'], EXIT.environment, /directory/],
    [['connectors/okta.yaml', '--sample', 'users=x.json'], EXIT.usage, /one FILE/],
  ] as const)('%j exits %i', async (args, exit, message) => {
    const ran = await w.run('validate', 'test/connectors-for-tests/cursor.yaml', ...args)
    expect([ran.exit, ran.out]).toEqual([exit, ''])
    expect(ran.err).toMatch(message)
  })
})
