/**
 * `npm run bench -- --peers`: the same target read by other engines, where their packages can be installed from PyPI
 * into a virtual environment under .cache/. They read and count; none of them stores, validates or proves what it read.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export type Peer = {
  readonly name: string
  readonly version: string | null
  readonly records: number | null
  readonly wall_s: number | null
  readonly records_per_s: number | null
  readonly skipped: string | null
}

const PEERS = [
  { name: 'Airbyte CDK', package: 'airbyte-cdk', version: '7.39.1', script: 'airbyte.py' },
  { name: 'dlt', package: 'dlt', version: '1.31.0', script: 'dlt_rest.py' },
  { name: 'Meltano Singer SDK', package: 'singer-sdk', version: '0.54.9', script: 'singer.py' },
] as const

const HERE = fileURLToPath(new URL('.', import.meta.url))
const CACHE = join(HERE, '../../.cache/peers')
const run = promisify(execFile)

export async function measurePeers(url: string, users: number): Promise<readonly Peer[]> {
  const peers: Peer[] = []
  for (const peer of PEERS) peers.push(await measurePeer(peer, url, users))
  return peers
}

async function measurePeer(peer: (typeof PEERS)[number], url: string, users: number): Promise<Peer> {
  const nothing = { name: peer.name, version: peer.version, records: null, wall_s: null, records_per_s: null }
  const python = await install(peer)
  if ('skipped' in python) return { ...nothing, skipped: python.skipped }
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-peer-'))
  try {
    const begun = performance.now()
    const { stdout } = await run(python.path, [join(HERE, 'peers', peer.script), url, folder], {
      maxBuffer: 1 << 28,
      timeout: 900_000,
      env: PEER_ENV,
    })
    const wall_s = (performance.now() - begun) / 1000
    const records = Number(stdout.trim().split('\n').at(-1))
    if (records !== users) return { ...nothing, skipped: `read ${records} of ${users}` }
    return {
      ...nothing,
      records,
      wall_s: Math.round(wall_s * 10) / 10,
      records_per_s: Math.round(records / wall_s),
      skipped: null,
    }
  } catch (error) {
    return {
      ...nothing,
      skipped: `failed: ${String((error as Error).message)
        .split('\n')
        .at(-1)}`,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** No telemetry: the bench speaks with loopback only. */
const PEER_ENV = {
  ...process.env,
  RUNTIME__DLTHUB_TELEMETRY: 'false',
  DO_NOT_TRACK: '1',
  MELTANO_SEND_ANONYMOUS_USAGE_STATS: 'false',
}

async function install(peer: (typeof PEERS)[number]): Promise<{ path: string } | { skipped: string }> {
  const folder = join(CACHE, `${peer.package}-${peer.version}`)
  const path = join(folder, 'bin/python')
  if (existsSync(join(folder, 'installed'))) return { path }
  try {
    await run('python3', ['-m', 'venv', folder])
    await run(path, ['-m', 'pip', 'install', '-q', `${peer.package}==${peer.version}`], { timeout: 600_000, maxBuffer: 1 << 24 })
    await run('touch', [join(folder, 'installed')])
    return { path }
  } catch (error) {
    return { skipped: `cannot be installed here: ${String((error as Error).message).split('\n')[0]}` }
  }
}
