/** A connector without a twin file: what can be played of it, what cannot and why, and that what is played can fail. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { deriveDialect } from '../../cli/lab/derive/own.ts'
import { satisfy } from '../../cli/lab/derive/satisfy.ts'
import { readConnector } from '../../cli/lab/dialects.ts'
import { openRig } from '../../cli/lab/rig.ts'
import { playRead, tryRead } from '../../cli/lab/run-read.ts'
import { readScenarios } from '../../cli/lab/scenarios/read.ts'
import type { Dialect } from '../../cli/lab/twin/dialect.ts'
import { checkTwinFile } from '../../cli/lab/twin-file.ts'
import type { LabReport } from '../../cli/lab/types.ts'
import { type World, world } from '../cli/io.ts'

const dialects = new Map<string, Dialect>()
const rig = openRig((name) => dialects.get(name) as Dialect)
afterAll(() => rig.close())

async function derived(file: string): Promise<Dialect> {
  const { dialect } = await deriveDialect(readConnector(file), null, (one) => tryRead(rig, one))
  dialects.set(dialect.name, dialect)
  return dialect
}
const TESTS = 'test/connectors-for-tests'

describe('what is derived', () => {
  test.each([
    [`${TESTS}/cursor.yaml`, ['users', 'groups', 'memberships'], []],
    [`${TESTS}/link.yaml`, ['users', 'groups', 'memberships'], []],
    [`${TESTS}/next_url.yaml`, ['users', 'groups', 'memberships'], []],
    [`${TESTS}/offset.yaml`, ['users', 'groups', 'memberships'], []],
    [`${TESTS}/page_number.yaml`, ['users', 'groups', 'memberships'], []],
    [`${TESTS}/scim.yaml`, ['users', 'groups', 'memberships'], []],
    ['connectors/scim2.yaml', ['users', 'groups', 'memberships'], []],
    ['connectors/okta.yaml', ['users', 'groups', 'memberships', 'apps'], []],
    ['connectors/github.yaml', ['members'], ['teams', 'team_memberships', 'role_members']],
  ] as const)('of %s: %j are played; %j are not, and it is said why', { timeout: 60_000 }, async (file, played, not) => {
    const { file: twin, connector } = await derived(file)
    expect(Object.keys(twin.streams)).toEqual(expect.arrayContaining([...played]))
    expect(Object.keys(twin.not_played ?? {})).toEqual(expect.arrayContaining([...not]))
    const silent = Object.keys(connector.streams).filter(
      (name) => twin.streams[name] === undefined && (twin.not_played?.[name] ?? '') === '',
    )
    const actions = Object.keys(connector.actions).filter((name) => (twin.not_played?.[name] ?? '') === '')
    expect([silent, actions]).toEqual([[], []])
    // It is a twin file like any other.
    expect(() => checkTwinFile(parse(JSON.stringify(twin)), 'derived')).not.toThrow()
  })

  test('plays most lies, and none of them is believed; an honest target is let through', { timeout: 60_000 }, async () => {
    const dialect = await derived(`${TESTS}/cursor.yaml`)
    const small = readScenarios(dialect).filter(
      (one) =>
        !one.sizes.includes('thousands') &&
        ['R1', 'R2', 'R4', 'R7', 'R16', 'R20', 'R21', 'R25', 'peer-html_200', 'honest/all', 'honest/pages', 'R34'].includes(
          one.name,
        ),
    )
    expect(small.length).toBe(12)
    for (const scenario of small) {
      const run = await playRead(rig, dialect.name, scenario, 3)
      expect([scenario.name, run.said, run.false_success, run.expected.includes(run.said)]).toEqual([
        scenario.name,
        run.said,
        false,
        true,
      ])
    }
  })

  test('a guess that is wrong is left out with its reason, and what lies below it too', async () => {
    const connector = readConnector(`${TESTS}/cursor.yaml`)
    let rounds = 0
    const { dialect } = await deriveDialect(connector, null, async (one) => {
      const tried = await tryRead(rig, one)
      // Planted: the groups come out otherwise than they are.
      return rounds++ > 0
        ? tried
        : { ...tried, streams: { ...tried.streams, groups: { is: 'complete', because: '', differs: ['groups: g1 is missing'] } } }
    })
    expect(Object.keys(dialect.file.streams)).toEqual(['users'])
    expect(dialect.file.not_played).toMatchObject({
      groups: expect.stringContaining('g1 is missing'),
      memberships: expect.stringContaining('groups, above it'),
    })
  })
})

describe('a body for which an expression holds', () => {
  test.each([
    ["= body.role == 'admin'", { role: 'admin' }],
    ['= status == 200 && has(body.roles)', { roles: [] }],
    ["= has(body.errorCode) && body.errorCode == 'E0000047'", { errorCode: 'E0000047' }],
    ["= body.kind in ['a', 'b']", { kind: 'a' }],
    ['= body.total > 3 && body.ok == true', { total: 4, ok: true }],
    ["= has(body.role) && body.role != 'admin'", { role: 'not admin' }],
    ['= body == null || !has(body.error)', {}],
    ["= body['a.b'] == 'x' && body.c.?d.orValue(0) == 1", { 'a.b': 'x' }],
  ])('%s', (expression, body) => expect(satisfy([expression], 'body')).toMatchObject(body))
})

describe('the command', () => {
  let w: World
  let dir = ''
  beforeAll(() => {
    w = world()
    dir = mkdtempSync(join(tmpdir(), 'rollcall-own-'))
    copyFileSync(`${TESTS}/scim.yaml`, join(dir, 'acme.yaml'))
    const yaml = readFileSync(`${TESTS}/cursor.yaml`, 'utf8')
    writeFileSync(join(dir, 'graphql.yaml'), yaml.replaceAll(/records: data/g, 'records: "data[*].rows"'))
  })
  afterAll(() => {
    w.clean()
    rmSync(dir, { recursive: true, force: true })
  })
  const own = (name: string) => join(dir, `${name}.yaml`)

  test('plays a connector at once, and says what was guessed', { timeout: 120_000 }, async () => {
    const { doc } = await w.json('lab', own('acme'), '--fault', 'R7', '--runs', '1')
    const report = doc as LabReport
    expect(report.reads).toMatchObject({ faulty: 2, false_complete: 0 })
    expect(report.assumed.join('\n')).toMatch(/errors have a status and a word/)
  })

  test('writes what it guessed as a twin file, which plays; never over one that is there', { timeout: 120_000 }, async () => {
    const before = await w.json('lab', own('acme'), '--fault', 'honest/all', '--runs', '1')
    expect(await w.run('lab', own('acme'), '--write-twin')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/wrote .*acme\.twin\.yaml/),
    })
    const written = readFileSync(join(dir, 'acme.twin.yaml'), 'utf8')
    expect(written).toMatch(/^# What test-scim.yaml does not tell/)
    const after = await w.json('lab', own('acme'), '--fault', 'honest/all', '--runs', '1')
    expect((after.doc as LabReport).log).toBe((before.doc as LabReport).log)
    expect((after.doc as LabReport).assumed).toEqual([])
    expect(await w.run('lab', own('acme'), '--write-twin')).toMatchObject({
      exit: 3,
      err: expect.stringMatching(/is there already/),
    })
    expect(readFileSync(join(dir, 'acme.twin.yaml'), 'utf8')).toBe(written)
  })

  test('where nothing can be derived it says of each stream why', async () => {
    const { exit, err } = await w.run('lab', own('graphql'))
    expect([exit, err]).toEqual([
      2,
      expect.stringMatching(/nothing of it can be played\n.*stream users: its records lie in lists within lists/),
    ])
    expect(existsSync(join(dir, 'graphql.twin.yaml'))).toBe(false)
  })
})
