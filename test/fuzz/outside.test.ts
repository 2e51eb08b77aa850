import { expect, test } from 'vitest'
import { CASES, SEED, told } from './ci.ts'
import { KINDS } from './kinds.ts'
import { play } from './play.ts'

test(`${CASES} bodies of the control API: each is taken as described, or refused with its place`, async () => {
  expect(told('API bodies', await play('bodies', SEED, { first: 0, count: CASES }))).toEqual([])
}, 300_000)

test(`${CASES} webhook-like requests: each is refused with a known code, or rightly signed, and nothing else of ours changes`, async () => {
  expect(told('webhook-like requests', await play('webhooks', SEED, { first: 0, count: CASES }))).toEqual([])
}, 300_000)

test(`${CASES} answers of targets: every record is stored, filtered or kept aside with a known code`, async () => {
  expect(told('answers of targets', await play('answers', SEED, { first: 0, count: CASES }))).toEqual([])
}, 300_000)

test('a planted fault is found, with the line that replays it', async () => {
  const planted = { ...(await KINDS['bodies']!.open()), name: 'planted' }
  const run = planted.run
  const faulty = {
    ...planted,
    run: (it: Parameters<typeof run>[0]) => (it.text.includes('constructor') ? JSON.parse('{') : run(it)),
  }
  const kinds = KINDS as { [name: string]: (typeof KINDS)[string] }
  kinds['planted'] = { open: async () => faulty, share: 0 }
  const { finds } = await play('planted', SEED, { first: 0, count: 5_000 })
  delete kinds['planted']
  expect(finds.length).toBeGreaterThan(0)
  expect(finds[0]!.replay).toBe(`npm run fuzz -- --kind planted --seed ${SEED} --case ${finds[0]!.n}`)
})
