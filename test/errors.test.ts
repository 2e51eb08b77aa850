import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ERRORS } from '../runtime/errors.ts'

/** Every text in the sources that looks like a code of a room that has codes. */
const rooms = new Set(Object.keys(ERRORS).map((code) => code.split('/')[0] as string))
const sources = ['runtime', 'cli'].flatMap((top) =>
  readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'errors.ts')
    .map((file) => join(top, file)),
)
const used = new Map<string, string>()
for (const file of sources) {
  for (const [, code] of readFileSync(file, 'utf8').matchAll(/['"`]([a-z_]+\/[a-z0-9-]+)['"`]/g)) {
    if (rooms.has((code as string).split('/')[0] as string)) used.set(code as string, file)
  }
}

describe('the table of codes', () => {
  test('every code that the sources use is explained', () => {
    const unknown = [...used].filter(([code]) => !Object.hasOwn(ERRORS, code))
    expect(unknown).toEqual([])
  })

  test('every explained code is used', () => {
    expect(Object.keys(ERRORS).filter((code) => !used.has(code))).toEqual([])
  })

  test('every entry says what it means and what to do, as sentences', () => {
    const bad = Object.entries(ERRORS).filter(
      ([, entry]) => !/^[A-Z`].*\.$/s.test(entry.means) || !/^[A-Z`].*\.$/s.test(entry.next),
    )
    expect(bad.map(([code]) => code)).toEqual([])
  })
})
