/**
 * A process of its own, made to be killed: syncs one after the other, 24 pages of 20 records each, as fast as it can; says on stdout
 * what the store has acknowledged. Goes on where the ledger says. Record i of sync s changes its content every second sync.
 */

import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { ReadFacts } from '../../runtime/types.ts'
import { AT, collect, commit, PAGES, ROWS, rowsOf, verdict } from './fixture.ts'

const store = await openStore(process.argv[2]!)
process.stdout.write('open\n')
for (;;) {
  const { sync } = await store.beginSync('acme', 'print', AT)
  const session = await store.read(sync, 'acme', 'users')
  const before = await collect(session.pages())
  for (let no = before.length; no < PAGES; no++) {
    const outcome = await commit(session, no, rowsOf(sync, no))
    if (outcome.stored !== ROWS) throw new Error(`page ${no}: ${JSON.stringify(outcome)}`)
    process.stdout.write(`page ${sync} ${no}\n`)
  }
  await store.publish(sync, 'acme', {
    stream: 'users',
    session,
    verdict: verdict('complete'),
    facts: {} as unknown as ReadFacts,
    absences: (await session.absent(1000)).ids.map((id) => ({ id, confirmed: true })),
    at: AT,
    fingerprint: 'print',
  })
  process.stdout.write(`published ${sync}\n`)
  await store.endSync(sync, 'finished', null, AT)
}
