/** What reads hang on: over made-up runs, and judged again by planted judges. */
import { describe, expect, test } from 'vitest'
import { type Evidence, hangingOn, listen } from '../../cli/lab/again.ts'
import { shouldGo, worthOf } from '../../cli/lab/report/worth.ts'
import type { Run } from '../../cli/lab/types.ts'
import type { Finding, ReadFacts, Verdict } from '../../runtime/types.ts'

const run = (kind: Run['class'], more: Partial<Run> = {}): Run => ({
  scenario: kind === 'faulty' ? 'R1' : 'honest',
  side: 'read',
  class: kind,
  dialect: 'alpha',
  seed: 1,
  population: 10,
  fired: {},
  counts: true,
  said: kind === 'faulty' ? 'incomplete' : 'complete',
  because: '',
  expected: [],
  false_success: false,
  false_block: false,
  noticed: kind === 'faulty',
  differs: [],
  requests: 1,
  requests_bare: 1,
  ms: 1,
  asked: ['total', 'count', 'second_pass', 'by_id'],
  escapes: [],
  carried_by: [],
  log: '',
  ...more,
})
const lie = (...escapes: readonly string[]): Run => run('faulty', { escapes })
const honest = (...carried_by: readonly string[]): Run => run('honest', { carried_by })
const worth = (...runs: readonly Run[]) => {
  const found = worthOf(runs)
  if (found === null) throw new Error('nothing was judged again')
  return { ...found, of: (item: string) => found.items.find((one) => one.item === item) }
}

describe('over many reads', () => {
  test('an item counts the lies that it names, and that it alone prevents, of those in which it said something', () => {
    const named = { named: ['count', 'total'] }
    const runs = [lie('count'), lie('count'), run('faulty', named), run('faulty', { asked: ['total'] }), run('odd', named)]
    const { of, lies } = worth(...runs)
    expect(lies).toBe(4)
    expect(of('count')).toMatchObject({ named: 1, prevents: 2, lies: 3, escapes: ['R1'], prevents_with: [] })
    expect(of('total')).toMatchObject({ prevents: 0, lies: 4 })
  })

  test('what two items name counts for neither alone, and for each with the other', () => {
    const { of } = worth(lie('count+total'), lie('by_id+count', 'count+total'), honest())
    expect(of('count')).toMatchObject({
      prevents: 0,
      prevents_with: [
        { with: 'total', reads: 2 },
        { with: 'by_id', reads: 1 },
      ],
    })
    expect(of('by_id')?.prevents_with).toEqual([{ with: 'count', reads: 1 }])
  })

  test('what three items name is in no pair', () => {
    expect(worth(lie('by_id+count+total')).of('count')).toMatchObject({ prevents: 0, prevents_with: [] })
  })

  test('the smallest set that must stay keeps one of each', () => {
    expect(worth(lie('count'), lie('by_id+total'), lie('second_pass+total')).enough.lies).toEqual([['total', 'count']])
    expect(worth(lie('by_id+total')).enough.lies).toEqual([['total'], ['by_id']])
    expect(worth(lie(), honest()).enough).toEqual({ lies: [[]], all: [[]] })
  })

  test('and with the honest ones it may be larger, never smaller', () => {
    const { enough } = worth(lie('by_id+total'), honest('second_pass'), honest('count+total'))
    expect(enough).toEqual({ lies: [['total'], ['by_id']], all: [['total', 'second_pass']] })
  })

  test('a lie that an item without a cost names beside those that cost needs none of them', () => {
    expect(worth(lie('conservation'), lie('confirmation')).enough.lies).toEqual([[]])
  })

  test('one that costs nothing is told where something hangs on it', () => {
    const { items, of } = worth(lie('conservation'), run('faulty', { asked: [], escapes: [] }))
    expect(of('conservation')).toMatchObject({ costs: false, prevents: 1, lies: 2 })
    expect(items.map(({ item }) => item)).toEqual(['total', 'count', 'second_pass', 'by_id', 'conservation'])
  })

  test('a read without a lie that something moved under keeps an item as a lie does', () => {
    const { of, enough } = worth(run('odd', { escapes: ['second_pass'] }))
    expect(of('second_pass')).toMatchObject({ prevents: 0, moved: 1 })
    expect(enough.lies).toEqual([['second_pass']])
    expect(shouldGo(of('second_pass') as never)).toBe(false)
  })

  test.each([
    ['prevents alone', lie('count'), false],
    ['prevents with one other', lie('by_id+count'), false],
    ['carries alone', honest('count'), false],
    ['carries with one other only', honest('by_id+count'), true],
    ['is one of three', lie('by_id+count+total'), true],
    ['prevents nothing', lie(), true],
  ])('one that costs and %s should go: %#', (_, one, goes) => {
    expect(shouldGo(worth(one, honest()).of('count') as never)).toBe(goes)
  })

  test('what costs nothing never should', () => {
    const idle = worth(lie()).of('count')
    expect([true, false].map((costs) => shouldGo({ ...idle, costs } as never))).toEqual([true, false])
  })

  test('runs that do not count, changes, and what was not judged again are in none of it', () => {
    const { asked: _, escapes: __, carried_by: ___, ...bare } = lie()
    const others = [run('faulty', { counts: false, escapes: ['count'] }), run('faulty', { side: 'write' }), bare]
    expect(worth(lie('total'), ...others)).toMatchObject({ lies: 1, honest: 0 })
    expect(worthOf(others)).toBeNull()
  })

  test('an honest read that was not let through carries nothing', () => {
    expect(worth(run('honest', { said: 'unproven' }), honest('count'))).toMatchObject({ honest: 1 })
  })
})

// ---------------------------------------------------------------- planted judges

const finding = (check: string, result: Finding['result'], confirms = false): Finding => ({
  check,
  item: 0,
  class: 'D',
  result,
  because: check,
  facts: {},
  settle: null,
  confirms,
})
const no = (check: string) => finding(check, 'refutes')
const yes = (check: string) => finding(check, 'holds', true)
const CONFIRM = yes('by_id')

/** Rules of its own: nothing refutes, something confirms, the parents are complete. */
function judged(findings: readonly Finding[], off: readonly string[], parents: ReadFacts['parents']): Verdict {
  const low = parents.some(({ verdict }) => verdict !== 'complete')
  const kept = [...findings, ...(low ? [no('parents')] : [])].filter(({ check }) => !off.includes(check))
  const confirmed = off.includes('confirmation') || kept.some(({ confirms }) => confirms)
  const is = kept.some(({ result }) => result === 'refutes') ? 'incomplete' : confirmed ? 'complete' : 'unproven'
  return { is, because: '', findings: kept, next_steps: [], rules: '', hold: null }
}
const evidenceOf = (streams: { readonly [stream: string]: readonly Finding[] }): Evidence => ({
  last: new Map(Object.entries(streams).map(([name, some]) => [name, (off, parents) => judged(some, off, parents)])),
  thrown_away: [],
})
const above = (stream: string): readonly string[] => (stream === 'members' ? ['groups'] : [])
const escapes = (findings: readonly Finding[]) => hangingOn(evidenceOf({ users: findings }), above, ['users'], []).escapes
const carried = (findings: readonly Finding[]) => hangingOn(evidenceOf({ users: findings }), above, [], ['users']).carried_by

describe('a judge without an item', () => {
  test.each([
    ['is deceived where that item alone names the lie', [no('count'), CONFIRM], ['count']],
    ['is not where two do, and is without both', [no('count'), no('second_pass'), CONFIRM], ['count+second_pass']],
    ['is not without any two of three', [no('count'), no('second_pass'), no('total'), CONFIRM], ['total+count+second_pass']],
    ['is not where an item that costs nothing names it too', [no('count'), no('gaps'), CONFIRM], []],
    ['is, of such an item alone', [no('gaps'), CONFIRM], ['gaps']],
    ['is not where nothing else confirms it', [no('by_id')], []],
    ['is without the demand that something confirms it', [finding('second_pass', 'holds')], ['confirmation']],
    ['of a total has no probe of it either', [no('total'), no('total_probe'), CONFIRM], ['total']],
  ])('%s', (_, findings, sets) => {
    expect(escapes(findings)).toEqual(sets)
  })

  test('lets an honest read through no more where it alone confirms it', () => {
    expect(carried([yes('second_pass')])).toEqual(['second_pass'])
    expect(carried([yes('second_pass'), yes('count')])).toEqual(['count+second_pass'])
    expect(carried([yes('second_pass'), yes('count'), yes('by_id')])).toEqual(['count+second_pass+by_id'])
    expect(carried([yes('second_pass'), finding('gaps', 'holds', true)])).toEqual([])
  })

  test('judges the lists above without it too: what they lack is said below them', () => {
    const evidence = evidenceOf({ groups: [no('count'), CONFIRM], members: [CONFIRM] })
    expect(hangingOn(evidence, above, ['members'], []).escapes).toEqual(['count', 'parents'])
    const honest = evidenceOf({ groups: [yes('count')], members: [yes('count_per_parent')] })
    expect(hangingOn(honest, above, [], ['members']).carried_by).toEqual(['count', 'count_per_parent'])
  })

  test('named is by what refutes wrong rows, of these lists or above them, and no other', () => {
    const evidence = evidenceOf({ users: [no('count')], groups: [no('gaps'), no('total')], members: [no('by_id')] })
    expect(hangingOn(evidence, above, ['members'], []).named).toEqual(['total', 'by_id'])
  })

  test('names the least of several wrong lists: what one of them hangs on is enough', () => {
    const evidence = evidenceOf({ users: [no('count'), CONFIRM], groups: [no('count'), no('total'), CONFIRM] })
    expect(hangingOn(evidence, above, ['users', 'groups'], []).escapes).toEqual(['count'])
  })

  test('asked are those that cost and said something', () => {
    const evidence = evidenceOf({ users: [no('gaps'), yes('count')], groups: [finding('by_id', 'missing')] })
    expect(hangingOn(evidence, above, [], []).asked).toEqual(['count', 'by_id'])
  })
})

describe('what was read again', () => {
  type Attempt = Parameters<ReturnType<typeof listen>['listener']['judged']>[1]
  const facts = {} as ReadFacts
  const session = { records: async () => [] }
  async function heard(first: readonly Finding[], last: readonly Finding[], wrong: boolean) {
    const of = new Map<Attempt, readonly Finding[]>()
    const attempt = (findings: readonly Finding[]): Attempt => {
      const one = {
        session,
        facts,
        ends: (off: readonly string[]) => findings.every((f) => f.result === 'holds' || off.includes(f.check)),
      }
      of.set(one, findings)
      return one
    }
    const { listener, evidence } = listen<Attempt>(async () => wrong)
    await listener.again('users', attempt(first))
    listener.judged('users', attempt(last), (one, off, parents) => judged(of.get(one) ?? [], off, parents))
    return hangingOn(evidence(), above, [], [])
  }

  test('would have been believed without the item that had it read again', async () => {
    expect((await heard([no('total'), CONFIRM], [CONFIRM], true)).escapes).toEqual(['total'])
  })
  test('would not where its rows were as they should be', async () => {
    expect((await heard([no('total'), CONFIRM], [CONFIRM], false)).escapes).toEqual([])
  })
  test('would not where another item would have had it read again', async () => {
    expect((await heard([no('total'), no('count'), CONFIRM], [CONFIRM], true)).escapes).toEqual(['total+count'])
    // Only restless, and no reason for another verdict.
    expect((await heard([no('total'), finding('count', 'missing'), CONFIRM], [CONFIRM], true)).escapes).toEqual(['total+count'])
  })
})
