/**
 * One measurement in a process of its own, so that peak memory is its own. Prints one JSON line.
 *   measure.ts URL DIR CONNECTOR    run twice on one DIR for the unchanged re-sync
 */
import { readFileSync } from 'node:fs'
import { openHttp } from '../../runtime/http/open.ts'
import { sync } from '../../runtime/read/sync.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { Connection } from '../../runtime/types.ts'

const [url, dir, file] = process.argv.slice(2) as [string, string, string]

const begun = performance.now()
const cpu = process.cpuUsage()
const measured = await real()
const used = process.cpuUsage(cpu)
const wall_s = (performance.now() - begun) / 1000
process.stdout.write(
  `${JSON.stringify({ ...measured, wall_s, cpu_s: (used.user + used.system) / 1e6, peak_mb: process.resourceUsage().maxRSS / 1024 })}\n`,
)

async function real(): Promise<object> {
  const loaded = loadConnector(readFileSync(file, 'utf8'), file)
  if (loaded.connector === null) throw new Error(loaded.diagnostics.map((found) => found.message).join('\n'))
  const connector = loaded.connector
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
  const result = await sync({ connector, connection, store, http, now: Date.now })
  await http.close()
  await store.close()
  const streams = Object.values(result.streams)
  return {
    records: streams.reduce((sum, stream) => sum + stream.facts.stored, 0),
    requests: streams.reduce((sum, stream) => sum + stream.facts.requests, 0),
    verdicts: streams.map((stream) => stream.verdict.is),
    because: streams.map((stream) => stream.verdict.because),
  }
}
