/** Where a measurement is played: the target in a process of its own, what is measured in another, a folder that goes away. */
import { execFile, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export type Measured = {
  records: number
  requests: number
  wall_s: number
  cpu_s: number
  peak_mb: number
  verdicts?: string[]
  because?: string[]
}
export type Verified = Measured & { verified: number }
export type SentOnly = Measured & { sent: number }
export type Overtaken = Measured & { backlog: number; still_waiting: number; first_request_ms: number[] }
export type Target = { readonly url: string; readonly stats: () => Promise<TargetStats>; readonly stop: () => void }
export type TargetStats = { requests: number; refused: number; first_ms: number; last_ms: number; busiest_second: number }

export const HERE = fileURLToPath(new URL('.', import.meta.url))
const ROOT = join(HERE, '../..')
/** What is published is compiled JavaScript; so is what is measured. */
const COMPILED = join(ROOT, '.cache/bench/test/bench')
/** The flags that `rollcall` itself runs with: small young generation, early collections. */
export const FLAGS = [
  ...(
    JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { rollcall: string } }
  ).scripts.rollcall.matchAll(/--\S+/g),
].map(String)

export function compile(): void {
  const { status, stdout } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', HERE], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stdout)
  copyFileSync(join(ROOT, 'package.json'), join(ROOT, '.cache/bench/package.json'))
}

export async function measure<T extends Measured>(program: string, url: string, args: readonly string[]): Promise<T> {
  progress([program, ...args.filter((arg) => !arg.startsWith('/'))].join(' '))
  const flags = program.startsWith('measure') ? FLAGS : []
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, join(COMPILED, `${program}.js`), url, ...args], {
    maxBuffer: 1 << 24,
  })
  return JSON.parse(stdout) as T
}

export function connectorOf(name: string): string {
  return join(HERE, `connectors/${name}.yaml`)
}

export async function withTarget<T>(
  users: number,
  latency_ms: number,
  permitted_per_s: number,
  use: (target: Target) => Promise<T>,
): Promise<T> {
  progress(`target with ${users} records`)
  const child = fork(join(HERE, 'target.ts'), [String(users), String(latency_ms), String(permitted_per_s)])
  const [ready] = (await once(child, 'message')) as [{ port: number }]
  const stats = async () => {
    const answer = once(child, 'message')
    child.send({ kind: 'stats' })
    return (await answer)[0] as TargetStats
  }
  try {
    return await use({ url: `http://127.0.0.1:${ready.port}`, stats, stop: () => child.disconnect() })
  } finally {
    child.disconnect()
  }
}

export async function withFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-bench-'))
  try {
    return await use(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000
}

function progress(what: string): void {
  process.stderr.write(`· ${what}\n`)
}
