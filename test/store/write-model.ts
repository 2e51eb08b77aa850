/** Random requests, events, claims and restarts against a model of a page that looks at everything each time. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GIVES_ACCESS, LANE_RANKS, meet } from '../../runtime/store/intent-state.ts'
import { type ActionName, LANES } from '../../runtime/types.ts'
import type { Intent } from '../../runtime/write-types.ts'
import type { Harness } from './write-contract.ts'
import { answered, approved, cancelled, facetsOf, held, intent, look, outcome, sending, time, US } from './write-fixture.ts'

type Known = {
  readonly intent: Intent
  readonly n: number
  events: string[]
  sent: boolean
  state: 'open' | 'held' | 'done'
  was: string | null
  claimed: boolean
}
type Model = { rows: Known[]; audit: number; stopped: boolean }

const EVENTS = {
  held: held(),
  approved: approved(),
  cancelled: cancelled(),
  sending: sending(),
  lost: answered('lost'),
  look: look('after'),
  recheck: look('recheck'),
  verified: outcome('verified'),
  unknown: outcome('unknown'),
  refuted: outcome('refuted'),
  reverted: outcome('reverted'),
}
type EventName = keyof typeof EVENTS

const ask = fc.record({
  do: fc.constant('request' as const),
  of: fc.array(
    fc.record({
      lane: fc.constantFrom(...LANES),
      action: fc.constantFrom<ActionName>(
        'grant',
        'revoke',
        'create_account',
        'deactivate_account',
        'update_account',
        'custom_unknown',
      ),
      id: fc.constantFrom('a', 'b', null),
      person: fc.constantFrom('ann', 'bob', null),
      key: fc.nat(12),
      ms: fc.nat(5),
    }),
    { minLength: 1, maxLength: 4 },
  ),
})
const step = fc.oneof(
  { weight: 5, arbitrary: ask },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('next' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      which: fc.nat(99),
      // What dead processes leave behind is rare else.
      event: fc.constantFrom<EventName>('sending', 'sending', 'lost', ...(Object.keys(EVENTS) as EventName[])),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
)

export function writeModelContract(at: Harness): void {
  let run = 0

  test('any sequence of requests, claims, events, stops and restarts leaves what a simple model says', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const connection = `c${++run}`
        const model: Model = { rows: [], audit: (await at.store.audit({ after: 0, limit: 1e6 })).length, stopped: false }
        for (const did of steps) {
          if (did.do === 'request') {
            // People are of one run: a leaver cancels in every connection.
            const asked = did.of.map(({ ms, key, person, ...rest }) =>
              intent({ ...rest, connection, key: `${key}`, made_at: time(ms), person: person && `${person} ${run}` }),
            )
            expect(await at.store.request(asked)).toEqual(asked.map((one) => requestModel(model, one)))
          } else if (did.do === 'next') {
            const expected = nextModel(model)
            expect((await at.store.next(connection, facetsOf))?.intent.intent ?? null).toBe(expected?.intent.intent ?? null)
            if (expected !== null) expected.claimed = true
          } else if (did.do === 'stop') {
            if (model.stopped) await at.store.go(connection, 'ann', time(0), 'mended')
            else await at.store.stop({ scope: connection, by: 'ann', why: 'test', at: time(0) })
            model.stopped = !model.stopped
            model.audit++
          } else if (did.do === 'reopen') {
            await at.reopen()
            for (const row of model.rows) row.claimed = false
          } else if (model.rows.length > 0) {
            const row = model.rows[did.which % model.rows.length]!
            if (did.do === 'release') {
              await at.store.release(row.intent.intent)
              row.claimed = false
            } else {
              const refused = await at.store.append(row.intent.intent, EVENTS[did.event], US).then(
                () => null,
                (error: { code: string }) => error.code,
              )
              expect(refused).toBe(appendModel(model, row, did.event))
            }
          }
        }
        await same(at, connection, model)
      }),
      { numRuns: 400 },
    )
  })
}

function requestModel(model: Model, asked: Intent) {
  const known = model.rows.find((row) => row.intent.key === asked.key && row.state !== 'done')
  const row = known ?? {
    intent: asked,
    n: model.rows.length,
    events: [],
    sent: false,
    state: 'open' as const,
    was: null,
    claimed: false,
  }
  if (known === undefined) {
    model.rows.push(row)
    model.audit++
  }
  const { person } = asked.provenance
  const same = (other: Known, by: 'person' | 'id') =>
    by === 'person'
      ? person !== null && other.intent.provenance.person === person
      : asked.id !== null && other.intent.id === asked.id
  const grants = model.rows.filter(
    (other) =>
      GIVES_ACCESS.includes(other.intent.action) &&
      !other.sent &&
      // One that nobody could look at before it was to be sent waits as `unknown`.
      (other.state !== 'done' || other.was === 'unknown') &&
      other.intent.lane !== 'leaver',
  )
  const gone =
    asked.lane !== 'leaver'
      ? []
      : [...new Set([...grants.filter((one) => same(one, 'person')), ...grants.filter((one) => same(one, 'id'))])]
  for (const other of gone) appendModel(model, other, 'cancelled')
  return { intent: row.intent.intent, made: known === undefined, cancelled: gone.map((other) => other.intent.intent) }
}

function appendModel(model: Model, row: Known, event: EventName): string | null {
  const over = row.state === 'done' && row.was !== 'unknown'
  const late = { verified: ['reverted'], refuted: ['reverted', 'verified'], reverted: ['verified'] }[row.was ?? ''] ?? []
  if (over && !late.includes(event) && !(event === 'recheck' && row.was !== 'cancelled')) return 'store/ended'
  if (!over && event === 'cancelled' && row.sent) return 'store/sent'
  if (event === 'sending' && model.stopped) return 'store/stopped'
  row.events.push(event)
  model.audit++
  if (event === 'recheck') return null
  if (event === 'sending') row.sent = true
  const ends = ['cancelled', 'verified', 'unknown', 'refuted', 'reverted'].includes(event)
  // A look later at what has an outcome takes nothing up again.
  if (event === 'look' && row.state === 'done') return null
  row.state = ends ? 'done' : event === 'held' ? 'held' : 'open'
  if (ends) row.was = event
  if (row.state !== 'open') row.claimed = false
  return null
}

function nextModel(model: Model): Known | null {
  if (model.stopped) return null
  const place = ({ intent: { id, provenance } }: Known) => (id !== null ? `id ${id}` : provenance.person)
  const meets = (a: Known, b: Known) =>
    a !== b && place(a) !== null && place(a) === place(b) && meet(facetsOf(a.intent.action), facetsOf(b.intent.action))
  const open = model.rows.filter((row) => row.state === 'open')
  const free = (row: Known) => !row.claimed && !model.rows.some((other) => other.claimed && meets(other, row))
  const order = (a: Known, b: Known) =>
    LANE_RANKS[a.intent.lane] - LANE_RANKS[b.intent.lane] ||
    Date.parse(a.intent.made_at) - Date.parse(b.intent.made_at) ||
    a.n - b.n
  for (const row of open.toSorted(order)) {
    if (!free(row)) continue
    const inTheWay = row.sent ? undefined : open.find((other) => other.sent && !other.claimed && meets(other, row))
    if (inTheWay === undefined) return row
    if (free(inTheWay)) return inTheWay
  }
  return null
}

async function same(at: Harness, connection: string, model: Model): Promise<void> {
  const rows = await at.store.intents({ connection, limit: 999 })
  expect(rows.map((row) => row.intent)).toEqual(model.rows.map((row) => row.intent).reverse())
  for (const [i, row] of rows.toReversed().entries()) {
    const known = model.rows[i]!
    expect(row.events.slice(1)).toEqual(
      known.events.map((event) =>
        event === 'cancelled' ? expect.objectContaining({ kind: 'cancelled' }) : EVENTS[event as EventName],
      ),
    )
    expect([row.outcome, row.state === 'done', row.state === 'held']).toEqual([
      known.was,
      known.state === 'done',
      known.state === 'held',
    ])
  }
  const waiting = await at.store.waiting(connection)
  const open = model.rows.filter((row) => row.state === 'open')
  expect(waiting['in_flight']).toBe(open.filter((row) => row.claimed || row.sent).length)
  expect(waiting['held']).toBe(model.rows.filter((row) => row.state === 'held').length)
  for (const lane of LANES)
    expect(waiting[lane]).toBe(open.filter((row) => row.intent.lane === lane && !row.claimed && !row.sent).length)
  const audit = await at.store.audit({ after: 0, limit: 1e6 })
  expect(audit.length).toBe(model.audit)
  expect(audit.at(-1)?.seq ?? 0).toBe(model.audit)
}
