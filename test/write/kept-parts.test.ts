/** What the look before keeps of a record: the parts that the action names, and nothing else. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { celPaths } from '../../runtime/kinds/value/cel-paths.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { runIntent } from '../../runtime/write/engine.ts'
import { keptOf, partsOf } from '../../runtime/write/kept-parts.ts'
import { action, step, verify } from '../judge/outcome-sample.ts'
import { openLab, type SmallLab } from './lab.ts'
import { type SmallTarget, smallTarget } from './target.ts'

const open: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})
async function both(): Promise<{ it: SmallTarget; lab: SmallLab }> {
  const it = await smallTarget()
  const lab = await openLab(it.url)
  open.push(it, lab)
  return { it, lab }
}

describe('which parts an expression names', () => {
  test.each<[string, readonly (readonly string[])[]]>([
    ['= record.userId == before.primaryEmail', [['primaryEmail']]],
    ["= before.?profile.?login.orValue('') == record.login", [['profile', 'login']]],
    ['= before["a b"].c == 1', [['a b', 'c']]],
    ['= before.emails[0].value == record.email', [['emails', 'value']]],
    ['= before.list.exists(x, x.id == before.id)', [['list'], ['id']]],
    ['= has(before.a) ? before.a : 1', [['a'], ['a']]],
    ['= before == null', [[]]],
    ['= before[input.name] == 1', [[]]],
    ["= record.before == 'before.x'", []],
  ])('%s', (text, parts) => {
    expect(celPaths(text, ['before'])).toEqual(parts)
  })

  test('of steps, templates and markers, not of what a probe reads now', () => {
    const send = { ...action().steps[0]!.send, path: '/users/{record.profile.login}/off' }
    const body = { kind: 'json', value: { rev: '= record.meta.version', id: '= id' } }
    const of = action({
      steps: [step('off', ['account'], { send: { ...send, body } })],
      verify: [
        verify('account', 'state', { probe: { kind: 'state', expect: '= record.status == before.wanted' } }),
        verify('account', 'moved', { probe: { kind: 'moved', path: 'sessions.validFrom' } }),
      ],
    })
    expect(partsOf(of)).toEqual([['profile', 'login'], ['meta', 'version'], ['wanted'], ['sessions', 'validFrom']])
    const record = { id: 1, profile: { login: 'ada', phone: '+1' }, meta: { version: 7 }, wanted: null, secret: 'x' }
    expect(keptOf(record, partsOf(of))).toEqual({ profile: { login: 'ada' }, meta: { version: 7 }, wanted: null })
  })

  test.each([
    [[['a'], ['a', 'b']], { a: { b: 1, c: 2 } }],
    [[['a', 'b'], ['a']], { a: { b: 1, c: 2 } }],
    [
      [
        ['a', 'b'],
        ['a', 'c'],
      ],
      { a: { b: 1, c: 2 } },
    ],
    [[['list', 'x']], { list: [{ x: 1 }] }],
    [[['none', 'x']], {}],
  ])('%j of a record', (parts, kept) => {
    const record = { a: { b: 1, c: 2 }, list: [{ x: 1 }], other: 1 }
    expect(keptOf(record, parts)).toEqual(kept)
    expect(record).toEqual({ a: { b: 1, c: 2 }, list: [{ x: 1 }], other: 1 })
  })

  test('no shipped action names the record as a whole, so each goes on after a crash as it would have without', () => {
    for (const file of readdirSync('connectors').filter((name) => name.endsWith('.yaml'))) {
      const { connector } = loadConnector(readFileSync(`connectors/${file}`), file)
      for (const one of Object.values(connector?.actions ?? {})) {
        const texts = JSON.stringify([one.steps, one.verify])
        const whole = /\bbefore\b(?!["'. [])|\bbefore\[(?!\\")/.exec(texts)
        expect(whole?.[0], `${file} ${one.name}`).toBeUndefined()
      }
    }
  })
})

describe('a change taken up again', () => {
  test('sees by the parts that its history kept what it would have seen: the seat is gone', async () => {
    const { it, lab } = await both()
    const intent = await lab.ask('remove_license', 'u2')
    const boundaries: string[] = []
    const dies = { ...lab.ctx, onBoundary: (name: string) => void (boundaries.push(name) && name === 'recorded' && die()) }
    const die = () => {
      throw new Error('died')
    }
    await expect(runIntent(dies, intent)).rejects.toThrow('died')
    // What the record says now is not what it said then.
    it.users.get('u2')!.userName = 'renamed@acme.example'
    const outcome = await runIntent(lab.ctx, intent)
    expect(
      outcome?.facets.map((one) => [one.facet, one.is]),
      outcome?.because,
    ).toEqual([['licenses', 'verified']])
    expect(it.effects).toEqual(['unseat u2'])
    const row = await lab.store.intent(intent)
    const looked = row?.events.find((event) => event.kind === 'looked')
    expect(looked?.kind === 'looked' && looked.kept).toEqual({ userName: 'user2@acme.example' })
    const audit = await lab.store.audit({ after: 0, limit: 100, about: intent })
    expect(JSON.stringify(audit)).not.toMatch(/user2@acme|renamed@acme/)
  })
})
