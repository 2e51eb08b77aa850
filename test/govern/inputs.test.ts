/** An input that names nothing: the target would say 404, and no look could ever see what came of it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { type LeaverLab, openLeaverLab, WHO } from './leaver-lab.ts'

let lab: LeaverLab
beforeAll(async () => {
  lab = await openLeaverLab()
})
afterAll(() => lab.close())
beforeEach(() => lab.scim.lie({}))

const user = (n: number) => lab.id(lab.scim, `user${n}@acme.example`)
const apply = (action: string, n: number, group: string) =>
  lab.w.json('apply', 'scim', action, '--id', user(n), '--input', `group=${group}`, ...WHO)

test.each(['grant', 'revoke'])(
  '%s of a group that is not there is refused by the target, and rejected: nothing is left open',
  async (action) => {
    const { exit, doc } = await apply(action, 1, 'nope')
    expect([exit, doc.outcome.is]).toEqual([EXIT.gate, 'rejected'])
    expect(doc.outcome.because).toMatch(/the target refused it .*404.*; input group names nothing that is there$/)
    expect(doc.outcome.facets).toEqual([expect.objectContaining({ facet: 'groups', is: 'unknown' })])
    expect((await lab.w.json('apply', 'scim', '--resume', '--wait', '5s')).doc).toMatchObject({ looked_again: 0, resumed: 0 })
  },
)

test('a group that is there is granted', async () => {
  const group = [...lab.scim.worlds()[0]!.teams.keys()][0]!
  const { exit, doc } = await apply('grant', 2, group)
  expect([exit, doc.outcome.is]).toEqual([EXIT.fine, 'verified'])
})
