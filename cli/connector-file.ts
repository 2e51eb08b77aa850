import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../runtime/errors.ts'
import { didYouMean } from '../runtime/spec/nearest.ts'
import type { Connector } from '../runtime/types.ts'
import { RenderedFailure, UNREADABLE } from './failure.ts'
import { safe } from './text.ts'

/** From cli/ in the repository, from dist/cli/ in the package. */
const SHELVES = ['../connectors/', '../../connectors/'].map((at) => fileURLToPath(new URL(at, import.meta.url)))

/** No connector and no page of a list is larger. */
const MAX_BYTES = 67_108_864

export type ConnectorFile = {
  /** Where it is read. */
  readonly path: string
  /** What a connection remembers: the absolute path, or the name of a built-in one. */
  readonly stored: string
  /** What messages call it. */
  readonly shown: string
}

/** A path, or the name of a connector that comes along. Throws `cli/file`. */
export function findConnector(given: string): ConnectorFile {
  if (/[\\/]|\.ya?ml$/i.test(given)) {
    const path = resolve(given)
    if (!existsSync(path)) throw new Failure('cli/file', given, `there is no file ${safe(given)}`)
    return { path, stored: path, shown: given }
  }
  for (const shelf of SHELVES) {
    const path = `${shelf}${given}.yaml`
    if (existsSync(path)) return { path, stored: given, shown: given }
  }
  const names = builtIn()
  const hint = didYouMean(given, names) ?? `built in are ${names.join(', ')}; a file is written with its path: ./acme.yaml`
  throw new Failure('cli/file', given, `there is no connector \`${safe(given)}\`; ${hint}`)
}

export function builtIn(): readonly string[] {
  const shelf = SHELVES.find((at) => existsSync(at))
  return shelf === undefined ? [] : readdirSync(shelf).flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -5)] : []))
}

/** The file's bytes. Throws `cli/file`. */
export function readBytes(path: string, shown: string): Uint8Array {
  try {
    const about = statSync(path)
    // A device has no end; a pipe (`<(…)`) has one.
    if (about.isCharacterDevice() || about.isBlockDevice())
      throw new Failure('cli/file', shown, `${safe(shown)} is a device, not a file`)
    if (about.size > MAX_BYTES)
      throw new Failure(
        'cli/file',
        shown,
        `${safe(shown)} has ${about.size.toLocaleString('en-US')} bytes; more than ${MAX_BYTES.toLocaleString('en-US')} are not read`,
      )
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Failure) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault'
    throw new Failure('cli/file', shown, `${safe(shown)} ${UNREADABLE[code] ?? `cannot be read: ${code}`}`)
  }
}

/** A valid connector. Throws `spec/invalid` with every error rendered. */
export async function readConnector(file: ConnectorFile, color: boolean): Promise<Connector> {
  const { loadConnector, renderDiagnostic } = await import('../runtime/spec/load.ts')
  const bytes = readBytes(file.path, file.shown)
  const { connector, diagnostics } = loadConnector(bytes, file.shown)
  if (connector !== null) return connector
  const text = new TextDecoder().decode(bytes)
  const errors = diagnostics.filter((d) => d.severity === 'error')
  const count = `${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`
  const rendered = errors.map((d) => `${renderDiagnostic(d, text, { color })}\n`).join('')
  throw new RenderedFailure('spec/invalid', file.shown, `${safe(file.shown)} is no valid connector: ${count}`, rendered)
}
