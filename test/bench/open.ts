/** A connection to the bench's target, opened as the product opens one. */
import { readFileSync } from 'node:fs'
import { openHttp } from '../../runtime/http/open.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { Connection } from '../../runtime/types.ts'

export async function openBench(url: string, dir: string, file: string) {
  const { connector, diagnostics } = loadConnector(readFileSync(file, 'utf8'), file)
  if (connector === null) throw new Error(diagnostics.map((found) => found.message).join('\n'))
  const connection: Connection = {
    name: 'bench',
    connector: connector.connector,
    connector_file: file,
    settings: { url },
    secrets: {},
    owner: null,
    attested: { by: 'bench', at: '2026-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z', reason: 'the bench made the population' },
    canaries: {},
    allow_private: true,
    created_at: '2026-01-01T00:00:00Z',
  }
  const store = await openStore(dir, { create: true })
  const http = openHttp({
    connector,
    settings: connection.settings,
    secrets: () => Promise.reject(new Error('the bench has no secrets')),
    allow_private: true,
    now: Date.now,
    kept: { read: async () => ({}), keep: async () => undefined },
  })
  return { connector, connection, store, http }
}
