/** Each policy reads an honest target whole, and falls for the lie that it is made for: a comparison with straw men would be worth nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clock } from '../../cli/lab/clock.ts'
import { dialectNames, loadDialect } from '../../cli/lab/dialects.ts'
import { truthOf } from '../../cli/lab/oracle/read.ts'
import { READ_POLICIES, type ReadPolicy, readBy } from '../../cli/lab/policies/read.ts'
import { createTwin, openStage, type Stage } from '../../cli/lab/twin/serve.ts'
import type { Hooks } from '../../cli/lab/twin/types.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

const policy = (name: string): ReadPolicy => READ_POLICIES.find((one) => one.name === name) as ReadPolicy

async function read(name: string, by: ReadPolicy, lies: readonly Hooks[] = []) {
  const known = loadDialect(name)
  const dialect = { ...known, connector: { ...known.connector, auth: { kind: 'none' } } }
  const twin = createTwin({ dialect, stage, clock: clock(), seed: 3, population: 60, page_size: 7 })
  twin.lie(lies)
  const found = await readBy(by, { connector: twin.connector, settings: twin.settings, streams: twin.file.streams, page_size: 7 })
  const missing = (stream: string): number =>
    found.said === 'error'
      ? -1
      : [...truthOf(twin, stream).keys()].filter((key) => found.keys.get(stream)?.has(key) !== true).length
  return { said: found.said, missing, twin, found }
}

describe.each(dialectNames())('an honest %s', (name) => {
  test.each(READ_POLICIES.map((one) => [one.name, one] as const))('is read whole by: %s', async (_, by) => {
    const { said, twin, found, missing } = await read(name, by)
    expect(said).toBe('success')
    expect(twin.strangers).toEqual([])
    const keys = found.said === 'success' ? [...found.keys].filter(([, some]) => some !== null) : []
    expect(keys.length).toBeGreaterThan(0)
    for (const [stream] of keys) expect(`${stream} ${missing(stream)}`).toBe(`${stream} 0`)
  })
})

const users = (ask: { readonly endpoint: string }): boolean => ask.endpoint === 'GET /Users'
const LIES: readonly (readonly [lie: string, hooks: Hooks, falls: string, stands: string | null, says: string])[] = [
  [
    'the target caps its pages',
    { size: (ask, size) => (users(ask) ? 5 : size) },
    'stop on a short page',
    'loop until no next',
    'success',
  ],
  [
    'the total is too small',
    { page: (ask, page) => (users(ask) ? { ...page, total: 20 } : page) },
    'stop at the total',
    'loop until no next',
    'success',
  ],
  [
    'a page in the middle is empty',
    { page: (ask, page) => (users(ask) && page.index === 14 ? { ...page, rows: [] } : page) },
    'loop until no next',
    null,
    'success',
  ],
  [
    'one group is not found',
    { instead: (ask, twin) => (ask.endpoint === 'GET /Groups/{id}' && ask.no % 12 === 0 ? twin.error('not_found') : null) },
    'skip up to 10 % not found',
    'loop until no next',
    'error',
  ],
]

test.each(LIES)('%s', async (_, hooks, falls, stands, says) => {
  const fallen = await read('scim2', policy(falls), [hooks])
  expect(fallen.said).toBe('success')
  expect(fallen.missing('users') + fallen.missing('memberships')).toBeGreaterThan(0)
  if (stands === null) return
  const other = await read('scim2', policy(stands), [hooks])
  expect(other.said).toBe(says)
  if (says === 'success') expect(other.missing('users')).toBe(0)
})

test('an endless list and a target that is down are errors', async () => {
  const endless: Hooks = { page: (ask, page, _, cut) => (users(ask) ? cut({ ...page.spot, index: 0 }) : page) }
  const down: Hooks = { instead: (_, twin) => twin.error('server') }
  for (const lie of [endless, down]) expect((await read('scim2', policy('loop until no next'), [lie])).said).toBe('error')
})
