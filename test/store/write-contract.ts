/** What every engine behind runtime/store/write-port.ts promises. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LedgerStore } from '../../runtime/store/ledger-port.ts'
import type { Store } from '../../runtime/store/port.ts'
import type { WriteStore } from '../../runtime/store/write-port.ts'
import { brakeContract } from './write-contract-brakes.ts'
import { historyContract } from './write-contract-history.ts'
import { queueContract } from './write-contract-queue.ts'
import { intent, outcome, sending, time, US } from './write-fixture.ts'
import { writeModelContract } from './write-model.ts'

export type Both = Store & WriteStore & LedgerStore
export type Opened = { readonly store: Both; readonly reopen: () => Promise<Both>; readonly drop: () => Promise<void> }
export type Harness = { store: Both; reopen: () => Promise<void> }

export function writeContract(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    let opened: Opened
    const at: Harness = {
      store: undefined as unknown as Both,
      reopen: async () => {
        at.store = await opened.reopen()
      },
    }
    beforeEach(async () => {
      opened = await open()
      at.store = opened.store
    })
    afterEach(() => opened.drop())
    requestContract(at)
    historyContract(at)
    queueContract(at)
    brakeContract(at)
    writeModelContract(at)
  })
}

export const failsWith = (code: string) => expect.objectContaining({ code, name: 'Failure' })

function requestContract(at: Harness): void {
  test('an intent comes back as it was asked for, with its first event and its audit entry, after a restart too', async () => {
    const one = intent({
      input: { text: 'ä \ud83d\ude00', list: [1, null] },
      plan: 'p',
      due_at: time(9),
      person: 'ann',
      by: 'bob',
    })
    expect(await at.store.request([one])).toEqual([{ intent: one.intent, made: true, cancelled: [] }])
    await at.reopen()
    expect(await at.store.intent(one.intent)).toEqual({
      intent: one,
      events: [{ kind: 'requested', at: one.made_at }],
      state: 'requested',
      outcome: null,
    })
    const [entry, ...others] = await at.store.audit({ after: 0, limit: 9 })
    expect(entry).toMatchObject({ seq: 1, at: one.made_at, what: 'requested', by: 'bob', about: one.intent })
    expect(others).toEqual([])
    expect(await at.store.intent('nobody')).toBeNull()
  })

  test('text that no database takes is made well-formed', async () => {
    const one = intent({ input: { text: 'a\0b\ud800' } })
    await at.store.request([one])
    expect((await at.store.intent(one.intent))!.intent.input).toEqual({ text: 'a\ufffdb\ufffd' })
  })

  test('the same change asked for again is the unfinished one, in one list too; finished, it is a new one', async () => {
    const [first, second, third] = [intent({ key: 'k' }), intent({ key: 'k' }), intent({ key: 'k' })]
    const again = (made: boolean) => ({ intent: made ? third.intent : first.intent, made, cancelled: [] })
    expect((await at.store.request([first, second])).map(({ intent, made }) => [intent, made])).toEqual([
      [first.intent, true],
      [first.intent, false],
    ])
    expect(await at.store.request([third])).toEqual([again(false)])
    expect(await at.store.audit({ after: 0, limit: 9 })).toHaveLength(1)
    await at.store.append(first.intent, sending(), US)
    expect(await at.store.request([third])).toEqual([again(false)])
    await at.store.append(first.intent, outcome('verified'), US)
    expect(await at.store.request([third])).toEqual([again(true)])
  })

  test.each([
    ['pending', false],
    ['unknown', true],
    ['refuted', true],
  ] as const)('after %s the same change asked for again is a new one: %s', async (is, made) => {
    const first = intent({ key: 'k' })
    await at.store.request([first])
    await at.store.append(first.intent, outcome(is), US)
    expect((await at.store.request([intent({ key: 'k' })]))[0]!.made).toBe(made)
  })

  test('a key is one of its connection, and not of a removed connection of that name', async () => {
    await at.store.request([intent({ key: 'k' })])
    expect((await at.store.request([intent({ key: 'k', connection: 'other' })]))[0]!.made).toBe(true)
    await at.store.removeConnection('acme', { by: 'test', at: '2026-01-01T00:00:00Z' })
    expect((await at.store.request([intent({ key: 'k' })]))[0]!.made).toBe(true)
  })

  test('the same intent asked for twice is itself, even when it is over; another one under its name is refused', async () => {
    const one = intent()
    await at.store.request([one])
    await at.store.append(one.intent, outcome('verified'), US)
    expect(await at.store.request([one])).toEqual([{ intent: one.intent, made: false, cancelled: [] }])
    await expect(at.store.request([intent(), { ...one, key: 'another' }])).rejects.toEqual(failsWith('store/intent-exists'))
    expect(await at.store.intents({ limit: 9 })).toHaveLength(1)
  })

  test.each(['input', 'bound'] as const)('%s over 64 KB is refused, with everything it was asked for with', async (part) => {
    const fits = { text: 'x'.repeat(65_536 - '{"text":""}'.length) }
    await at.store.request([intent({ [part]: fits })])
    const large = intent({ [part]: { text: `${fits.text}x` } })
    await expect(at.store.request([intent(), large])).rejects.toEqual(failsWith('store/too-large'))
    expect(await at.store.intents({ limit: 9 })).toHaveLength(1)
    expect(await at.store.audit({ after: 0, limit: 9 })).toHaveLength(1)
  })

  test('a leaver cancels what would give access to the same person anywhere or to the same native id, and nothing else', async () => {
    const gone = [
      intent({ person: 'ann', id: 'x', connection: 'other' }),
      intent({ person: 'ann', action: 'create_account', id: null }),
      intent({ action: 'set_license' }),
      intent({ action: 'reactivate_account', lane: 'backfill' }),
      intent({ person: 'ann' }),
      intent(),
    ]
    const stay = [
      intent({ action: 'revoke' }),
      intent({ action: 'update_account', person: 'ann' }),
      intent({ id: 'b', person: 'bob' }),
      intent({ connection: 'other' }),
      intent({ id: null, action: 'create_account' }),
    ]
    // A leaver's own: part of the same farewell (somebody is given the mailbox).
    const farewell = intent({ lane: 'leaver', person: 'ann' })
    await at.store.request([farewell])
    const [sent, over, waitsForYes] = [intent(), intent(), gone[5]!]
    await at.store.request([...gone, ...stay, sent, over])
    await at.store.append(sent.intent, sending(), US)
    await at.store.append(over.intent, outcome('rejected'), US)
    await at.store.append(waitsForYes.intent, { kind: 'held', at: time(0), brake: 'b', because: 'b' }, US)
    const before = (await at.store.audit({ after: 0, limit: 99 })).length

    const leaver = intent({ lane: 'leaver', action: 'deactivate_account', person: 'ann', by: 'hr feed' })
    const [answer] = await at.store.request([leaver])
    const names = gone.map((one) => one.intent).sort()
    expect([...answer!.cancelled].sort()).toEqual(names)
    const audit = await at.store.audit({ after: before, limit: 99 })
    expect(audit.map(({ what }) => what)).toEqual(['requested', ...gone.map(() => 'cancelled')])
    expect(
      audit
        .slice(1)
        .map(({ about }) => about)
        .sort(),
    ).toEqual(names)
    for (const name of names) {
      const row = (await at.store.intent(name))!
      expect([row.state, row.outcome]).toEqual(['done', 'cancelled'])
      expect(row.events.at(-1)).toMatchObject({
        kind: 'cancelled',
        by: 'hr feed',
        because: expect.stringContaining(leaver.intent),
      })
      await expect(at.store.append(name, sending(), US)).rejects.toEqual(failsWith('store/ended'))
    }
    for (const one of [farewell, ...stay, sent]) expect((await at.store.intent(one.intent))!.outcome).toBeNull()
  })

  test('a leaver asked for again cancels what came in between; one in the same list what stands before it', async () => {
    const leaver = () => intent({ lane: 'leaver', action: 'deactivate_account', key: 'gone' })
    const [before, after] = [intent(), intent()]
    const answers = await at.store.request([before, leaver(), after])
    expect(answers.map(({ cancelled }) => cancelled)).toEqual([[], [before.intent], []])
    expect(await at.store.request([leaver()])).toMatchObject([{ made: false, cancelled: [after.intent] }])
  })

  test('the list filters by each of its conditions, newest first, and goes on after the last one seen', async () => {
    const ones = [
      intent({ person: 'ann', plan: 'p', due_at: time(5) }),
      intent({ id: 'b', due_at: '2026-03-01T00:00:00Z', plan: 'p' }),
      intent({ connection: 'other', person: 'ann', due_at: time(500_000) }),
      intent({ due_at: time(1) }),
      intent({ due_at: time(2), id: 'b' }),
    ]
    const [a, b, c, d, e] = ones.map((one) => one.intent)
    await at.store.request(ones)
    await at.store.append(d!, outcome('verified'), US)
    await at.store.append(e!, outcome('unknown'), US)
    const names = async (filter: object) => (await at.store.intents({ limit: 9, ...filter })).map((row) => row.intent.intent)
    expect(await names({})).toEqual([e, d, c, b, a])
    expect(await names({ limit: 2 })).toEqual([e, d])
    expect(await names({ limit: 2, after: d })).toEqual([c, b])
    expect(await names({ connection: 'acme' })).toEqual([e, d, b, a])
    expect(await names({ connection: 'nobody' })).toEqual([])
    expect(await names({ person: 'ann' })).toEqual([c, a])
    expect(await names({ person: 'ann', connection: 'acme' })).toEqual([a])
    expect(await names({ id: 'b' })).toEqual([e, b])
    expect(await names({ plan: 'p', id: 'b' })).toEqual([b])
    expect(await names({ states: ['requested'] })).toEqual([c, b, a])
    expect(await names({ states: ['requested', 'done'], connection: 'acme' })).toEqual([e, d, b, a])
    expect(await names({ states: [] })).toEqual([])
    expect(await names({ outcomes: ['verified'] })).toEqual([d])
    expect(await names({ outcomes: ['verified', 'unknown'] })).toEqual([e, d])
    // Done as `unknown` is overdue all the same; due at that very instant is not.
    expect(await names({ overdue_at: time(5) })).toEqual([e, b])
    expect(await names({ overdue_at: time(6) })).toEqual([e, b, a])
    expect(await names({ overdue_at: time(6), connection: 'other' })).toEqual([])
    await expect(at.store.intents({ limit: 1, after: 'nobody' })).rejects.toEqual(failsWith('store/not-found'))
    await at.store.removeConnection('acme', { by: 'test', at: '2026-01-01T00:00:00Z' })
    expect(await names({})).toEqual([c])
    expect((await at.store.intent(a!))!.intent.intent).toBe(a)
  })
}
