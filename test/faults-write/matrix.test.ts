/** Every lie about writes × every dialect, through HTTP, against the truth: nothing is called verified that is not so, and nothing happens twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runIntent } from '../../runtime/write/engine.ts'
import type { WriteFaultName } from '../targets/write-faults.ts'
import { WRITE_DIALECT_NAMES } from '../targets/write-server.ts'
import { asInactive, askOf, CASES, type Case, DEACTIVATION, HONEST_ACTIONS } from './cases.ts'
import { type Changed, change, type Lab, lookLater, openLab, REPLICAS, request } from './lab.ts'
import { broken } from './law.ts'

describe.each(WRITE_DIALECT_NAMES)('%s', (dialect) => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab(dialect)
  })
  afterAll(() => lab?.close())

  const run = async (one: Pick<Case, 'action' | 'faults' | 'replicas' | 'first' | 'who'>): Promise<Changed> => {
    lab.reset(one.faults, one.replicas === 'several' ? REPLICAS[dialect] : 1)
    const asked = askOf(lab, one.action, one.who)
    const people = [...lab.target.worlds()[0]!.people.keys()]
    // A number stands for a person: the cases know no ids.
    const known = (id: string) => people[Number(id)] ?? id
    lab.target.meddle(
      ...(one.first?.(asked) ?? []).map((change) => ('id' in change ? { ...change, id: known(change.id) } : change)),
    )
    return await change(lab, asked)
  }

  test.each(HONEST_ACTIONS.filter(([of]) => of === dialect).map(([, action]) => action))(
    'an honest target: %s is verified',
    async (action) => {
      const done = await run({ action, faults: {}, first: asInactive, replicas: 'several' })
      expect(broken(lab, done), why(done)).toEqual([])
      expect([done.outcome.is, done.outcome.changed], why(done)).toEqual(['verified', true])
      expect(done.mutations.length, why(done)).toBe(
        action === 'deactivate_account' ? DEACTIVATION[dialect] : action === 'delete_account' && dialect === 'rest' ? 2 : 1,
      )
    },
  )

  const cases = CASES.filter(({ on }) => on.includes(dialect)).map((one) => ({ ...one, name: `${one.row}: ${one.claim}` }))
  test.each(cases)('$name', async (one) => {
    const done = await run(one)
    const said = why(done)
    expect(broken(lab, done), said).toEqual([])
    if (one.honest !== true) {
      for (const name of Object.keys(one.faults) as WriteFaultName[])
        expect(done.fired[name] ?? 0, `${name} must have fired\n${said}`).toBeGreaterThan(0)
    }
    expect([one.must].flat(), said).toContain(done.outcome.is)
    const facets = Object.fromEntries(done.outcome.facets.map(({ facet, is }) => [facet, is]))
    if (one.facets !== undefined) expect(facets, said).toMatchObject(one.facets)
    if (one.changed !== undefined) expect(done.outcome.changed, said).toBe(one.changed)
    if (one.moved !== undefined) expect(done.outcome, said).toMatchObject({ bystanders: 'changed', moved: one.moved })
    if (typeof one.mutations === 'number') expect(done.mutations.length, said).toBe(one.mutations)
    else if (one.mutations !== undefined) expect(done.mutations.length, said).toBeLessThanOrEqual(one.mutations.most)
    if (one.effects !== undefined) expect(done.effects.filter(({ by }) => by === 'request').length, said).toBe(one.effects)
    if (done.outcome.is === 'pending') expect(done.outcome.expires_at, said).not.toBeNull()
    if (done.outcome.is !== 'verified') expect(done.outcome.next_steps, said).not.toEqual([])
    for (const [seconds, is] of one.later ?? []) {
      const { is: then } = await lookLater(lab, seconds, done.intent)
      expect(then, `${seconds} s later\n${said}`).toBe(is)
    }
  })

  test('a protected account is never touched: the change is held for a person, and nothing is sent', async () => {
    lab.reset({})
    const intent = await request(lab.context(), askOf(lab, 'deactivate_account', 11))
    expect(await runIntent(lab.context(), intent)).toBeNull()
    expect((await lab.store().intent(intent))?.state).toBe('held')
    expect([lab.target.mutations(), lab.target.effects()]).toEqual([[], []])
  })

  test('a request of which the answer was lost is never sent again before the window is over', async () => {
    const done = await run({ action: 'revoke', faults: { answer_lost: { times: 1, applied: false } } })
    const [first, second] = done.mutations
    expect(second!.at_ms - first!.at_ms, why(done)).toBeGreaterThanOrEqual(dialect === 'graph' ? 12_000 : 10_000)
  })
})

function why(done: Changed): string {
  const { outcome } = done
  return [
    `${outcome.is}: ${outcome.because}; truth ${JSON.stringify(done.truth)}, when verified ${JSON.stringify(done.when_verified)}`,
    ...done.lines,
    ...done.mutations.map((one) => `  ${one.status} ${one.line}`),
  ].join('\n')
}
