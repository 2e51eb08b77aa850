import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ERRORS } from '../../runtime/errors.ts'

const CODE = /'((?:read|record|id|field|expand|value|http|spec|store|decode|pages)\/[a-z-]+)'/g
const used = globSync('runtime/{read,record}/**/*.ts').flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(CODE)].map((found) => found[1] as string),
)

test('every code of the read and record rooms has its entry, and every entry of its families is used', () => {
  expect(new Set(used).size).toBeGreaterThan(12)
  expect(used.filter((code) => !Object.hasOwn(ERRORS, code))).toEqual([])
  // The store sets the second of two contents aside under this one.
  const told = [...used, 'id/conflict']
  const ours = Object.keys(ERRORS).filter((code) => /^(?:read|record|id|field|expand)\//.test(code))
  expect(ours.filter((code) => !told.includes(code))).toEqual([])
})
