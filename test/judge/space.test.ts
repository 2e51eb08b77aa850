/** The judge over all inputs of a reduced space, against the rule of truth.md written a second time, and against its invariants. */
import { expect, test } from 'vitest'
import { judge } from '../../runtime/judge/verdict.ts'
import type { EvidenceClass, Finding, ReadFacts } from '../../runtime/types.ts'
import { BY_OFFSET, HONEST, inputOf } from './sample.ts'

const finding = (
  check: string,
  item: number,
  cls: EvidenceClass,
  result: Finding['result'],
  confirms = false,
  facts = {},
): Finding => ({
  check,
  item,
  class: cls,
  result,
  because: `${check} ${result}`,
  facts,
  confirms,
  settle: result === 'holds' ? null : `settle ${check}`,
})

type Option = { readonly name: string; readonly facts?: Partial<ReadFacts>; readonly findings?: readonly Finding[] }
const none: Option = { name: 'none' }

/** In each dimension the options before `refutes…` and `missing…` speak for completeness, more with each step where `rising`. */
const SPACE: { readonly [dimension: string]: readonly Option[] } = {
  paging: [
    { name: 'cursor' },
    {
      name: 'offset one page',
      facts: { ...BY_OFFSET, pages: 1, fetched: 1000, stitched: 0, stitches: { held: 0, differed: 0 } },
    },
    { name: 'offset unstitched', facts: { ...BY_OFFSET, fetched: 1000, stitched: 0, stitches: { held: 0, differed: 0 } } },
    {
      name: 'offset unstitched ordered',
      facts: { ...BY_OFFSET, fetched: 1000, stitched: 0, stitches: { held: 0, differed: 0 }, order: { held: 10, violated: 0 } },
    },
    { name: 'offset stitched', facts: BY_OFFSET },
    { name: 'refutes shift', facts: { ...BY_OFFSET, stitches: { held: 8, differed: 1 } } },
    { name: 'refutes order', facts: { ...BY_OFFSET, order: { held: 9, violated: 1 } } },
  ],
  structure: [
    none,
    {
      name: 'refutes gap',
      facts: {
        gaps: [{ stream: 'users', partition: '', code: 'decode/html', where: 'GET /users', because: 'page 4: HTML', at: '' }],
      },
    },
    { name: 'refutes repeated' },
  ],
  scope: [
    none,
    { name: 'missing expired', findings: [finding('scope_attested', 16, 'G', 'missing')] },
    { name: 'holds proof', findings: [finding('scope_proof', 16, 'G', 'holds')] },
    {
      name: 'holds attested',
      findings: [finding('scope_proof', 16, 'G', 'missing'), finding('scope_attested', 16, 'G', 'holds')],
    },
    {
      name: 'refutes proof, attested',
      findings: [finding('scope_proof', 16, 'G', 'refutes'), finding('scope_attested', 16, 'G', 'holds')],
    },
  ],
  parents: [
    none,
    { name: 'missing unproven', facts: { parents: [{ stream: 'groups', verdict: 'unproven' }] } },
    { name: 'holds complete', facts: { parents: [{ stream: 'groups', verdict: 'complete' }] } },
    {
      name: 'refutes incomplete',
      facts: {
        parents: [
          { stream: 'orgs', verdict: 'complete' },
          { stream: 'groups', verdict: 'incomplete' },
        ],
      },
    },
  ],
  total: [
    none,
    {
      name: 'holds unprobed, and says it confirms',
      findings: [finding('total', 1, 'A', 'holds', true), finding('total_probe', 2, 'A', 'missing')],
    },
    { name: 'holds probed', findings: [finding('total', 1, 'A', 'holds', true), finding('total_probe', 2, 'A', 'holds')] },
    { name: 'missing moved', findings: [finding('total', 1, 'A', 'missing', false, { unstable: true })] },
    { name: 'refutes', findings: [finding('total', 1, 'A', 'refutes')] },
  ],
  outside: [
    none,
    { name: 'missing unstable', findings: [finding('count', 3, 'B', 'missing', false, { unstable: true })] },
    { name: 'holds count', findings: [finding('count', 3, 'B', 'holds', true)] },
    { name: 'holds canaries', findings: [finding('canaries', 14, 'F', 'holds', true)] },
    { name: 'refutes count', findings: [finding('count', 3, 'B', 'refutes')] },
  ],
  replay: [
    none,
    { name: 'missing', findings: [finding('second_pass', 10, 'D', 'missing')] },
    { name: 'holds by_id', findings: [finding('by_id', 11, 'D', 'holds', true)] },
    { name: 'holds second pass', findings: [finding('second_pass', 10, 'D', 'holds', true)] },
    { name: 'refutes', findings: [finding('second_pass', 10, 'D', 'refutes')] },
  ],
  noise: [
    none,
    {
      name: 'holds class C that says it confirms',
      findings: [finding('known_account', 14, 'C', 'holds', true), finding('mystery', 0, 'B', 'holds', true)],
    },
    { name: 'missing closure', findings: [finding('closure', 9, 'C', 'missing')] },
    { name: 'refutes closure', findings: [finding('named_by_edges', 9, 'C', 'refutes')] },
  ],
}

const dimensions = Object.keys(SPACE)
const sizes = dimensions.map((name) => SPACE[name]!.length)
const count = sizes.reduce((product, size) => product * size, 1)
const RANK = { incomplete: 0, unproven: 1, complete: 2 } as const

function coordinates(index: number): readonly number[] {
  return sizes.map((size) => {
    const at = index % size
    index = Math.floor(index / size)
    return at
  })
}
const indexOf = (at: readonly number[]) => at.reduceRight((index, value, dimension) => index * sizes[dimension]! + value, 0)

/** The repeated rows are fetched on top of whatever the paging fetched. */
const repeating = (facts: ReadFacts): ReadFacts => ({ ...facts, repeated: 3, fetched: facts.fetched + 3 })

function inputAt(at: readonly number[]) {
  const chosen = at.map((value, dimension) => SPACE[dimensions[dimension]!]![value]!)
  let facts = HONEST
  for (const option of chosen)
    facts = option.name === 'refutes repeated' ? repeating(facts) : Object.assign({}, facts, option.facts)
  return {
    chosen: Object.fromEntries(chosen.map((option, index) => [dimensions[index]!, option.name])),
    input: inputOf(
      facts,
      chosen.flatMap((option) => option.findings ?? []),
    ),
  }
}

/** truth.md part 1, "Verdict", in the words of the space. */
function lawSays(c: { readonly [dimension: string]: string }): keyof typeof RANK {
  if (Object.values(c).some((name) => name.startsWith('refutes'))) return 'incomplete'
  const many = c['paging'] !== 'offset one page'
  const probed = c['total'] === 'holds probed' && many
  const second = c['replay'] === 'holds second pass'
  const confirmed =
    probed || second || c['replay'] === 'holds by_id' || c['outside'] === 'holds count' || c['outside'] === 'holds canaries'
  const sized = c['outside'] === 'holds count' || c['total']!.startsWith('holds')
  const seams =
    ['cursor', 'offset one page', 'offset stitched'].includes(c['paging']!) ||
    second ||
    (c['paging'] === 'offset unstitched ordered' && sized)
  const moving = c['total'] === 'missing moved' || c['outside'] === 'missing unstable'
  const scope = c['scope']!.startsWith('holds')
  const others = c['parents'] !== 'missing unproven' && c['noise'] !== 'missing closure'
  return confirmed && seams && scope && others && (!moving || second) ? 'complete' : 'unproven'
}

const ranks = new Uint8Array(count)
const wrong: unknown[] = []
const stepless: unknown[] = []
const tally = { incomplete: 0, unproven: 0, complete: 0 }
for (let index = 0; index < count; index++) {
  const { chosen, input } = inputAt(coordinates(index))
  const verdict = judge(input)
  ranks[index] = RANK[verdict.is]
  tally[verdict.is]++
  if (verdict.is !== lawSays(chosen) && wrong.length < 5) wrong.push({ chosen, is: verdict.is, because: verdict.because })
  if (verdict.is !== 'complete' && verdict.next_steps.length === 0) stepless.push(chosen)
}

test('the space is large and reaches every verdict', () => {
  expect(count).toBeGreaterThan(100_000)
  expect(tally.complete).toBeGreaterThan(500)
  expect(tally.unproven).toBeGreaterThan(500)
  expect(tally.incomplete).toBeGreaterThan(500)
})

test('every input gets the verdict of the law: never complete under a refutation, without scope, or unconfirmed', () => {
  expect(wrong).toEqual([])
})

test('what is not complete always says what to do next', () => {
  expect(stepless).toEqual([])
})

test('a refutation never raises, and puts every input to incomplete', () => {
  eachStep((from, to, name) => name.startsWith('refutes') && (ranks[to]! > ranks[from]! || ranks[to] !== RANK.incomplete))
})

test('an item that holds never lowers', () => {
  eachStep((from, to, name) => name.startsWith('holds') && ranks[to]! < ranks[from]!)
})

test('an item that is missing never raises', () => {
  eachStep((from, to, name) => name.startsWith('missing') && ranks[to]! > ranks[from]!)
})

/** Every step from a dimension's first option to another of its options, everything else equal. */
function eachStep(isWrong: (from: number, to: number, name: string) => boolean): void {
  let found: unknown = null
  for (let from = 0; from < count && found === null; from++) {
    const at = coordinates(from)
    for (const [d, dimension] of dimensions.entries()) {
      if (at[d] !== 0) continue
      for (const [value, option] of SPACE[dimension]!.entries()) {
        if (value === 0) continue
        const to = indexOf(at.with(d, value))
        if (isWrong(from, to, option.name)) found = { from: inputAt(at).chosen, to: option.name }
      }
    }
  }
  expect(found).toBeNull()
}

test('the same input gives the same verdict, and a verdict survives JSON', () => {
  for (let index = 0; index < count; index += 997) {
    const { input } = inputAt(coordinates(index))
    const verdict = judge(input)
    expect(JSON.stringify(judge(structuredClone(input)))).toBe(JSON.stringify(verdict))
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict)
  }
})
