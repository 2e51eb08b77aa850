/** Issues filed elsewhere are played as their reporters met them, and what a change may end in beside lies is no wider than the lies are. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadDialect } from '../../cli/lab/dialects.ts'
import { throwDice } from '../../cli/lab/faults/dice.ts'
import type { Lie } from '../../cli/lab/faults/write.ts'
import { notTold, sentTwice } from '../../cli/lab/oracle/write.ts'
import { seeded } from '../../cli/lab/random.ts'
import { shortestWindow } from '../../cli/lab/scenarios/write-best.ts'
import { FILED_WRITES, WRITES_NOT_PLAYABLE } from '../../cli/lab/scenarios/write-filed.ts'
import { type May, mayEndOf } from '../../cli/lab/scenarios/write-may.ts'
import { openWriteBench, type WriteBench } from '../../cli/lab/write-bench.ts'

const DIALECTS = ['scim2', 'okta', 'entra-id', 'google-workspace', 'write-rest']
/** Of faults.md: eventual consistency, and deactivated but still in. 48 is about reading. */
const NUMBERS = Array.from({ length: 18 }, (_, place) => 30 + place)

let bench: WriteBench
beforeAll(async () => {
  bench = await openWriteBench(DIALECTS.map((name) => loadDialect(name)))
})
afterAll(() => bench?.close())

const may = (dialect: string, name: string): May => {
  const { connector, file } = loadDialect(dialect)
  const [action, play] = [Object.values(connector.actions).find((one) => one.name === name), file.actions?.[name]]
  if (action === undefined || play === undefined) throw new Error(`${dialect} plays no ${name}`)
  return { action, play }
}

describe('issues filed elsewhere', () => {
  const cells = () =>
    FILED_WRITES.map((filed) => ({
      filed,
      played: DIALECTS.flatMap((dialect) =>
        bench.scenarios(dialect).flatMap(({ name }) => (name.startsWith(`${filed.name}/`) ? [{ dialect, name }] : [])),
      ),
    }))

  test('every number is played somewhere, or is told to be impossible', () => {
    const played = new Set(cells().flatMap(({ filed, played }) => (played.length > 0 ? filed.issues : [])))
    const without = (numbers: ReadonlySet<number>) =>
      NUMBERS.filter((number) => !numbers.has(number) && WRITES_NOT_PLAYABLE[`filed-${number}`] === undefined)
    expect(without(played)).toEqual([])
    expect(without(new Set([...played].filter((number) => number !== 41)))).toEqual([41])
    // Each says whose it is, and none is another one's name.
    for (const { name, says } of FILED_WRITES) expect(says, name).toMatch(/#\d+|never sends/)
    expect(new Set(FILED_WRITES.map(({ name }) => name)).size).toBe(FILED_WRITES.length)
  })

  test('each strikes, and comes to what it must', { timeout: 120_000 }, async () => {
    for (const { filed, played } of cells()) {
      const first = played[0]
      if (first === undefined) throw new Error(`${filed.name} is played nowhere`)
      const { run, story } = await bench.play(first.dialect, { name: first.name }, 11)
      const why = `${first.dialect} ${first.name}: ${run.said} ${run.because}\n${story.join('\n')}`
      expect([run.false_success, run.differs], why).toEqual([false, []])
      expect(run.expected, why).toContain(run.said)
      expect(run.counts, why).toBe(true)
    }
  })

  test.each([
    ['filed-34/create_account', 'okta', ['refuted', 'verified']],
    ['filed-39/deactivate_account', 'okta', ['partial']],
    ['filed-47/update_account', 'scim2', ['refuted']],
    ['filed-45/grant', 'entra-id', ['refuted']],
  ])('%s at %s: %j', { timeout: 30_000 }, async (name, dialect, says) => {
    const { told } = await bench.play(dialect, { name }, 3)
    expect(told.map((one) => one.is)).toEqual(says)
  })
})

describe('what may be said', () => {
  const said = (dialect: string, name: string, ...lies: readonly Lie[]) => [...mayEndOf(lies, may(dialect, name), false)].sort()

  test('one lie allows what it alone can end in', () => {
    expect(said('okta', 'update_account', { fault: 'no_op' })).toEqual(['refuted'])
    expect(said('okta', 'update_account', { fault: 'flip_flop', ms: 4_000 })).toEqual(['verified'])
    expect(said('okta', 'update_account', { fault: 'delayed', ms: 119_000 })).toEqual(['verified'])
    expect(said('okta', 'update_account', { fault: 'blinded', applied: true })).toEqual(['unknown'])
    expect(said('entra-id', 'grant', { fault: 'blinded', applied: false, reads: 'list' })).toEqual(['unknown'])
    expect(said('entra-id', 'update_account', { fault: 'blinded', applied: false, reads: 'list' })).toEqual(['refuted'])
    expect(said('google-workspace', 'deactivate_account')).toEqual(['partial'])
  })

  test('of several a plain yes only where each allows it, or it is so; and nothing that none of them allows', () => {
    const both: readonly Lie[] = [{ fault: 'no_op' }, { fault: 'throttled', times: 1 }]
    expect(said('okta', 'update_account', ...both)).toEqual(['refuted'])
    expect([...mayEndOf(both, may('okta', 'update_account'), true)].sort()).toEqual(['refuted', 'verified'])
    expect(said('okta', 'update_account', { fault: 'throttled', times: 1 }, { fault: 'reads_fail', times: 2 })).toEqual([
      'verified',
    ])
  })

  test('a runtime that always says the same is found out by the lies that are drawn, whatever it says', () => {
    const drawn = DIALECTS.flatMap((dialect) => {
      const one = may(dialect, 'update_account')
      return Array.from({ length: 60 }, (_, seed) => {
        const options = { kind: 'any', ...one, window_s: shortestWindow(one.action), copies: 1 } as const
        return mayEndOf(throwDice(seeded(seed + 1), options), one, false)
      })
    })
    for (const is of ['unknown', 'verified', 'refuted', 'rejected', 'unverifiable', 'partial', 'pending', 'reverted'] as const)
      expect([is, drawn.filter((set) => !set.includes(is)).length > drawn.length / 12]).toEqual([is, true])
  })

  test('a wrong object is drawn beside a lost answer too', () => {
    const one = may('okta', 'update_account')
    const options = { kind: 'any', ...one, window_s: 120, copies: 1 } as const
    const throws = Array.from({ length: 400 }, (_, seed) => throwDice(seeded(seed), options).map(({ fault }) => fault))
    expect(
      throws.some((all) => all.includes('wrong_object') && (all.includes('answer_lost') || all.includes('failed_5xx'))),
    ).toBe(true)
  })

  test('what was not told on the way, and what was sent twice, is told', () => {
    const told = (...all: readonly string[]) => all.map((is) => ({ is }))
    expect(notTold([['refuted', 'partial']], told('partial', 'verified'))).toEqual([])
    expect(notTold([['refuted', 'partial']], told('verified'))).toEqual(['NOT TOLD ON THE WAY: refuted or partial'])
    expect(notTold([['verified'], ['reverted']], told('reverted', 'verified'))).toEqual(['NOT TOLD ON THE WAY: reverted'])
    const post = { method: 'POST', url: '/users' }
    expect(sentTwice([post, { ...post, url: '/users/1' }])).toEqual([])
    expect(sentTwice([post, post])).toEqual(['SENT TWICE: POST /users'])
  })

  test('nothing wrong: whatever is said but the best is a false block, `reverted` above all', () => {
    for (const dialect of DIALECTS)
      for (const { class: kind, name, expected } of bench.scenarios(dialect))
        if (kind !== 'faulty') expect([name, expected.includes('reverted')]).toEqual([name, false])
  })
})

test('beside what was asked something else moves: told where the record is read, and a finding where nobody reads it', {
  timeout: 30_000,
}, async () => {
  const name = 'W8-beside/grant'
  const { run } = await bench.play('okta', { name }, 5)
  expect([run.said, run.expected]).toEqual(['partial', ['partial']])
  const { run: blind } = await bench.play('okta', { name }, 5, { off: ['bystanders'] })
  expect([blind.said, blind.expected.includes(blind.said)]).toEqual(['verified', false])
})

test('what a leaver leaves behind is held against a whole read in every run, an honest one too', {
  timeout: 30_000,
}, async () => {
  const lines: string[] = []
  const onExchange = ({ method, url }: { readonly method: string; readonly url: string }) => void lines.push(`${method} ${url}`)
  const { run } = await bench.play('scim2', { name: 'honest/deactivate_account' }, 5, { onExchange })
  expect(run.said).toBe('verified')
  const patched = lines.findIndex((line) => line.startsWith('PATCH'))
  expect(lines.slice(patched).some((line) => line.includes('/Groups?'))).toBe(true)
})
