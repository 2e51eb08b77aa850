/** What one run must have become. */
import { appendFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { DialectName } from '../targets/dialects.ts'
import type { FaultName } from '../targets/faults.ts'
import type { Case } from './cases.ts'
import { isTrue, type Run, runSync } from './run.ts'

export async function checkCase(one: Case, dialect: DialectName): Promise<void> {
  const run = await runSync(dialect, one.faults, one.options)
  try {
    report(one, run)
    expectCase(one, run)
  } finally {
    await run.end()
  }
}

export function expectCase(one: Case, run: Run): void {
  expectHonestRequests(run)
  for (const name of Object.keys(one.faults) as FaultName[]) {
    expect(run.fired[name], `the fault ${name} must have fired`).toBeGreaterThanOrEqual(one.fires ?? 1)
  }
  const stream = one.stream ?? 'users'
  const said = { code: run.code, verdict: run.verdicts[stream], because: run.json.streams[stream]?.because, differs: run.differs }
  if (run.code === 0) expect(isTrue(run.differs), `SILENT LOSS ${text(said)}`).toBe(true)
  for (const [name, verdict] of Object.entries(run.verdicts)) {
    if (verdict === 'complete') expectComplete(name, run)
  }
  switch (one.must) {
    case 'complete':
      expect({ code: run.code, verdicts: run.verdicts }, why(run)).toEqual({ code: 0, verdicts: ALL_COMPLETE })
      expect(run.differs).toEqual(NOTHING)
      break
    case 'incomplete':
      expect([run.code, run.verdicts[stream]], why(run)).toEqual([4, 'incomplete'])
      break
    case 'open':
      expect(run.code, why(run)).toBe(4)
      expect(['incomplete', 'unproven'], why(run)).toContain(run.verdicts[stream])
      break
    case 'safe':
      expect([0, 4]).toContain(run.code)
      break
  }
  for (const spared of one.spares ?? []) expect(run.verdicts[spared], why(run)).toBe('complete')
  if (one.disqualifies !== undefined) {
    const found = run.json.streams[stream]?.evidence.filter((finding) => finding.check === one.disqualifies) ?? []
    expect(found.map((finding) => finding.result)).not.toContain('holds')
    expect(found).not.toEqual([])
  }
  if (one.most_requests !== undefined) expect(run.requests).toBeLessThanOrEqual(one.most_requests)
  if (run.code === 4) expectNamed(run)
}

/** A stream that is called complete holds the truth, whatever the exit code is. */
function expectComplete(stream: string, run: Run): void {
  const { missing, invented, wrong, missing_edges, invented_edges } = run.differs
  if (stream === 'users')
    expect({ missing, invented, wrong }, `FALSE COMPLETE ${why(run)}`).toEqual({ missing: [], invented: [], wrong: [] })
  if (stream === 'memberships') {
    expect({ missing_edges, invented_edges }, `FALSE COMPLETE ${why(run)}`).toEqual({ missing_edges: [], invented_edges: [] })
  }
}

/** A verdict below complete says why, and what would settle it. */
function expectNamed(run: Run): void {
  for (const [name, stream] of Object.entries(run.json.streams)) {
    if (stream.verdict === 'complete') continue
    expect(stream.because, name).not.toBe('')
    expect(stream.next_steps, `${name}: ${stream.because}`).not.toEqual([])
  }
}

export function expectHonestRequests(run: Run): void {
  expect(run.target.unexpected).toEqual([])
  expect(run.target.refused_tokens()).toBe(0)
  expect(`${JSON.stringify(run.json)}${run.stderr}`).not.toContain(run.target.token)
}

export const ALL_COMPLETE = { users: 'complete', groups: 'complete', memberships: 'complete' }
export const NOTHING = { missing: [], invented: [], wrong: [], missing_edges: [], invented_edges: [] }

export function why(run: Run): string {
  return text(
    Object.fromEntries(Object.entries(run.json.streams).map(([name, { verdict, because }]) => [name, `${verdict}: ${because}`])),
  )
}

const text = (value: unknown) => JSON.stringify(value).slice(0, 2_000)

/** For people: fault × dialect → records and verdict. Only ever under the temporary folder. */
function report(one: Case, run: Run): void {
  const dir = join(tmpdir(), 'rollcall-fault-matrix')
  mkdirSync(dir, { recursive: true })
  const users = run.json.streams['users']
  const cells = [
    one.row,
    one.claim,
    run.dialect,
    one.must,
    String(run.code),
    users?.verdict,
    users?.records,
    run.verdicts['memberships'],
  ]
  appendFileSync(join(dir, `${process.pid}.tsv`), `${[...cells, run.requests, users?.because].join('\t')}\n`)
}
