/** One sync of the real thing, through the command line, against a target that lies; and what came of it beside the truth. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DIALECTS, type DialectName } from '../targets/dialects.ts'
import type { FaultName, Faults } from '../targets/faults.ts'
import { type Population, population } from '../targets/population.ts'
import { startTarget, type Target } from '../targets/server.ts'
import { type Invoked, invoke, storedRecords } from './invoke.ts'

export type VerdictName = 'complete' | 'incomplete' | 'unproven'
export type StreamName = 'users' | 'groups' | 'memberships'

export type StreamJson = {
  readonly verdict: VerdictName
  readonly because: string
  readonly records: number
  readonly evidence: readonly {
    readonly check: string
    readonly item: number
    readonly result: string
    readonly because: string
  }[]
  readonly gaps: readonly { readonly partition: string; readonly code: string; readonly because: string }[]
  readonly next_steps: readonly string[]
  readonly hold?: string | null
}
export type SyncJson = {
  readonly version: number
  readonly streams: { readonly [stream: string]: StreamJson }
  readonly gate: unknown
}

export type Run = {
  readonly dialect: DialectName
  readonly code: number
  readonly json: SyncJson
  readonly verdicts: { readonly [stream: string]: VerdictName }
  /** Records read, by stream. */
  readonly records: { readonly [stream: string]: number }
  /** Requests the target saw in this sync. */
  readonly requests: number
  readonly fired: { readonly [name in FaultName]?: number }
  /** How the stored records differ from the truth; all empty where they do not. */
  readonly differs: Difference
  readonly target: Target
  readonly dir: string
  readonly stderr: string
  readonly end: () => Promise<void>
}

/** A record counts as missing where it was there before and after the sync; as invented where it never was. */
export type Difference = {
  readonly missing: readonly string[]
  readonly invented: readonly string[]
  readonly wrong: readonly string[]
  readonly missing_edges: readonly string[]
  readonly invented_edges: readonly string[]
}

export type RunOptions = {
  readonly seed?: number
  readonly n?: number
  readonly groups?: number
  /** The target's own cap on a page. */
  readonly pageMax?: number
  /** The run whose target and store this one goes on with. */
  readonly previous?: Run
  readonly attest?: boolean
  /** Declares the connector otherwise. */
  readonly declare?: (yaml: string) => string
  /** Changes the truth before the sync. */
  readonly before?: (all: Population) => void
}

const CONNECTORS = fileURLToPath(new URL('../connectors-for-tests/', import.meta.url))

export async function runSync(dialect: DialectName, faults: Faults, options: RunOptions = {}): Promise<Run> {
  const { seed = 1, n = 1_000, groups, previous } = options
  const target =
    previous?.target ??
    (await startTarget({
      dialect,
      seed,
      population: population({ n, seed, ids: DIALECTS[dialect].ids, ...(groups === undefined ? {} : { groups }) }),
      ...(options.pageMax === undefined ? {} : { page_max: options.pageMax }),
    }))
  const dir = previous?.dir ?? mkdtempSync(join(tmpdir(), 'rollcall-faults-'))
  options.before?.(target.population)
  target.lie(faults)
  const firedBefore = { ...target.fired }
  const requestsBefore = target.requests.length
  const truthBefore = truthOf(target.population)
  let invoked: Invoked
  try {
    invoked = await invoke(syncArgs(connectorFile(dialect, dir, options.declare), target, dir, options.attest ?? true), {
      ROLLCALL_TEST_TOKEN: target.token,
    })
    expectDocument(invoked)
  } catch (error) {
    await target.close()
    rmSync(dir, { recursive: true, force: true })
    throw error
  }
  const json = JSON.parse(invoked.stdout) as SyncJson
  const truthAfter = truthOf(target.population)
  const fired = Object.fromEntries(
    Object.entries(target.fired).map(([name, count]) => [name, count - (firedBefore[name as FaultName] ?? 0)]),
  )
  return {
    dialect,
    code: invoked.code,
    json,
    verdicts: Object.fromEntries(Object.entries(json.streams).map(([name, stream]) => [name, stream.verdict])),
    records: Object.fromEntries(Object.entries(json.streams).map(([name, stream]) => [name, stream.records])),
    requests: target.requests.length - requestsBefore,
    fired,
    differs: compare(truthBefore, truthAfter, await storedRecords(dir)),
    target,
    dir,
    stderr: invoked.stderr,
    end: async () => {
      await target.close()
      rmSync(dir, { recursive: true, force: true })
      rmSync(`${dir}.yaml`, { force: true })
    },
  }
}

export const connectorOf = (dialect: DialectName) => join(CONNECTORS, `${dialect}.yaml`)

function connectorFile(dialect: DialectName, dir: string, declare: RunOptions['declare']): string {
  if (declare === undefined) return connectorOf(dialect)
  const file = `${dir}.yaml`
  writeFileSync(file, declare(readFileSync(connectorOf(dialect), 'utf8')))
  return file
}

export function syncArgs(connector: string, target: Target, dir: string, attest: boolean): string[] {
  return [
    'sync',
    ...['--connector', connector],
    ...['--set', `url=${target.url}`],
    ...['--secret', 'token=env:ROLLCALL_TEST_TOKEN'],
    ...['--store', dir],
    ...(attest ? ['--attest-scope', 'test; sees all'] : []),
    '--allow-private',
    '--json',
  ]
}

function expectDocument({ code, stdout, stderr }: Invoked): void {
  if (stdout.trim() === '') throw new Error(`the sync gave no document (exit code ${code}):\n${stderr}`)
}

type Truth = { readonly users: ReadonlyMap<string, string>; readonly edges: ReadonlySet<string> }

function truthOf(all: Population): Truth {
  const users = new Map(all.users.map((user) => [user.id, `${user.login} ${user.active}`]))
  return { users, edges: new Set(all.groups.flatMap((group) => group.members.map((member) => `${group.id} ${member}`))) }
}

export type Stored = {
  readonly [stream: string]: readonly { readonly id: string; readonly fields: { readonly [field: string]: unknown } }[]
}

function compare(before: Truth, after: Truth, stored: Stored): Difference {
  const users = new Map((stored['users'] ?? []).map(({ id, fields }) => [id, `${fields['userName']} ${fields['active']}`]))
  const edges = new Set((stored['memberships'] ?? []).map(({ fields }) => `${fields['entitlement']} ${fields['account']}`))
  const stayed = (id: string) => before.users.has(id) && after.users.has(id)
  return {
    missing: [...after.users.keys()].filter((id) => stayed(id) && !users.has(id)),
    invented: [...users.keys()].filter((id) => !before.users.has(id) && !after.users.has(id)),
    wrong: [...users].filter(([id, said]) => stayed(id) && after.users.get(id) !== said).map(([id]) => id),
    missing_edges: [...after.edges].filter((edge) => before.edges.has(edge) && !edges.has(edge)),
    invented_edges: [...edges].filter((edge) => !before.edges.has(edge) && !after.edges.has(edge)),
  }
}

export const isTrue = (differs: Difference) => Object.values(differs).every((list) => list.length === 0)

/** What must never be: fine by exit code, and somebody missing, invented or wrong. */
export const isSilentLoss = (run: Run) => run.code === 0 && !isTrue(run.differs)
