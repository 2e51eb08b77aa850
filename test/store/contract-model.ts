/** Random histories against a model of a page. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReadSession } from '../../runtime/store/port.ts'
import type { Harness } from './contract.ts'
import { AT, allChanges, commit, published, replay, row, told } from './fixture.ts'

type Head = { readonly content: number; readonly announced: boolean }
type Told = { readonly content: number } | 'vanished' | 'confirmed_deleted'
type Model = {
  head: Map<string, Head>
  /** What the log said last of each id. */
  log: Map<string, Told>
  events: string[]
  snapshots: { readonly rank: number; readonly records: ReadonlyMap<string, number> }[]
}

const RANKS = ['incomplete', 'unproven', 'complete'] as const
const page = fc.array(fc.record({ id: fc.constantFrom(...'abcdefghij'), content: fc.nat(2) }), { maxLength: 6 })
const history = fc.array(
  fc.record({
    steps: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: page },
        { weight: 1, arbitrary: fc.constant('restart') },
        { weight: 2, arbitrary: fc.constant('reopen') },
      ),
      { maxLength: 7 },
    ),
    end: fc.oneof({ weight: 5, arbitrary: fc.constant('publish') }, { weight: 1, arbitrary: fc.constant('fail') }),
    rank: fc.nat(2),
    gone: fc.constantFrom('vanished', 'confirmed_deleted', 'held'),
  }),
  { minLength: 1, maxLength: 7 },
)

export function modelContract(at: Harness): void {
  let run = 0

  test('any history of pages, restarts, stops and syncs leaves what a simple model says', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(history, async (syncs) => {
        const connection = `c${++run}`
        const model: Model = { head: new Map(), log: new Map(), events: [], snapshots: [] }
        for (const step of syncs) {
          const { sync } = await at.store.beginSync(connection, 'print', AT)
          let session = await at.store.read(sync, connection, 'users')
          let seen = new Map<string, number>()
          for (const [no, did] of step.steps.entries()) {
            if (did === 'restart') {
              session = await session.restart('random')
              seen = new Map()
            } else if (did === 'reopen') {
              await at.reopen()
              expect((await at.store.beginSync(connection, 'print', AT)).sync).toBe(sync)
              session = await at.store.read(sync, connection, 'users')
            } else await onePage(session, no, did as readonly { id: string; content: number }[], model, seen)
          }
          expect(await session.inStore()).toBe(seen.size)
          const missing = await absentAs(session, model, seen)
          if (step.end === 'publish') {
            const gone = step.gone === 'held' ? [] : missing
            publishModel(model, seen, step.rank, gone, step.gone as 'vanished' | 'confirmed_deleted')
            const absences = gone.map((id) => ({ id, confirmed: step.gone === 'confirmed_deleted' }))
            await at.store.publish(sync, connection, published(session, RANKS[step.rank]!, { absences }))
          }
          await at.store.endSync(sync, step.end === 'publish' ? 'finished' : 'failed', null, AT)
          await same(at, connection, model)
        }
      }),
      { numRuns: 120 },
    )
  })
}

async function onePage(
  session: ReadSession,
  no: number,
  rows: readonly { id: string; content: number }[],
  model: Model,
  seen: Map<string, number>,
) {
  const expected = { stored: 0, created: 0, updated: 0, repeated: [] as string[], conflicting: [] as string[] }
  for (const { id, content } of rows) {
    const before = seen.get(id)
    if (before !== undefined) {
      if (before === content) expected.repeated.push(id)
      else expected.conflicting.push(id)
      continue
    }
    seen.set(id, content)
    expected.stored++
    const head = model.head.get(id)
    const isLive = typeof model.log.get(id) === 'object'
    if (!isLive) expected.created++
    else if (!(head!.announced && head!.content === content)) expected.updated++
    const unchanged = isLive && head!.announced && head!.content === content
    if (!unchanged) model.head.set(id, { content, announced: false })
  }
  expect(
    await commit(
      session,
      no,
      rows.map(({ id, content }) => row(id, content)),
    ),
  ).toEqual(expected)
}

async function absentAs(session: ReadSession, model: Model, seen: ReadonlyMap<string, number>): Promise<readonly string[]> {
  const best = Math.max(0, ...model.snapshots.map(({ rank }) => rank))
  const base = best === 0 ? undefined : model.snapshots.findLast(({ rank }) => rank === best)
  const live = [...model.log].filter(([, said]) => typeof said === 'object').map(([id]) => id)
  const frame = base === undefined ? [] : [...new Set([...base.records.keys(), ...live])]
  const ids = frame.filter((id) => !seen.has(id)).sort()
  expect(await session.absent(99)).toEqual({ count: ids.length, base: base?.records.size ?? 0, ids })
  return ids
}

function publishModel(
  model: Model,
  seen: ReadonlyMap<string, number>,
  rank: number,
  gone: readonly string[],
  kind: 'vanished' | 'confirmed_deleted',
) {
  const events: string[] = []
  for (const [id, content] of seen) {
    const said = model.log.get(id)
    const head = model.head.get(id)!
    if (!head.announced)
      events.push(`${said === undefined ? 'created' : typeof said === 'object' ? 'updated' : 'returned'} ${id}`)
    model.log.set(id, { content })
    model.head.set(id, { content, announced: true })
  }
  for (const id of gone) {
    const said = model.log.get(id)!
    if (said === 'confirmed_deleted' || said === kind) continue
    events.push(`${kind} ${id}`)
    model.log.set(id, kind)
    model.head.delete(id)
  }
  model.events.push(...events.sort())
  model.snapshots.push({ rank, records: new Map(seen) })
}

async function same(at: Harness, connection: string, model: Model): Promise<void> {
  const changes = await allChanges(at.store, connection, 3)
  expect(changes.map(({ seq }) => seq)).toEqual(changes.map((_, i) => i + 1))
  const bySync = Map.groupBy(changes, ({ sync }) => sync)
  expect([...bySync.values()].flatMap((events) => [...told(events)].sort())).toEqual(model.events)
  const live = [...model.log].flatMap(([id, said]) => (typeof said === 'object' ? [[id, said.content] as const] : []))
  expect(replay(changes)).toEqual(new Map(live))
  for (const which of ['latest', 'complete'] as const) {
    const snapshot = model.snapshots.findLast(({ rank }) => which === 'latest' || rank === 2)
    const records = await at.store.records(connection, 'users', { which, after: 0, limit: 99 })
    expect(new Map(records.map(({ id, fields }) => [id, fields['is']]))).toEqual(snapshot?.records ?? new Map())
    expect(records.map(({ seq }) => seq)).toEqual(records.map(({ seq }) => seq).sort((a, b) => a - b))
  }
}
