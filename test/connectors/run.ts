/** The real runtime, the whole of it, against a loopback target: connector file → store. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openHttp } from '../../runtime/http/open.ts'
import type { SyncResult } from '../../runtime/read/run.ts'
import { sync } from '../../runtime/read/sync.ts'
import { Secret } from '../../runtime/secret.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { Connection, Connector, Json, JsonObject, StoredRecord } from '../../runtime/types.ts'
import type { WriteContext } from '../../runtime/write/context.ts'
import { drain, recheckDue, requestChange } from '../../runtime/write/engine.ts'
import type { IntentEvent, Look, Outcome } from '../../runtime/write-types.ts'

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
  /** Asks for one change and works it off, to its outcome; every wait passes at once. */
  readonly change: (action: string, id: string | null, input?: JsonObject) => Promise<Changed>
  /** What offboarding works with: the store, the connection, and how it is opened for changes. */
  readonly parts: { readonly store: WriteContext['store']; readonly connection: Connection; readonly context: WriteContext }
  /** So much later: looks again at whatever is due. */
  readonly later: (ms: number) => Promise<readonly Changed[]>
  readonly close: () => Promise<void>
}

export type Changed = { readonly outcome: Outcome; readonly looks: readonly Look[]; readonly events: readonly IntentEvent[] }

export async function openRunner(
  connector: Connector,
  given: { readonly [name: string]: Json },
  attested: Connection['attested'] = null,
  secrets: { readonly [name: string]: string } = SECRETS,
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
    secrets: async (name) => new Secret(secrets[name] ?? 'unknown'),
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
  await store.putConnection(connection, { by: 'test', at: '2026-01-01T00:00:00Z' })
  let made = 0
  const context: WriteContext = {
    connector,
    connection,
    http,
    store,
    now,
    sleep: async (ms) => {
      slept += ms
    },
    newId: () => `${now().toString(36).padStart(12, '0')}${(++made).toString(36).padStart(14, '0')}`,
  }
  async function changedBy(intent: string): Promise<Changed> {
    const events = (await store.intent(intent))?.events ?? []
    const last = events.findLast((event) => event.kind === 'outcome')
    if (last?.kind !== 'outcome') throw new Error(`no outcome: ${JSON.stringify(events.at(-1))}`)
    return { outcome: last.outcome, looks: events.flatMap((event) => (event.kind === 'look' ? [event.look] : [])), events }
  }
  return {
    parts: { store, connection, context },
    async change(action, id, input = {}) {
      const provenance = { by: 'kim', why: 'a test', from: 'test', person: null }
      const { intent } = await requestChange(context, { action, id, input, provenance })
      await drain(context)
      return await changedBy(intent)
    },
    async later(ms) {
      slept += ms
      // One look is not enough to call something undone: the next follows after the spacing that the action declares.
      const intents = new Set<string>()
      for (let round = 0; round < 4; round++, slept += 15_000)
        for (const { intent } of await recheckDue(context)) intents.add(intent)
      return await Promise.all([...intents].map(changedBy))
    },
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
