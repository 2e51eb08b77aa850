/** The faults of reading, R1 to R34: 1,000 users in 10 pages, six dialects, and nobody lost in silence. */
import { describe, test } from 'vitest'
import { READING } from './cases.ts'
import { checkCase } from './check.ts'

describe('the faults of reading', () => {
  for (const one of READING) {
    test.concurrent.each(one.on)(`${one.row}: ${one.claim} (${one.must}, %s)`, (dialect) => checkCase(one, dialect))
  }
})
