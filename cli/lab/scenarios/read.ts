/** Every scenario of reading, in a fixed order. */
import type { Dialect } from '../twin/dialect.ts'
import { HONEST, ODD } from './read-benign.ts'
import { CROWDS } from './read-crowds.ts'
import { DRAWN } from './read-drawn.ts'
import { EMPTY } from './read-empty.ts'
import { READING } from './read-faults.ts'
import { FILED } from './read-filed.ts'
import { PEERS } from './read-peers.ts'
import type { ReadScenario } from './read-types.ts'

export const READ_SCENARIOS: readonly ReadScenario[] = [
  ...PEERS,
  ...READING,
  ...FILED,
  ...EMPTY,
  ...CROWDS,
  ...DRAWN,
  ...ODD,
  ...HONEST,
]

/** What is not played, and why: said in every report, never left out in silence. Feeds and webhooks: `watch.ts`. */
export const NOT_PLAYABLE: { readonly [name: string]: string } = {
  'filed-4': 'awslabs/ssosync#88, protected objects: whom a change may touch, no read; test/faults-write/matrix.test.ts',
  'filed-5': 'awslabs/ssosync#286, what a plan would do: no read; test/govern/plan.test.ts',
  'R3, and nobody names them':
    'list and counts agree on leaving somebody out, and the edges that name them are lost, or there are none: no answer contradicts it, and such a list may end `complete` (by_id of a snapshot before, canaries and a second person can tell); not drawn together',
  'filed-14': 'a threshold raised and forgotten: an approval goes for one list, once, and ends; test/govern/plan.test.ts',
}

/** Those that the dialect has a list for. */
export function readScenarios(dialect: Dialect): readonly ReadScenario[] {
  const streams = Object.keys(dialect.file.streams)
  return READ_SCENARIOS.filter((one) => streams.some((stream) => one.target(dialect, stream)))
}
