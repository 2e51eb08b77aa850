/** What fuzzing of connector files found; each was a crash. */
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadConnector } from '../../runtime/spec/load.ts'
import { SAMPLE } from '../spec/sample.ts'

/** A JSON text in place of one at a path of the sample. */
function with_(path: readonly (string | number)[], value: unknown): string {
  const doc: unknown = parse(SAMPLE)
  const within = path.slice(0, -1).reduce((at, key) => (at as { readonly [key: string | number]: unknown })[key], doc)
  Object.assign(within as object, { [path.at(-1) as string]: value })
  return JSON.stringify(doc)
}

const OBJECT = { a: { b: 1 } }

describe('an object where a word belongs is told with its place', () => {
  test.each<readonly [string, readonly (string | number)[], unknown]>([
    ['a literal of a text field', ['streams', 'users', 'fields', 'displayName'], { literal: [OBJECT] }],
    ['what a stream is', ['streams', 'users', 'is'], OBJECT],
    ['what a stream is, in a list', ['streams', 'users', 'is'], [OBJECT]],
    ['an option of a setting that auth picks by', ['settings', 'domain'], { type: 'text', options: [OBJECT] }],
    ['the default of a setting with options', ['settings', 'domain'], { type: 'text', options: ['a'], default: [OBJECT] }],
    ['the type of a setting', ['settings', 'domain'], { type: OBJECT, default: 1 }],
    ['the kind of a proof', ['streams', 'users', 'prove'], [{ kind: OBJECT }]],
  ])('%s', (_, path, value) => {
    const { connector, diagnostics } = loadConnector(with_(path, value), 'x.yaml')
    expect(connector).toBeNull()
    expect(diagnostics[0]!.line).toBe(1)
  })
})
