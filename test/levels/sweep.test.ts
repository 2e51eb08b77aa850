import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Failure } from '../../runtime/errors.ts'
import { acknowledge, closeByHand } from '../../runtime/govern/levels/by-hand.ts'
import { type SweepContext, sweep } from '../../runtime/govern/levels/sweep.ts'
import { scopeGate } from '../../runtime/govern/scope-gate.ts'
import { fingerprintOf } from '../../runtime/read/sync.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { Connection, Connector, Levels, ReadFacts, Verdict } from '../../runtime/types.ts'
import { openNewId } from '../../runtime/write/new-id.ts'
import { YAML } from '../api/world.ts'

const MIN = 60_000
const HOUR = 60 * MIN
const connector = loadConnector(Buffer.from(YAML), 'x.yaml').connector as Connector
const STREAMS = Object.keys(connector.streams)

let dir: string
let store: Awaited<ReturnType<typeof openStore>>
let now: number
let lines: string[]
let ctx: SweepContext
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-sweep-'))
  store = await openStore(dir)
  now = Date.parse('2026-11-21T00:00:00.000Z')
  lines = []
  ctx = {
    store,
    target: async (name) => ({ connector, connection: (await store.connection(name)) as Connection }),
    now: () => now,
    newId: openNewId(() => now),
    log: (line) => void lines.push(line),
  }
})
afterEach(async () => {
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

const at = (): string => new Date(now).toISOString()
const act = () => ({ at: at(), by: 'kim', from: 'test', why: 'because' })

async function connect(levels: Partial<Levels> = {}, name = 'acme'): Promise<Connection> {
  const connection: Connection = {
    ...{ name, connector: connector.connector, connector_file: 'x.yaml', settings: { url: 'http://127.0.0.1:9' }, secrets: {} },
    ...{ owner: 'ops', data_owner: 'people team', levels, attested: null, canaries: {}, allow_private: true, created_at: at() },
  }
  await store.putConnection(connection, act())
  return connection
}

/** A whole read of every stream, with this verdict, as a sync publishes it. */
async function read(connection: Connection, more: Partial<Verdict> = {}): Promise<void> {
  const fingerprint = fingerprintOf(connector, connection)
  const { sync } = await store.beginSync(connection.name, fingerprint, at())
  for (const stream of STREAMS) {
    const session = await store.read(sync, connection.name, stream)
    const verdict: Verdict = {
      is: 'complete',
      because: 'complete',
      findings: [],
      next_steps: ['Look.'],
      rules: '1',
      hold: null,
      ...more,
    }
    const facts = { started_at: at(), stored: 0, filled: {} } as unknown as ReadFacts
    await store.publish(sync, connection.name, { stream, session, verdict, facts, absences: [], at: at(), fingerprint })
  }
  await store.endSync(sync, 'finished', null, at())
}
const told = async () =>
  (await store.audit({ after: 0, limit: 1000, by: 'rollcall' })).map(({ what, about }) => `${what} ${about}`)
const standing = () => store.exceptions({ states: ['open', 'acknowledged'], limit: 100 })

describe('a sweep', () => {
  test('opens an exception with owner, evidence and next step when a level stops holding, keeps it one, and closes it when it holds', async () => {
    const connection = await connect()
    await read(connection)
    await sweep(ctx)
    expect(await standing()).toEqual([])
    now += 25 * HOUR
    await sweep(ctx)
    const open = await standing()
    expect(open.map(({ control, stream, severity, state }) => [control, stream, severity, state]).toSorted()).toEqual(
      STREAMS.map((stream) => ['freshness', stream, connector.streams[stream]?.certified ? 'high' : 'info', 'open']).toSorted(),
    )
    for (const one of open) {
      expect(one).toMatchObject({ owner: 'ops', data_owner: 'people team', evidence: { level_s: 86_400 } })
      expect(one.since).toBe('2026-11-22T00:00:00.000Z')
      expect(one.next_step).not.toBe('')
    }
    const size = await store.ledgerSize()
    now += MIN
    await sweep(ctx)
    expect([await store.ledgerSize(), (await standing()).length]).toEqual([size, open.length])
    await read(connection)
    await sweep(ctx)
    expect(await standing()).toEqual([])
    expect((await store.exception(open[0]?.exception ?? ''))?.closed).toEqual({
      by: null,
      at: at(),
      because: 'the level holds again',
    })
    const entries = await told()
    expect(entries.filter((one) => one.startsWith('exception opened'))).toHaveLength(open.length)
    expect(entries.filter((one) => one.startsWith('exception closed'))).toHaveLength(open.length)
    expect(entries.filter((one) => one === 'gate changed acme')).toHaveLength(3)
  })

  test('a connection may promise to be fresher than its connector does, and the gate holds it to that; never staler', async () => {
    const strict = await connect({ freshness_s: 3600 })
    await read(strict)
    const lax = await connect({ freshness_s: 10 * 86_400 }, 'lax')
    await read(lax)
    now += 2 * HOUR
    const is = async (name: string) => (await scopeGate(store, ctx.target, new Map([[name, null]]), now)).is
    expect([await is('acme'), await is('lax')]).toEqual(['deny', 'allow'])
    now += 23 * HOUR
    expect(await is('lax')).toBe('deny')
  })

  test('a stored waiver lets the gate answer allow until it expires, by time alone; the sweep says both', async () => {
    const connection = await connect()
    await read(connection, { hold: 'half of them are gone' })
    const scope = new Map([['acme', null]])
    const before = await scopeGate(store, ctx.target, scope, now)
    expect(before.is).toBe('waiver_required')
    await sweep(ctx)
    for (const { id, kind, stream, because } of before.reasons)
      await store.waive(
        {
          ...{ reason: id, kind, connection: 'acme', stream, because, requested_by: 'kim', by: 'lee', why: 'a layoff' },
          ...{ at: at(), expires_at: new Date(now + HOUR).toISOString() },
        },
        act(),
        null,
      )
    const waived = await scopeGate(store, ctx.target, scope, now)
    expect([waived.is, waived.reasons, waived.connections[0]?.waived.length]).toEqual(['allow', [], before.reasons.length])
    expect(waived.until).toBe(new Date(now + HOUR).toISOString())
    const { until } = await sweep(ctx)
    expect(until).toBe(now + HOUR)
    expect(new Set((await standing()).map(({ severity }) => severity))).toEqual(new Set(['info']))
    now += HOUR
    expect((await scopeGate(store, ctx.target, scope, now)).is).toBe('waiver_required')
    await sweep(ctx)
    const gates = (await store.audit({ after: 0, limit: 1000, what: 'gate changed' })).map(({ detail }) => detail['gate'])
    expect(gates).toEqual(['waiver_required', 'allow', 'waiver_required'])
  })

  test('a person acknowledges; worse opens it again; what work can settle is closed by no word', async () => {
    const connection = await connect()
    await read(connection)
    now += 25 * HOUR
    await sweep(ctx)
    const one = (await standing()).find(({ severity }) => severity === 'high')?.exception ?? ''
    await acknowledge(ctx, one, act())
    await sweep(ctx)
    expect(await store.exception(one)).toMatchObject({ state: 'acknowledged', acknowledged: { by: 'kim', why: 'because' } })
    await expect(closeByHand(ctx, one, act())).rejects.toMatchObject({ code: 'levels/settle' } satisfies Partial<Failure>)
    now += 25 * HOUR
    await sweep(ctx)
    expect(await store.exception(one)).toMatchObject({ state: 'open', acknowledged: null, severity: 'critical' })
    await store.removeConnection('acme', act())
    await sweep(ctx)
    expect(await store.exception(one)).toMatchObject({ state: 'closed', closed: { because: 'the connection was removed' } })
    await expect(acknowledge(ctx, one, act())).rejects.toMatchObject({ code: 'levels/over' })
    expect((await told()).at(-1)).not.toBe(undefined)
    expect(await store.gateStates()).toEqual([])
  })

  test('a connector that cannot be read is a critical exception and no fault of the sweep; the others are swept', async () => {
    const connection = await connect()
    await connect({}, 'broken')
    await read(connection)
    const target = ctx.target
    const { Failure } = await import('../../runtime/errors.ts')
    const broken: SweepContext = {
      ...ctx,
      target: async (name) => {
        if (name === 'broken') throw new Failure('api/connector', name, 'not valid any more')
        return await target(name)
      },
    }
    const { measured } = await sweep(broken)
    expect(measured).toHaveLength(2)
    expect(await standing()).toMatchObject([{ connection: 'broken', control: 'completeness', severity: 'critical' }])
  })
})

describe('changes', () => {
  const intent = (n: number, more: object = {}) => ({
    ...{
      intent: `01K00000000000000000000${String(n).padStart(3, '0')}`,
      connection: 'acme',
      action: 'deactivate_account',
      id: `u${n}`,
    },
    ...{
      input: {},
      desired: {},
      bound: {},
      lane: 'leaver',
      key: `k${n}`,
      plan: null,
      made_at: at(),
      due_at: null,
      destructive: true,
    },
    provenance: { by: 'kim', why: 'x', from: 'test', person: null },
    ...more,
  })
  const say = async (n: number, event: object) =>
    await store.append(intent(n).intent, { at: at(), ...event } as never, { by: 'kim', what: 'test' })
  const outcome = (is: string) => ({
    kind: 'outcome',
    outcome: { is, changed: true, because: 'x', facets: [], id: null, next_steps: [] },
  })

  test('a leaver that is not verified in time is critical, and over when it is; debt is closed by a person and opens for one more', async () => {
    const connection = await connect()
    await read(connection)
    await store.request([intent(1), intent(2), intent(3)] as never)
    await say(1, { kind: 'sending', step: 'send', attempt: 1 })
    now += 4 * MIN
    await sweep(ctx)
    expect(await standing()).toEqual([])
    now += 2 * MIN
    await sweep(ctx)
    const [late] = await standing()
    expect(late).toMatchObject({ control: 'time_to_verified', severity: 'critical', evidence: { late: 1, taking: 1 } })
    expect(late?.next_step).toContain(intent(1).intent)
    await say(1, outcome('verified'))
    await sweep(ctx)
    // It took longer than promised, which is told for a day.
    expect(await standing()).toMatchObject([{ exception: late?.exception, severity: 'info', evidence: { verified_late: 1 } }])
    await say(2, { kind: 'sending', step: 'send', attempt: 1 })
    await say(2, outcome('unverifiable'))
    await sweep(ctx)
    const debt = (await standing()).find(({ control }) => control === 'unverifiable_debt')
    expect(debt).toMatchObject({ severity: 'high', evidence: { count: 1, newest: intent(2).intent } })
    await closeByHand(ctx, debt?.exception ?? '', act())
    await sweep(ctx)
    expect((await standing()).map(({ control }) => control)).toEqual(['time_to_verified'])
    await say(3, { kind: 'sending', step: 'send', attempt: 1 })
    await say(3, outcome('unverifiable'))
    await sweep(ctx)
    expect((await standing()).map(({ control }) => control)).toContain('unverifiable_debt')
  })
})

test('what was undone closes the gate of every scope where its action is no longer declared', async () => {
  const connection = await connect()
  await read(connection)
  const intent = {
    ...{ intent: '01K00000000000000000000009', connection: 'acme', action: 'custom_gone', id: 'u9', input: {}, desired: {} },
    ...{ bound: {}, lane: 'leaver', key: 'k9', plan: null, made_at: at(), due_at: null, destructive: true },
    provenance: { by: 'kim', why: 'x', from: 'test', person: null },
  }
  await store.request([intent] as never)
  const say = async (event: object) =>
    await store.append(intent.intent, { at: at(), ...event } as never, { by: 'kim', what: 'test' })
  await say({ kind: 'sending', step: 'send', attempt: 1 })
  for (const is of ['verified', 'reverted'])
    await say({ kind: 'outcome', outcome: { is, changed: true, because: 'x', facets: [], id: 'u9', next_steps: [] } })
  for (const stream of [...STREAMS, null]) {
    const scope = new Map([['acme', stream === null ? null : [stream]]])
    const { is, reasons } = await scopeGate(store, ctx.target, scope, now)
    expect([is, reasons.map(({ kind }) => kind)]).toEqual(['deny', ['reverted']])
  }
  await sweep(ctx)
  const [{ streams } = { streams: {} }] = await store.gateStates()
  expect(new Set(Object.values(streams))).toEqual(new Set(['deny']))
  expect(await standing()).toMatchObject([{ control: 'time_to_verified', severity: 'critical', evidence: { undone: 1 } }])
})

describe('alerts', () => {
  test('a budget that burns over both windows alerts once, to log and ledger, and is over when it does not burn any more', async () => {
    const connection = await connect({ freshness_s: 3600 })
    // Hourly reads: the windows are twelve times as long as in the table.
    const hours = async (n: number, reads: boolean): Promise<void> => {
      for (let i = 0; i < n * 3; i++) {
        if (reads && i % 3 === 0) await read(connection)
        await sweep(ctx)
        now += 20 * MIN
      }
    }
    await hours(24, true)
    expect([await store.alerts(), lines]).toEqual([[], []])
    await hours(6, false)
    const [alert] = await store.alerts()
    expect(alert).toMatchObject({ connection: 'acme', control: 'freshness', severity: 'critical' })
    expect(lines.filter((line) => line.startsWith('alert firing'))).toHaveLength(1)
    await hours(24, true)
    const now_critical = (await store.alerts()).filter(({ severity }) => severity === 'critical')
    expect(now_critical).toEqual([])
    await hours(24 * 3, true)
    expect(await store.alerts()).toEqual([])
    expect(lines.at(-1)).toContain('alert resolved')
    const what = (await told()).filter((one) => one.startsWith('alert'))
    expect(what[0]).toBe('alert firing acme')
    expect(what.at(-1)).toBe('alert resolved acme')
  }, 60_000)
})
