/** Wrong input, as a new user types it: every message says place, cause and next step; with --json it is one document. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../cli/commands.ts'
import { EXIT } from '../../cli/io.ts'
import { ERRORS } from '../../runtime/errors.ts'
import { population } from '../targets/population.ts'
import { startTarget, type Target } from '../targets/server.ts'
import { type World, world } from './io.ts'

const CONNECTOR = 'test/connectors-for-tests/cursor.yaml'
let target: Target
let w: World
beforeAll(async () => {
  target = await startTarget({ dialect: 'cursor', population: population({ n: 30, seed: 5, ids: 'prefixed', groups: 2 }) })
})
afterAll(() => target.close())
beforeEach(() => {
  w = world({ TOKEN: target.token })
  writeFileSync(join(w.dir, 'empty.yaml'), '')
  writeFileSync(join(w.dir, 'bytes.yaml'), Buffer.from([0xff, 0xfe, 0, 1, 2]))
  writeFileSync(join(w.dir, 'large.yaml'), readFileSync(CONNECTOR, 'utf8') + '# x\n'.repeat(2_500_000))
  mkdirSync(join(w.dir, 'folder.yaml'))
  return () => w.clean()
})
const oneOff = (url = target.url) => ['--connector', CONNECTOR, '--set', `url=${url}`, '--secret', 'token=env:TOKEN']
const here = (args: readonly string[]) =>
  args.map((arg) => (/^(empty|bytes|large|folder)\.yaml/.test(arg) ? join(w.dir, arg) : arg))

describe.each(Object.keys(COMMANDS))('%s', (name) => {
  test('--help shows its flags and examples that begin with its name', async () => {
    const { exit, out } = await w.run(name, '--help')
    expect(exit).toBe(EXIT.fine)
    expect(out).toContain('--json')
    const examples = out.split('Examples:\n')[1]?.match(/^ {2}rollcall .*/gm) ?? []
    expect(examples.length).toBeGreaterThan(0)
    for (const line of examples) expect(line).toMatch(new RegExp(`^ {2}rollcall ${name}( |$)`))
  })

  test('with an unknown flag exits 2 and says where the flags are', async () => {
    const { exit, out, err } = await w.run(name, '--frobnicate')
    expect([exit, out]).toEqual([EXIT.usage, ''])
    expect(err).toContain(`rollcall ${name} --help`)
  })
})

type Case = readonly [args: readonly string[], exit: number, code: string, says: RegExp, next: RegExp]
const CASES: readonly Case[] = [
  [['frobnicate'], EXIT.usage, 'cli/usage', /no command `frobnicate`/, /--help/],
  [['snyc'], EXIT.usage, 'cli/usage', /did you mean `sync`/, /--help/],
  [[], EXIT.usage, 'cli/usage', /a command comes before `--json`/, /--help/],
  [['validate'], EXIT.usage, 'cli/usage', /FILE… is missing.*for example `rollcall validate acme.yaml`/, /--help/],
  [['records', 'acme'], EXIT.usage, 'cli/usage', /STREAM is missing/, /--help/],
  [['sync', '--stroe', 'x'], EXIT.usage, 'cli/usage', /did you mean `--store`/, /--help/],
  [['status'], EXIT.usage, 'store/not-found', /no store in/, /rollcall connect/],
  [['validate', '/'], EXIT.environment, 'cli/file', /is a directory/, /path/],
  [['validate', '/dev/zero'], EXIT.environment, 'cli/file', /is a device/, /path/],
  [['depth', 'folder.yaml'], EXIT.environment, 'cli/file', /is a directory/, /path/],
  [['depth', 'empty.yaml'], EXIT.findings, 'spec/invalid', /no valid connector: 1 error/, /rollcall validate/],
  [['depth', 'bytes.yaml'], EXIT.findings, 'spec/invalid', /no valid connector: 1 error/, /rollcall validate/],
  [['depth', 'large.yaml'], EXIT.findings, 'spec/invalid', /no valid connector: 1 error/, /rollcall validate/],
  [['explain', 'read/nothing'], EXIT.usage, 'cli/usage', /no code `read\/nothing`.*read\/no-records/, /--help/],
  [
    ['connect', 'a', '--connector', 'okta', '--set', 'domian=x.example', '--secret', 'token=file:/nowhere'],
    EXIT.usage,
    'cli/setting',
    /did you mean `domain`/,
    /line/,
  ],
  [
    ['connect', 'a', '--connector', 'okta', '--set', 'domain=x.example', '--secret', 'token=hunter2hunter2'],
    EXIT.usage,
    'cli/setting',
    /given as a value/,
    /line/,
  ],
  [
    ['sync', ...['--connector', CONNECTOR, '--set', 'url=https://x.example', '--secret', 'token=env:NONE']],
    EXIT.environment,
    'cli/secret',
    /env:NONE\) is not set/,
    /environment/,
  ],
  [
    ['sync', ...['--connector', CONNECTOR, '--set', 'url=https://x.example', '--secret', 'token=file:/']],
    EXIT.environment,
    'cli/secret',
    /is a directory/,
    /readable/,
  ],
  [
    [
      'sync',
      ...['--connector', CONNECTOR, '--set', 'url=https://x.example', '--secret', 'token=env:TOKEN', '--store', 'empty.yaml'],
    ],
    EXIT.environment,
    'store/folder',
    /can not be made/,
    /another folder/,
  ],
]

test.each(CASES)('%j: exit %i, %s', async (args, exit, code, says, next) => {
  const text = await w.run(...(args.length === 0 ? ['--json'] : here(args)))
  expect([text.exit, args.length === 0 ? '' : text.out]).toEqual([exit, ''])
  expect(text.err).toContain(`error[${code}]`)
  expect(text.err).toMatch(says)
  expect(text.err).toMatch(next)
  expect(text.err).not.toContain('hunter2')
  const { doc } = await w.json(...here(args))
  expect(doc).toMatchObject({
    version: 1,
    command: expect.any(String),
    error: { code, message: expect.stringMatching(says), where: expect.any(String), next: expect.any(String) },
  })
})

describe('a target that cannot be reached', () => {
  test('on a private address: the flag is named, and who may use it', async () => {
    for (const command of ['check', 'preview', 'sync']) {
      const { exit, out } = await w.run(command, ...(command === 'preview' ? ['users'] : []), ...oneOff())
      expect(exit).not.toBe(EXIT.fine)
      expect(out).toMatch(/--allow-private.*only the operator may/)
    }
  })

  test('with a wrong token: what was answered and what to do, once', async () => {
    const wrong = world({ TOKEN: 'wrong-token-4711' })
    const { exit, out } = await wrong.run('check', ...oneOff(), '--allow-private')
    expect(exit).toBe(EXIT.findings)
    expect(out).toMatch(/401/)
    expect(out.match(/ {2}next {2}/g)).toHaveLength(1)
    expect(out).not.toContain('4711')
    wrong.clean()
  })
})

describe('text for people', () => {
  test('explain lists every code once, by room, and says means, next, again of one', async () => {
    const { out } = await w.run('explain')
    for (const code of Object.keys(ERRORS)) expect(out.match(new RegExp(`^ {2}${code} `, 'gm'))).toHaveLength(1)
    expect((await w.run('explain', 'store/locked')).out).toMatch(/means .*\n {2}next .*\n {2}again .*\n/)
  })

  test('depth names the words in its table, tells each once, and fits 120 columns; --verbose tells all', async () => {
    const files = ['okta', 'github', 'entra-id', 'google-workspace', 'scim2']
    const { out } = await w.run('depth', ...files)
    for (const line of out.split('\n')) expect([...line].length).toBeLessThanOrEqual(120)
    expect(out).toMatch(/users +account +yes +list, by id +complete +second_pass, by_id, canaries\n/)
    expect(out.match(/The whole list is read once more/g)).toHaveLength(1)
    expect((await w.run('depth', '--verbose', ...files)).out).not.toContain('…')
  })

  test('sync and gate say each reason and each step once, and a count once a line; a terminal cuts the verdict’s line, a pipe nothing', async () => {
    await w.run('connect', 'acme', ...oneOff(), '--allow-private')
    await w.run('sync', 'acme')
    target.lie({ hidden_person: {} })
    const wide = await w.run('sync', 'acme')
    const gate = await w.run('gate', 'acme')
    const narrow = world({ TOKEN: target.token, ROLLCALL_STORE: join(w.dir, 'store') }, { width: 40 })
    const status = await narrow.run('status', 'acme')
    target.lie({})
    for (const { out } of [wide, gate]) {
      const lines = out.split('\n').map((line) => line.trim())
      const reasons = lines.filter((line) => line.length > 30)
      expect(new Set(reasons).size).toBe(reasons.length)
    }
    expect(wide.out).not.toContain('…')
    for (const line of wide.out.split('\n')) expect(line.match(/\b29 records\b/g)?.length ?? 0).toBeLessThanOrEqual(1)
    const cut = status.out.split('\n').filter((line) => /^ {2}users .*incomplete/.test(line))
    expect(cut).toEqual([expect.stringMatching(/^.{39}…$/)])
    narrow.clean()
  })
})
