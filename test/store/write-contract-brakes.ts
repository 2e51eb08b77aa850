/** Assertions, approvals, kill switches. */
import { expect, test } from 'vitest'
import { failsWith, type Harness } from './write-contract.ts'
import { time } from './write-fixture.ts'

export function brakeContract(at: Harness): void {
  const audit = async () => (await at.store.audit({ after: 0, limit: 99 })).map(({ what, by, about }) => `${what} ${by} ${about}`)

  test('an assertion stands once a record and claim until it is lifted or breached, and each step is audited', async () => {
    const of = (id: string, claim: 'stays_inactive' | 'holds_nothing' = 'stays_inactive', connection = 'acme') => ({
      connection,
      stream: 'users',
      id,
      intent: 'i',
      claim,
      since: time(0),
    })
    await at.store.assert([of('a'), of('a'), of('a', 'holds_nothing'), of('b'), of('a', 'stays_inactive', 'other')])
    await at.store.assert([of('b')])
    await at.reopen()
    const standing = await at.store.assertions('acme')
    expect(standing.map(({ id, claim }) => `${id} ${claim}`)).toEqual(['a stays_inactive', 'a holds_nothing', 'b stays_inactive'])
    expect(standing[2]).toEqual({
      ...of('b'),
      assertion: standing[2]!.assertion,
      lifted_by: null,
      breached_at: null,
      suspect: null,
    })
    await at.store.breach(standing[2]!.assertion, time(1), 'the HR feed')
    await at.store.breach(standing[2]!.assertion, time(2), 'another')
    await expect(at.store.breach(999, time(1), 'x')).rejects.toEqual(failsWith('store/not-found'))
    expect(await at.store.lift('acme', 'users', 'a', 'boss', time(3))).toBe(2)
    expect(await at.store.lift('acme', 'users', 'a', 'boss', time(3))).toBe(0)
    expect(await at.store.lift('nobody', 'users', 'a', 'boss', time(3))).toBe(0)
    expect(await at.store.assertions('acme')).toEqual([])
    expect(await at.store.assertions('other')).toHaveLength(1)
    // Each record under one pseudonym in the ledger, found by its id.
    const of_a = ['asserted rollcall', 'asserted rollcall', 'lifted boss']
    for (const [about, told] of [
      ['acme/users/a', of_a],
      ['acme/users/b', ['asserted rollcall', 'breached rollcall']],
      ['other/users/a', ['asserted rollcall']],
    ] as const)
      expect((await at.store.audit({ after: 0, limit: 99, about })).map(({ what, by }) => `${what} ${by}`)).toEqual(told)
    // Breached or lifted, the same claim may be made again.
    await at.store.assert([of('a'), of('b')])
    expect(await at.store.assertions('acme')).toHaveLength(2)
  })

  test('an approval is used at most once, before it expires, for its very list, never by who asked', async () => {
    const of = (by: string, expires = 100) => ({ hash: 'h', by, at: time(0), expires_at: time(expires), override: null })
    const use = async (not_by: string, ms: number, hash = 'h') => (await at.store.useApproval(hash, not_by, time(ms)))?.by ?? null
    await at.store.approve(of('ann'))
    await at.store.approve({ ...of('bob', 50), override: 'mass removal' })
    await at.reopen()
    expect(await use('carl', 1, 'another list')).toBeNull()
    expect(await use('carl', 100)).toBeNull()
    expect(await use('ann', 1)).toBe('bob')
    expect(await use('ann', 1)).toBeNull()
    for (const name of [' Ann', 'ANN ', '\uff41nn']) expect(await use(name, 1)).toBeNull()
    await at.store.approve({ hash: 'kim', by: 'kim  park', at: time(0), expires_at: time(9), override: null })
    for (const name of ['Kim Park', 'Kim\t Park', 'Kim\u00a0Park']) expect(await use(name, 1, 'kim')).toBeNull()
    expect(await use('carl', 99)).toBe('ann')
    expect(await use('carl', 99)).toBeNull()
    expect(await at.store.approvals('h')).toEqual([
      { ...of('ann'), used_at: time(99) },
      { ...of('bob', 50), override: 'mass removal', used_at: time(1) },
    ])
    expect(await at.store.approvals('none')).toEqual([])
    expect(await audit()).toEqual([
      'plan approved ann h',
      'plan approved bob h',
      'approval used ann h',
      'plan approved kim  park kim',
      'approval used carl h',
    ])
  })

  test('an approval by nobody, or with an expiry that is no time, is none', async () => {
    await at.store.approve({ hash: 'h', by: ' ', at: time(0), expires_at: time(9), override: null })
    await at.store.approve({ hash: 'h', by: 'ann', at: time(0), expires_at: 'soon', override: null })
    expect(await at.store.useApproval('h', 'bob', time(1))).toBeNull()
  })

  test('the first stop of a scope stands with its name until somebody lifts it; every stop is audited', async () => {
    const first = { scope: '*', by: 'ann', why: 'wrong feed', at: time(0) }
    await at.store.stop(first)
    await at.store.stop({ ...first, by: 'bob', at: time(1) })
    await at.store.stop({ ...first, scope: 'acme' })
    await at.reopen()
    expect(await at.store.killSwitches()).toEqual([first, { ...first, scope: 'acme' }])
    await at.store.go('*', 'carl', time(2), 'the feed is mended')
    await at.store.go('*', 'carl', time(3), 'again')
    expect(await at.store.killSwitches()).toEqual([{ ...first, scope: 'acme' }])
    const [lifted] = (await at.store.audit({ after: 0, limit: 99 })).filter((one) => one.what === 'stop lifted')
    expect(lifted?.detail).toEqual({ why: 'the feed is mended' })
    expect(await audit()).toEqual(['stopped ann *', 'stopped bob *', 'stopped ann acme', 'stop lifted carl *'])
  })
}
