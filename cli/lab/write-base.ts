/** A target that was read once, clean: the store that came of it is kept and copied for each run, so that controls know whom to ask for. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type Http, openHttp } from '../../runtime/http/open.ts'
import { sync } from '../../runtime/read/sync.ts'
import { Secret } from '../../runtime/secret.ts'
import type { Store } from '../../runtime/store/port.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { WriteStore } from '../../runtime/store/write-port.ts'
import type { Connection, Connector } from '../../runtime/types.ts'
import { BEGIN_MS, type Clock, clock } from './clock.ts'
import type { Dialect } from './twin/dialect.ts'
import { createTwin, type Stage } from './twin/serve.ts'
import type { Twin } from './twin/types.ts'

export const POPULATIONS: readonly number[] = [6, 14, 31]
const PAGE_SIZE = 10
const HOUR_MS = 3_600_000
/** A whole read at the beginning of every world takes less than this. */
const AFTER_READ_MS = 6 * HOUR_MS

export type Base = { readonly population: number; readonly folder: string; readonly connection: Connection }

/** The twin as it is before a change, its clock six hours after the first read. */
export function stageTwin(dialect: Dialect, stage: Stage, population: number): { readonly twin: Twin; readonly time: Clock } {
  const time = clock(BEGIN_MS)
  const twin = createTwin({ dialect, stage, clock: time, seed: 4_000 + population, population, page_size: PAGE_SIZE })
  return { twin, time }
}

export function openRoot(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rollcall-lab-'))
}

export async function makeBase(dialect: Dialect, stage: Stage, root: string, population: number): Promise<Base> {
  const { twin, time } = stageTwin(dialect, stage, population)
  const folder = join(root, `${encodeURIComponent(dialect.name)}-${population}`)
  mkdirSync(folder)
  const store = await openStore(folder)
  const http = httpOf(twin, time, twin.connector)
  const connection = connectionOf(dialect, twin)
  try {
    await store.putConnection(connection, { by: 'lab', at: '2026-01-01T00:00:00Z' })
    await sync({ connector: twin.connector, connection, store, http, now: time.now })
  } finally {
    await http.close()
    await store.close()
  }
  if (twin.strangers.length > 0)
    throw new Error(`${dialect.name}: the first read asked what the twin does not know: ${twin.strangers[0]}`)
  if (time.now() > BEGIN_MS + AFTER_READ_MS) throw new Error(`${dialect.name}: the first read took more than six hours`)
  return { population, folder, connection }
}

/** A store of its own for one run. */
export async function copyOf(base: Base, folder: string): Promise<Store & WriteStore> {
  rmSync(folder, { recursive: true, force: true })
  cpSync(base.folder, folder, { recursive: true })
  return await openStore(folder, { create: false })
}

export const toAfterRead = (time: Clock): void => time.jump(BEGIN_MS + AFTER_READ_MS - time.now())

export function httpOf(twin: Twin, time: Clock, connector: Connector): Http {
  return openHttp({
    connector,
    settings: twin.settings,
    secrets: async (name) => new Secret(twin.secrets[name] ?? 'unknown'),
    allow_private: true,
    now: time.now,
    sleep: besides(time),
    kept: { read: async () => ({}), keep: async () => undefined },
    random: () => 0.5,
  })
}

/** Two who sleep at once sleep beside each other, not one after the other. */
export function besides(time: Clock): (ms: number, signal?: AbortSignal) => Promise<void> {
  return async (ms, signal) => {
    signal?.throwIfAborted()
    const until_ms = time.now() + Math.max(0, ms)
    await setImmediate()
    if (time.now() < until_ms) time.jump(until_ms - time.now())
    signal?.throwIfAborted()
  }
}

function connectionOf(dialect: Dialect, twin: Twin): Connection {
  const at = new Date(BEGIN_MS).toISOString()
  const until = new Date(BEGIN_MS + 365 * 24 * HOUR_MS).toISOString()
  return {
    name: 'lab',
    connector: dialect.connector.connector,
    connector_file: dialect.connector.connector,
    settings: twin.settings,
    secrets: {},
    owner: null,
    attested: dialect.file.attested === false ? null : { by: 'lab', at, until, reason: 'the twin shows everybody' },
    canaries: {},
    allow_private: true,
    created_at: at,
  }
}
