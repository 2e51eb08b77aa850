/** What the runs of a worker share: a server, a store in memory where there is such a folder, loaded dialects. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { loadDialect } from './dialects.ts'
import type { Dialect } from './twin/dialect.ts'
import { openStage, type Stage } from './twin/serve.ts'

export type Store = Awaited<ReturnType<typeof openStore>>
export type Rig = {
  readonly stage: () => Promise<Stage>
  /** A store with few other runs in it. */
  readonly store: () => Promise<Store>
  readonly dialect: (name: string) => Dialect
  /** A name that no connection of this worker had before: a run must not find what another left. */
  readonly fresh: () => string
  readonly close: () => Promise<void>
}

/** A store that has seen so many runs is thrown away: its indexes would slow the next ones down. */
const RUNS_A_STORE = 100

export function openRig(load: (name: string) => Dialect = loadDialect): Rig {
  let stage: Promise<Stage> | null = null
  let folder: string | null = null
  let store: Store | null = null
  let used = 0
  let named = 0
  const dialects = new Map<string, Dialect>()

  async function drop(): Promise<void> {
    await store?.close()
    if (folder !== null) rmSync(folder, { recursive: true, force: true })
    store = null
    folder = null
  }
  return {
    stage: () => (stage ??= openStage()),
    async store() {
      if (store !== null && used++ < RUNS_A_STORE) return store
      await drop()
      used = 1
      folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rollcall-lab-'))
      store = await openStore(folder)
      return store
    },
    dialect(name) {
      const known = dialects.get(name) ?? load(name)
      dialects.set(name, known)
      return known
    },
    fresh: () => `run-${++named}`,
    async close() {
      await drop()
      if (stage !== null) await (await stage).close()
    },
  }
}
