import { expect, test } from 'vitest'
import { CASES, SEED, told } from './ci.ts'
import { play } from './play.ts'

test(`${CASES} connector files: none crashes, every error has a known code and a place`, async () => {
  expect(told('connector files', await play('specs', SEED, { first: 0, count: CASES }))).toEqual([])
}, 900_000)
