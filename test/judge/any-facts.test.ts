/** Any facts at all, sensible or not: the judge answers, follows its schema, and never rounds up. */
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evidenceSchema } from '../../runtime/judge/schema.ts'
import { judge } from '../../runtime/judge/verdict.ts'
import type { EvidenceClass, Finding, ReadFacts } from '../../runtime/types.ts'
import { HONEST, inputOf } from './sample.ts'

const few = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(1000) })
const share = fc.double({ min: 0, max: 1, noNaN: true })
const words = fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 })
const counts = fc.dictionary(fc.constantFrom('email', 'title', '__proto__', 'constructor'), few, { maxKeys: 3 })
const broken = fc.record({
  partition: fc.string({ maxLength: 3 }),
  code: fc.constantFrom('read/loop', 'decode/html'),
  because: fc.constant('x'),
})

const anything = fc.record({
  started_at: fc.constantFrom('2026-11-20T12:00:00Z', 'never', '2030-01-01'),
  pages: few,
  partitions: fc.nat(12),
  ended: fc.nat(12),
  marks: words,
  broken: fc.array(broken, { maxLength: 2 }),
  fetched: few,
  stored: few,
  stitched: few,
  repeated: few,
  filtered: counts,
  quarantined: counts,
  filled: counts,
  stitches: fc.record({ held: few, differed: few }),
  order: fc.record({ held: few, violated: few }),
  same_bodies: few,
  case_twins: words,
  in_store: few,
  by_offset: fc.boolean(),
  floor: fc.dictionary(fc.constantFrom('email', 'title'), share, { maxKeys: 2 }),
  required: words,
  parents: fc.array(
    fc.record({ stream: fc.constant('groups'), verdict: fc.constantFrom('complete', 'incomplete', 'unproven') }),
    { maxLength: 2 },
  ),
  baseline: fc.option(fc.record({ stored: few, filled: counts })),
})

/** Honest but for up to three facts, which may be anything. */
const facts: fc.Arbitrary<ReadFacts> = anything.chain((bent) =>
  fc
    .subarray(Object.keys(bent) as (keyof typeof bent)[], { maxLength: 3 })
    .map((keys) => ({ ...HONEST, ...Object.fromEntries(keys.map((key) => [key, bent[key]])) })),
)

const finding: fc.Arbitrary<Finding> = fc.record({
  check: fc.constantFrom(
    'count',
    'second_pass',
    'scope_proof',
    'total',
    'total_probe',
    'known_account',
    'order',
    'closure',
    'mystery',
  ),
  item: fc.constantFrom(0, 1, 2, 3, 8, 9, 10, 14, 16),
  class: fc.constantFrom<EvidenceClass>('A', 'B', 'C', 'D', 'E', 'F', 'G'),
  result: fc.constantFrom<Finding['result']>('holds', 'holds', 'holds', 'refutes', 'missing', 'anomaly'),
  because: fc.constant('said'),
  facts: fc.constantFrom({}, { unstable: true }, { changed: true }),
  confirms: fc.boolean(),
  settle: fc.constantFrom(null, 'do this'),
})

const inputs = fc.tuple(facts, fc.array(finding, { maxLength: 6 })).map(([seen, findings]) => inputOf(seen, findings))
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(evidenceSchema)

test('any input gets a verdict that follows its schema, survives JSON, and is the same again', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const verdict = judge(input)
      expect(validate(verdict), JSON.stringify(validate.errors)).toBe(true)
      expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict)
      expect(judge(input)).toEqual(verdict)
      if (verdict.is !== 'complete') expect(verdict.next_steps).not.toEqual([])
    }),
    { numRuns: 2000 },
  )
})

test('complete means: every row accounted for, every list ended, in scope, and confirmed from outside the list', () => {
  let complete = 0
  fc.assert(
    fc.property(inputs, ({ facts: seen, findings, ...history }) => {
      const verdict = judge({ facts: seen, findings, ...history })
      if (verdict.is !== 'complete') return
      complete++
      expect(verdict.findings.some((one) => one.result === 'refutes')).toBe(false)
      expect([seen.gaps.length, seen.repeated, seen.ended, seen.in_store]).toEqual([0, 0, seen.partitions, seen.stored])
      expect(findings.some((one) => one.check === 'scope_proof' && one.result === 'holds')).toBe(true)
      expect(seen.parents.every((parent) => parent.verdict === 'complete')).toBe(true)
      // Below no parents the proof is theirs.
      if (seen.partitions === 0) return
      expect(
        findings.some((one) => one.confirms && one.result === 'holds' && (one.item === 1 || ['B', 'D', 'F'].includes(one.class))),
      ).toBe(true)
    }),
    { numRuns: 20_000, seed: 7 },
  )
  expect(complete).toBeGreaterThan(10)
})
