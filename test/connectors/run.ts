/** The real runtime, the whole of it, against a loopback target: connector file → store. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openHttp } from '../../runtime/http/open.ts'
import { Secret } from '../../runtime/http/secret.ts'
import type { SyncResult } from '../../runtime/read/run.ts'
import { sync } from '../../runtime/read/sync.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { Connection, Connector, Json, StoredRecord } from '../../runtime/types.ts'

export const CONNECTORS = resolve(import.meta.dirname, '../../connectors')

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const SECRETS: { readonly [name: string]: string } = {
  token: 'a-secret-token',
  password: 'a-secret',
  client_secret: 'a-secret',
  private_key: PEM,
}

/**
 * Loads a shipped connector, then turns the vendor's origins in it to the loopback target (a file may not say `http:`), and takes
 * the rate off: a loopback target has none. `edit` changes the file's text before.
 */
export function loadAt(
  name: string,
  redirect: (text: string) => string,
  edit: (yaml: string) => string = (yaml) => yaml,
): Connector {
  const yaml = edit(readFileSync(join(CONNECTORS, `${name}.yaml`), 'utf8'))
  const { connector, diagnostics } = loadConnector(yaml, `connectors/${name}.yaml`)
  if (connector === null) throw new Error(diagnostics.map((one) => `${one.line}: ${one.message}`).join('\n'))
  const here = deep(connector, redirect) as Connector
  return { ...here, limits: { ...here.limits, requests_per_minute: null } }
}

function deep(value: unknown, redirect: (text: string) => string): unknown {
  if (typeof value === 'string') return redirect(value)
  if (Array.isArray(value)) return value.map((item) => deep(item, redirect))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deep(inner, redirect)]))
}

/** What the connector sets where an operator says nothing. */
export function defaultsOf(connector: Connector): { readonly [name: string]: Json } {
  const entries = Object.entries(connector.settings)
  return Object.fromEntries(entries.flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])))
}

export type Ran = {
  readonly result: SyncResult
  readonly records: (stream: string) => Promise<readonly StoredRecord[]>
}

export type Runner = {
  /** Reads `only` these streams (all where absent) and what they depend on. */
  readonly run: (only?: readonly string[]) => Promise<Ran>
  readonly close: () => Promise<void>
}

export async function openRunner(
  connector: Connector,
  given: { readonly [name: string]: Json },
  attested: Connection['attested'] = null,
): Promise<Runner> {
  const settings = { ...defaultsOf(connector), ...given }
  // Waits pass at once: who sleeps moves the clock.
  let slept = 0
  const now = () => Date.now() + slept
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-connectors-'))
  const store = await openStore(folder)
  const http = openHttp({
    connector,
    settings,
    secrets: async (name) => new Secret(SECRETS[name] ?? 'unknown'),
    allow_private: true,
    now,
    sleep: async (ms) => {
      slept += ms
    },
    kept: { read: async () => ({}), keep: async () => undefined },
  })
  const connection: Connection = {
    name: 'here',
    connector: connector.connector,
    connector_file: connector.connector,
    settings,
    secrets: {},
    owner: null,
    attested,
    canaries: {},
    allow_private: true,
    created_at: new Date().toISOString(),
  }
  await store.putConnection(connection)
  return {
    async run(only) {
      const result = await sync({ connector, connection, store, http, now, ...(only === undefined ? {} : { only }) })
      return { result, records: (stream) => store.records('here', stream, { which: 'latest', after: 0, limit: 1_000 }) }
    },
    async close() {
      await http.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
