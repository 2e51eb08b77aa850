/** Engine, SQLite and HTTP as they are, against the small target. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleepFor } from 'node:timers/promises'
import { type Http, openHttp } from '../../runtime/http/open.ts'
import { Secret } from '../../runtime/secret.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import type { LedgerStore } from '../../runtime/store/ledger-port.ts'
import type { Store } from '../../runtime/store/port.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { WriteStore } from '../../runtime/store/write-port.ts'
import type { Connection, Connector } from '../../runtime/types.ts'
import { requestChange, type WriteContext } from '../../runtime/write/engine.ts'
import type { Wanted } from '../../runtime/write/request-change.ts'
import { connectorText } from './target.ts'

export type SmallLab = {
  readonly ctx: WriteContext
  readonly store: Store & WriteStore & LedgerStore
  readonly http: Http
  readonly dir: string
  readonly ask: (action: string, id: string | null, more?: Partial<Wanted>) => Promise<string>
  readonly close: () => Promise<void>
}

/** In memory where there is such a thing: a killed process is not a lost power line, and fsync of a busy disk takes its time. */
export function newDir(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rollcall-engine-'))
}

export function smallConnector(window = '1s', every = '20ms'): Connector {
  const { connector, diagnostics } = loadConnector(Buffer.from(connectorText(window, every)), 'small.yaml')
  if (connector === null) throw new Error(JSON.stringify(diagnostics))
  return {
    ...connector,
    actions: Object.fromEntries(Object.entries(connector.actions).map(([name, action]) => [name, quick(action)])),
  }
}

/** Durations of the language are whole seconds; the tests have no time for them. */
function quick(action: Connector['actions'][string]): Connector['actions'][string] {
  return { ...action, verify: action.verify.map((verify) => ({ ...verify, within_s: 1.5, every_s: 0.02 })) }
}

let made = 0
export const newId = (): string =>
  `${Date.now().toString(36).padStart(12, '0')}${process.pid.toString(36).padStart(7, '0')}${(++made).toString(36).padStart(7, '0')}`

export async function openLab(url: string, dir = newDir(), more: Partial<WriteContext> = {}): Promise<SmallLab> {
  const connector = smallConnector('1s', '1s')
  const store = await openStore(dir, { create: true })
  const connection: Connection = {
    name: 'small',
    connector: 'small',
    connector_file: 'small.yaml',
    settings: { url },
    secrets: {},
    owner: null,
    attested: null,
    canaries: {},
    allow_private: true,
    created_at: '2026-11-21T00:00:00Z',
  }
  if ((await store.connection('small')) === null)
    await store.putConnection(connection, { by: 'test', at: '2026-01-01T00:00:00Z' })
  const http = openHttp({
    connector,
    settings: connection.settings,
    secrets: async () => new Secret(''),
    allow_private: true,
    now: Date.now,
    kept: { read: async () => ({}), keep: async () => {} },
  })
  const ctx: WriteContext = {
    connector,
    connection,
    http,
    store,
    now: Date.now,
    sleep: (ms, signal) => sleepFor(ms, undefined, signal === undefined ? {} : { signal }),
    newId,
    // A target of five people whom nobody has read: what is many is asked in a test of its own.
    removals: null,
    ...more,
  }
  return {
    ctx,
    store,
    http,
    dir,
    ask: async (action, id, wanted = {}) =>
      (await requestChange(ctx, { action, id, input: {}, provenance: PROVENANCE, ...wanted })).intent,
    close: async () => {
      await http.close()
      await store.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export const PROVENANCE = { by: 'anna', why: 'left the company', from: 'test', person: null } as const
