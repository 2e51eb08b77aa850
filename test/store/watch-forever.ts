/**
 * A process of its own, made to be killed: polls a feed one after the other, each naming three records of its own and one that all name, and looks at what
 * waits; says on stdout what the store has acknowledged. Goes on where the store says.
 */
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { advance, min, sighting, users } from './watch-fixture.ts'

const store = await openStore(process.argv[2]!)
process.stdout.write('open\n')
for (;;) {
  const [log] = await store.feeds('acme')
  const n = (log?.position?.['n'] as number | undefined) ?? 0
  const next = n + 1
  await store.advance('acme', {
    ...advance(null, next),
    from: log?.position ?? null,
    to: { n: next },
    events: [{ id: `e${next}`, at: min(next) }],
    touched: users(`p${next}-0`, `p${next}-1`, `p${next}-2`, 'all'),
  })
  process.stdout.write(`polled ${next}\n`)
  for (const { id, named, named_at } of await store.touched('acme', { limit: 3, tries_below: 5 })) {
    const { seq } = await store.saw('acme', sighting(id, next, { named_at }), { named, again: false })
    process.stdout.write(`saw ${seq} ${id}\n`)
  }
}
