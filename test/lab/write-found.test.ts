/** What the lab once found in the runtime's changes, played again: each with the seed that found it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadDialect } from '../../cli/lab/dialects.ts'
import { openWriteBench, type WriteBench } from '../../cli/lab/write-bench.ts'

const FOUND = [
  ['entra-id', 'several/update_account', 3152583001, 'by id it shows, and the filtered list does not'],
  ['entra-id', 'several/custom_revoke_consent', 3433640158, 'by id it is gone, and the list has it'],
  ['entra-id', 'several-copies/revoke_sessions', 4012715323, 'the marker is set back, and nobody looked again'],
  ['entra-id', 'several/revoke_sessions', 931888970, 'the marker is set back after it came late'],
  ['write-graph', 'several/set_license', 1658822092, 'by id it shows, and the list does not'],
  ['write-graph', 'several-copies/set_license', 376055149, 'the same after refusals'],
  ['scim2', 'several-copies/revoke', 2715742004, 'the group says so, and the list of users does not'],
  ['write-graph', 'several-copies/update_account', 945236395, 'undone in one copy while the other was asked'],
  ['google-workspace', 'W16/update_account', 7, 'by id it shows, and the search never does'],
  [
    'google-workspace',
    'W7-not/remove_license',
    3139858143,
    'the last seat of a SKU: the control asks for another SKU of its own product',
  ],
  ['okta', 'odd-late/delete_account', 1, 'a first step that comes late is looked at again soon'],
  ['okta', 'odd-already/custom_revoke_api_token', 1, 'a credential that is gone already is what was asked for'],
  ['entra-id', 'odd-already/custom_revoke_consent', 1, 'so is a consent'],
  ['okta', 'odd-several/revoke_tokens', 2, 'a lost step that the one after it shows'],
  ['okta', 'W3/reactivate_account', 1, 'an invitation is pending until its time is over, and then ends'],
  ['write-rest', 'odd-several/delete_account', 3669393065, 'a 429 is no loss'],
  ['okta', 'W2-late/create_account', 3104133112, 'made after the window: the recheck searches for it again'],
  ['entra-id', 'filed-34/create_account', 1, 'made after twenty minutes, and known by its id then'],
  ['okta', 'W8-beside/grant', 1335128344, 'a list shows the membership; the record that moved beside it is read too'],
  [
    'write-graph',
    'several-copies/create_account',
    839298553,
    'an invitation that ended after thirty days is looked at again after that',
  ],
] as const

let bench: WriteBench
beforeAll(async () => {
  bench = await openWriteBench([...new Set(FOUND.map(([dialect]) => dialect))].map((name) => loadDialect(name)))
})
afterAll(async () => await bench.close())

test.each(FOUND)('%s %s@%i: %s', { timeout: 60_000 }, async (dialect, scenario, seed) => {
  const { run } = await bench.play(dialect, { name: scenario }, seed)
  expect([run.false_success, run.false_block, run.differs]).toEqual([false, false, []])
  expect(run.expected).toContain(run.said)
  expect(run.counts).toBe(true)
})
