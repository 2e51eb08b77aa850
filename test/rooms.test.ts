import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Which room may import which. Need a new arrow? The line is probably in the wrong room. */
const MAY_IMPORT: { readonly [room: string]: readonly string[] } = {
  types: [],
  errors: [],
  kinds: ['types', 'errors'],
  spec: ['types', 'errors', 'kinds'],
  secret: [],
  'person-name': [],
  http: ['types', 'errors', 'kinds', 'secret'],
  vault: ['types', 'errors', 'secret'],
  judge: ['types', 'errors', 'person-name', 'kinds', 'write-types', 'certify-types', 'levels-types', 'watch-types'],
  'write-types': ['types'],
  'certify-types': ['types'],
  'levels-types': ['types', 'certify-types'],
  'watch-types': ['types'],
  ledger: ['types', 'errors'],
  store: ['types', 'errors', 'person-name', 'write-types', 'certify-types', 'levels-types', 'watch-types', 'ledger'],
  watch: ['types', 'errors', 'watch-types', 'kinds', 'http', 'judge', 'record', 'store/port', 'store/watch-port'],
  record: ['types', 'errors', 'kinds', 'store/port'],
  read: ['types', 'errors', 'kinds', 'http', 'judge', 'record', 'store/port'],
  write: ['types', 'errors', 'write-types', 'kinds', 'http', 'judge', 'record', 'store/port', 'store/write-port'],
  govern: [
    'types',
    'errors',
    'person-name',
    'write-types',
    'certify-types',
    'levels-types',
    'watch-types',
    'kinds',
    'judge',
    'record',
    'read',
    'write',
    'watch',
    'ledger',
    'store/port',
    'store/write-port',
    'store/ledger-port',
    'store/certify-port',
    'store/levels-port',
    'store/watch-port',
  ],
  'webhook-out': ['types', 'errors', 'secret', 'levels-types', 'store/webhook-port', 'store/ledger-port'],
  control: ['types', 'errors', 'secret', 'write-types', 'ledger', 'vault', 'store'],
  api: [
    'certify-types',
    'levels-types',
    'watch-types',
    'watch',
    'webhook-out',
    'types',
    'errors',
    'secret',
    'write-types',
    'spec',
    'http',
    'judge',
    'record',
    'read',
    'write',
    'govern',
    'ledger',
    'vault',
    'store',
    'control',
  ],
  cli: [
    'api',
    'control',
    'vault',
    'types',
    'errors',
    'secret',
    'person-name',
    'write-types',
    'certify-types',
    'levels-types',
    'watch-types',
    'watch',
    'kinds',
    'spec',
    'http',
    'judge',
    'store',
    'record',
    'read',
    'write',
    'govern',
    'ledger',
  ],
}

const files = ['runtime', 'cli'].flatMap((top) =>
  readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(top, file)),
)
const imports = new Map(files.map((file) => [file, importsOf(file)]))

function importsOf(file: string): readonly string[] {
  const found = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...found].map((match) => normalize(join(dirname(file), match[1] as string))).filter((path) => path.endsWith('.ts'))
}

const roomOf = (file: string) => (file.startsWith('cli/') ? 'cli' : (file.split('/')[1] as string).replace(/\.ts$/, ''))
const mayImport = (room: string, target: string) =>
  (MAY_IMPORT[room] ?? []).some(
    (allowed) =>
      target === `runtime/${allowed}.ts` || target.startsWith(`runtime/${allowed}/`) || target.startsWith(`${allowed}/`),
  )

describe('rooms', () => {
  test('every import follows the arrows of the design', () => {
    const wrong = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => roomOf(target) !== roomOf(file) && !mayImport(roomOf(file), target))
        .map((target) => `${file} → ${target}`),
    )
    expect(wrong).toEqual([])
  })

  test('no file is in an import cycle, type imports included', () => {
    const state = new Map<string, 'open' | 'done'>()
    const cycles: string[] = []
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') return void cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      state.set(file, 'open')
      for (const target of imports.get(file) ?? []) visit(target, [...path, file])
      state.set(file, 'done')
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })

  // What is tested and what tests it must not be wrong in the same way.
  test('the lab shares no code with what it tests: only its runners open the doors of the runtime', () => {
    const NOUNS = new Set(['runtime/types.ts', 'runtime/watch-types.ts', 'runtime/write-types.ts', 'runtime/errors.ts'])
    const lab = files.filter((file) => file.startsWith('cli/lab/'))
    const opened = lab.filter((file) =>
      imports.get(file)?.some((target) => target.startsWith('runtime/') && !NOUNS.has(target) && !DOORS.has(file)),
    )
    expect(opened).toEqual([])
    const reached = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
      if (!seen.has(file)) for (const target of imports.get(file) ?? []) reached(target, seen.add(file))
      return seen.add(file)
    }
    const parts = lab.filter((file) => /^cli\/lab\/(twin|oracle|faults|scenarios|policies\/(ask|pages|read|write))\b/.test(file))
    const shared = parts
      .filter((file) => !file.endsWith('-bench.ts'))
      .flatMap((file) => [...reached(file)].filter((target) => target.startsWith('runtime/') && !NOUNS.has(target)))
    expect(parts.length).toBeGreaterThan(20)
    expect([...new Set(shared)]).toEqual([])
  })

  test('a source file stays under 300 lines', () => {
    const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 301).filter((file) => !TABLES.has(file))
    expect(long).toEqual([])
  })

  test('every room of the table exists', () => {
    const rooms = new Set(files.map(roomOf))
    expect([...rooms].filter((room) => MAY_IMPORT[room] === undefined)).toEqual([])
  })
})

/** The lab's runners. */
const DOORS = new Set(['dialects', 'rig', 'run-read', 'run-watch', 'run-write', 'write-base'].map((name) => `cli/lab/${name}.ts`))

/** Longer than 300 lines because they are tables. */
const TABLES = new Set(['runtime/api/schemas.ts', 'runtime/errors.ts', 'runtime/types.ts', 'runtime/write-types.ts'])
