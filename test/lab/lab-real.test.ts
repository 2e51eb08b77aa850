/** The command with its own benches: real workers, real twins, the real runtime. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LabReport } from '../../cli/lab/types.ts'
import { type World, world } from '../cli/io.ts'

let w: World
beforeAll(() => {
  w = world()
})
afterAll(() => w.clean())

const TIME = { timeout: 120_000 }

test('the same seed gives the same report; another seed plays other runs', TIME, async () => {
  const args = ['lab', 'cursor', '--fault', 'R4', '--runs', '4'] as const
  const [first, again, other] = [await w.json(...args), await w.json(...args), await w.json(...args, '--seed', '2')]
  const report = first.doc as LabReport
  expect(again.doc).toEqual(report)
  expect(other.doc.log).not.toBe(report.log)
  expect(report.reads.faulty).toBeGreaterThanOrEqual(4)
  expect(report.dialects).toEqual(['cursor'])
  // What the runtime cannot be told is said in every report.
  expect(report.impossible.map((line) => line.split(':')[0])).toEqual([
    'filed-4',
    'filed-5',
    'R3, and nobody names them',
    'filed-14',
  ])
  expect(report.cells.every((cell) => cell.fired > 0 && cell.requests > cell.requests_bare)).toBe(true)
})

test('a lie escapes where the evidence that notices it is off, and the verdict is no finding of the lab', TIME, async () => {
  const { doc } = await w.json('lab', 'cursor', '--fault', 'R20', '--runs', '2', '--without', 'scope_proof')
  const { ablation, reads } = doc as LabReport
  expect(reads.false_complete).toBe(0)
  expect(ablation).toMatchObject([{ without: 'scope_proof', escapes: ['R20'] }])
  expect(ablation[0]?.prevents).toBeGreaterThan(0)
})

test('a finding of the report is the run that its replay plays', TIME, async () => {
  const { doc } = await w.json('lab', 'cursor', '--fault', 'R16', '--runs', '1')
  const [cell] = (doc as LabReport).cells
  const { doc: again } = await w.json('lab', 'cursor', '--replay', `${cell?.scenario}@${cell?.seed}`)
  const [{ run, exchanges }] = again.replay
  expect(run).toMatchObject({
    scenario: cell?.scenario,
    seed: cell?.seed,
    requests: cell?.requests,
    said: Object.keys(cell?.said ?? {})[0],
  })
  expect(exchanges.some((one: { faults: readonly string[] }) => one.faults.length > 0)).toBe(true)
})

test('policies fall for what we notice, over the same runs', TIME, async () => {
  const { doc } = await w.json('lab', 'cursor', '--fault', 'peer-error_200', '--runs', '2', '--policies')
  const [ours, ...others] = (doc as LabReport).policies
  expect(ours).toMatchObject({ policy: 'Rollcall', false_success: { k: 0 } })
  expect(others.length).toBe(4)
  for (const other of others) expect(other.false_success.k).toBeGreaterThan(0)
})

test('no command but the lab can switch a check off', () => {
  const files = readdirSync('cli', { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/^lab(\/|\.ts)/.test(file),
  )
  expect(files.length).toBeGreaterThan(40)
  expect(files.filter((file) => /\boff\s*:/.test(readFileSync(join('cli', file), 'utf8')))).toEqual([])
})
