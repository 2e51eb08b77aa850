/** What may move the numbers of the lab, and what must not. */
import { describe, expect, test } from 'vitest'
import { isFine, tally } from '../../cli/lab/report/tally.ts'
import type { LabReport, Run } from '../../cli/lab/types.ts'

const lie: Run = {
  scenario: 'R1',
  side: 'read',
  class: 'faulty',
  dialect: 'alpha',
  seed: 1,
  population: 10,
  fired: { cut: 1 },
  counts: true,
  said: 'incomplete',
  because: 'named',
  expected: ['incomplete'],
  false_success: false,
  false_block: false,
  noticed: true,
  differs: [],
  requests: 10,
  requests_bare: 5,
  ms: 1,
  log: '0',
}
const honest: Run = { ...lie, scenario: 'honest', class: 'honest', said: 'complete', expected: ['complete'], noticed: false }
const change: Run = { ...lie, scenario: 'W1', side: 'write', said: 'refuted', expected: ['refuted'] }
const kept: Run = { ...change, scenario: 'honest', class: 'honest', said: 'verified', expected: ['verified'], noticed: false }
const BASE = [...Array.from({ length: 8 }, () => lie), ...Array.from({ length: 8 }, () => honest), change, change, kept, kept]

const reportOf = (runs: readonly Run[]): LabReport =>
  tally({
    seed: 1,
    played: runs.map((run) => ({
      job: { side: run.side, dialect: run.dialect, scenario: run.scenario, seed: run.seed, off: [], policies: false },
      run,
      policies: [],
    })),
    scenario: () => undefined,
    unplayed: [],
    impossible: [],
    assumed: [],
    official: () => ({ files: [], because: null }),
    replay: () => 'again',
  })
const base = reportOf(BASE)
const beside = (...more: readonly Run[]): LabReport => reportOf([...BASE, ...more])

const UNSTRUCK = { fired: { cut: 0 }, counts: false } as const
const BROKEN = { said: 'error', because: 'it threw' } as const
const many = (run: Run): readonly Run[] => Array.from({ length: 50 }, () => run)

describe('a lie that never struck is in no number', () => {
  test.each([
    ['noticed all the same', { ...lie, ...UNSTRUCK }],
    ['unproven', { ...lie, ...UNSTRUCK, said: 'unproven' as const }],
    ['capped', { ...lie, ...UNSTRUCK, said: 'unproven' as const, noticed: false, capped: 'nothing shows it' }],
    ['another answer than expected', { ...lie, ...UNSTRUCK, said: 'complete' as const, noticed: false }],
    ['a change', { ...change, ...UNSTRUCK }],
  ])('%s', (_, run) => {
    const { reads, writes, honest: controls, rates, findings, capped, worth } = beside(...many(run))
    expect({ reads, writes, controls, rates, findings, capped, worth }).toEqual({
      reads: base.reads,
      writes: base.writes,
      controls: base.honest,
      rates: base.rates,
      findings: [],
      capped: [],
      worth: base.worth,
    })
  })
})

describe('what was believed and false counts, its lie struck or not', () => {
  test.each([
    ['a read', { ...lie, said: 'complete' as const, noticed: false, false_success: true }, 'false_complete'],
    ['a change', { ...change, said: 'verified' as const, noticed: false, false_success: true }, 'false_verified'],
  ] as const)('%s', (_, run, kind) => {
    const [struck, not] = [beside(run), beside({ ...run, ...UNSTRUCK })]
    for (const report of [struck, not]) {
      expect([report.reads.false_complete + report.writes.false_verified, report.rates[kind].k]).toEqual([1, 1])
      expect(report.rates[kind].high).toBeGreaterThan(base.rates[kind].high)
      expect(report.findings.map((one) => one.kind)).toEqual([kind])
      expect(isFine(report)).toBe(false)
    }
    expect(not.rates).toEqual(struck.rates)
  })

  test('a control that is complete and wrong is a false complete too, and no part of the rate over lies', () => {
    const report = beside({ ...honest, false_success: true })
    expect([report.reads.false_complete, report.rates.false_complete]).toEqual([1, base.rates.false_complete])
    expect(report.findings).toHaveLength(1)
  })
})

describe('a run that broke is a finding, its lie struck or not, and makes no rate better', () => {
  test.each([
    ['struck', { ...lie, ...BROKEN }],
    ['not struck', { ...lie, ...BROKEN, ...UNSTRUCK }],
    ['of a change', { ...change, ...BROKEN, ...UNSTRUCK }],
  ])('%s', (_, run) => {
    const report = beside(...many(run))
    expect(report.rates).toEqual(base.rates)
    expect(report.reads.faulty + report.writes.faulty).toBe(60)
    expect(report.findings.map((one) => one.kind)).toEqual(many(run).map(() => 'error'))
    expect(isFine(report)).toBe(false)
  })

  test('of a control: it was not let through', () => {
    const report = beside({ ...honest, ...BROKEN, false_block: true, requests: 900 })
    expect([report.honest, report.rates.false_block.k]).toEqual([{ runs: 11, false_block: 1 }, 1])
    expect(report.rates.request_overhead).toBe(base.rates.request_overhead)
  })
})

test('what nothing can show (capped) is never noticed: it lowers detection and moves nothing else', () => {
  const report = beside(...many({ ...lie, said: 'unproven', expected: ['unproven'], noticed: false, capped: 'nothing shows it' }))
  const { k, n } = report.rates.detection_reads
  expect([k, n, base.rates.detection_reads.k, base.rates.detection_reads.n]).toEqual([8, 58, 8, 8])
  expect(report.rates.false_complete.k).toBe(0)
  expect(report.rates.false_block).toEqual(base.rates.false_block)
  expect(report.findings).toEqual([])
  expect(report.capped).toEqual([{ dialect: 'alpha', scenarios: ['R1'], because: 'nothing shows it' }])
})

test('what was read again and came whole is no lie that was noticed, and none that was missed', () => {
  const report = beside(...many({ ...lie, said: 'complete', expected: ['complete'], noticed: false }))
  expect(report.rates.detection_reads).toEqual(base.rates.detection_reads)
  expect(report.reads.faulty).toBe(58)
})
