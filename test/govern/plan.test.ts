/** Plans: only changes, bound to the exact list, held for a second person where many lose something. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { type LeaverLab, openLeaverLab, WHO } from './leaver-lab.ts'

let lab: LeaverLab
beforeAll(async () => {
  lab = await openLeaverLab()
})
afterAll(() => lab.close())

const user = (n: number) => lab.id(lab.scim, `user${n}@acme.example`)
const file = (name: string) => join(lab.w.dir, name)
const wanted = (name: string, changes: readonly object[], more: object = {}) => {
  writeFileSync(file(name), JSON.stringify({ changes, ...more }))
  return file(name)
}
const gone = (n: number) => ({ connection: 'scim', action: 'deactivate_account', id: user(n) })
const plan = (from: string, out = 'plan.json') => lab.w.json('plan', '--from', from, ...WHO, '--out', file(out))
const active = (n: number) => lab.scim.worlds()[0]!.people.get(user(n))!.phase === 'active'

describe('a file of wanted changes', () => {
  test.each([
    ['no.json', '{', /is no JSON/],
    ['text.json', '"x"', /holds no list of changes/],
    ['key.json', '[{"connection":"scim","action":"grant","idd":"1"}]', /change 1 has an unknown key `idd`/],
    ['number.json', '[{"connection":"scim","action":"grant","id":1}]', /id is a text/],
    ['source.json', '{"source":{"name":"hr"},"changes":[]}', /source without name, records/],
    ['bare.csv', 'name,id\nx,1\n', /row 1 says no connection or no action/],
    ['empty.csv', 'name,id\n', /the header needs connection, action, id/],
    ['open.csv', 'connection,action,id\n"x', /is no CSV/],
    ['action.csv', 'connection,action,id\nscim,revok,1\n', /action.csv row 1: .*no action `revok`; did you mean `revoke`/],
    ['who.csv', 'connection,action,id\nscmi,revoke,1\n', /no connection `scmi`; did you mean `scim`/],
    ['input.csv', 'connection,action,id,gruop\nscim,revoke,1,2\n', /row 1: input `gruop` is not known/],
  ])('%s is refused with its place', async (name, text, said) => {
    writeFileSync(file(name), text)
    const { exit, err } = await lab.w.run('plan', '--from', file(name), ...WHO)
    expect([exit, err]).toEqual([EXIT.usage, expect.stringMatching(said)])
  })

  test('nothing wanted is a usage error, not an empty plan', async () => {
    const { exit, err } = await lab.w.run('plan', ...WHO)
    expect([exit, err]).toEqual([EXIT.usage, expect.stringMatching(/say what is wanted/)])
  })
})

describe('a plan', () => {
  test('holds only changes, destructive first, each from what to what; what is so already is counted', async () => {
    lab.scim.meddle({ do: 'phase', id: user(9), to: 'inactive' })
    await lab.sync('scim')
    const group = [...lab.scim.worlds()[0]!.teams.values()][0]!.id
    const from = wanted('mixed.json', [
      { connection: 'scim', action: 'grant', id: user(1), input: { group } },
      { connection: 'scim', action: 'update_account', id: user(2), input: { title: 'Boss', givenName: 'Ada' } },
      gone(9),
      gone(3),
      gone(3),
    ])
    const { exit, doc } = await plan(from)
    expect(exit).toBe(EXIT.fine)
    expect(doc.plan.items.map((item: { action: string; change: string }) => [item.action, item.change])).toEqual([
      ['deactivate_account', expect.stringMatching(/user3@acme.example \(u.*\): active true → false$/)],
      ['grant', expect.stringMatching(/groups \+ Team 0 \(g/)],
      ['update_account', expect.stringMatching(/title "Engineer" → "Boss"/)],
    ])
    expect(doc.already).toEqual([
      { connection: 'scim', action: 'deactivate_account', id: user(9), because: 'it is inactive already' },
    ])
    expect(doc.summary).toEqual({ changes: 3, destructive: 1, already: 1, repeated: 1 })
    expect(doc.plan.rests_on.scim.sync).toBeGreaterThan(0)
    expect(doc.plan.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(lab.scim.mutations()).toEqual([])
  })

  test('is carried out, and once only', async () => {
    const { doc, exit } = await lab.w.json('apply', '--plan', file('plan.json'), '--by', 'kim')
    expect([exit, doc.counts]).toEqual([EXIT.fine, { verified: 3 }])
    const sent = lab.scim.mutations().length
    const again = await lab.w.json('apply', '--plan', file('plan.json'), '--by', 'kim')
    expect([again.exit, again.doc.counts, lab.scim.mutations().length]).toEqual([EXIT.fine, { verified: 3 }, sent])
  })

  test('that rests on a record that changed since is refused, and nothing is sent', async () => {
    await lab.sync('scim')
    await plan(
      wanted('moved.json', [
        { connection: 'scim', action: 'update_account', id: user(4), input: { title: 'Boss', givenName: 'Ada' } },
        gone(5),
      ]),
    )
    lab.scim.meddle({ do: 'profile', id: user(4), field: 'title', to: 'Intern' })
    await lab.sync('scim')
    const sent = lab.scim.mutations().length
    const { exit, doc } = await lab.w.json('apply', '--plan', file('plan.json'), '--by', 'kim')
    expect([exit, doc.error.code, lab.scim.mutations().length]).toEqual([EXIT.gate, 'plan/moved', sent])
    expect(doc.error.message).toMatch(/planned was .*"Engineer" → "Boss".*now it would be .*"Intern" → "Boss"/)
  })

  test('that rests on a record that moved without a read in between is held at the look before it, and nothing is overwritten', async () => {
    const profile = (title: string) => [
      { connection: 'scim', action: 'update_account', id: user(10), input: { title, givenName: 'Ada' } },
    ]
    const title = () => lab.scim.worlds()[0]!.people.get(user(10))!.title
    await lab.sync('scim')
    const { doc: made } = await plan(wanted('live.json', profile('Boss')), 'live-plan.json')
    expect(made.plan.items[0].before).toMatchObject({ title: 'Engineer' })
    lab.scim.meddle({ do: 'profile', id: user(10), field: 'title', to: 'CTO' })
    const sent = lab.scim.mutations().length
    const apply = (name: string) => lab.w.json('apply', '--plan', file(name), '--by', 'kim')
    const { exit, doc } = await apply('live-plan.json')
    expect([exit, title(), lab.scim.mutations().length]).toEqual([EXIT.gate, 'CTO', sent])
    const history = (await lab.w.json('actions', '--show', doc.results[0].intent)).doc.history
    expect(history).toContainEqual(
      expect.objectContaining({ kind: 'held', brake: 'moved', because: expect.stringMatching(/^title is not what it was/) }),
    )
    // Asked for again by a plan that knows better: the held one is withdrawn, and this one is carried out.
    await lab.sync('scim')
    await plan(wanted('live.json', profile('Boss')), 'live-again.json')
    expect((await apply('live-again.json')).doc.counts).toEqual({ verified: 1 })
    expect([title(), (await lab.w.json('actions', '--show', doc.results[0].intent)).doc.outcome.is]).toEqual([
      'Boss',
      'cancelled',
    ])
  })

  test('is carried out where the target moved to what was asked for', async () => {
    const input = { title: 'Chief', givenName: 'Ada' }
    await lab.sync('scim')
    await plan(wanted('there.json', [{ connection: 'scim', action: 'update_account', id: user(10), input }]), 'there-plan.json')
    lab.scim.meddle({ do: 'profile', id: user(10), field: 'title', to: 'Chief' })
    const { exit, doc } = await lab.w.json('apply', '--plan', file('there-plan.json'), '--by', 'kim')
    expect([exit, doc.counts]).toEqual([EXIT.fine, { verified: 1 }])
  })

  test('that was changed after it was made is refused', async () => {
    const text = readFileSync(file('plan.json'), 'utf8')
    for (const [from, to] of [
      [user(5), user(6)],
      ['"Kim Park"', '"Zoe"'],
      ['"Boss"', '"Chief"'],
    ] as const) {
      writeFileSync(file('altered.json'), text.replace(from, to))
      const { exit, doc } = await lab.w.json('apply', '--plan', file('altered.json'), '--by', 'kim')
      expect([exit, doc.error.code]).toEqual([EXIT.gate, 'plan/altered'])
    }
    writeFileSync(file('altered.json'), '{"version":1}')
    expect((await lab.w.json('apply', '--plan', file('altered.json'), '--by', 'kim')).doc.error.code).toBe('plan/file')
  })
})

describe('a plan that takes from many', () => {
  const many = () => wanted('many.json', [gone(0), gone(1), gone(2), gone(4), gone(5), gone(6), gone(7)])

  test('is held, and goes with the approval of another person, not of the one who made it', async () => {
    await lab.sync('scim')
    const { exit, doc } = await plan(many(), 'many-plan.json')
    expect([exit, doc.plan.held[0].brake]).toEqual([EXIT.gate, 'mass_share'])
    const apply = () => lab.w.json('apply', '--plan', file('many-plan.json'), '--by', 'kim')
    expect((await apply()).doc.error.code).toBe('plan/held')
    for (const name of ['kim park', 'kim  park', 'Kim\u00a0 Park'])
      expect((await lab.w.json('approve', file('many-plan.json'), '--by', name)).doc.error.code).toBe('plan/own-approval')
    // By the hash alone the store cannot know who made it; then it is refused when it is to be used.
    expect((await lab.w.run('approve', doc.plan.hash, '--by', ' KIM PARK ')).exit).toBe(EXIT.fine)
    expect((await apply()).doc.error.code).toBe('plan/own-approval')
    expect([0, 1, 2, 4].map(active)).toEqual([true, true, true, true])
  })

  test('an approval that ended does not count', async () => {
    lab.w.now_ms = Date.now() - 7_200_000
    await lab.w.run('approve', file('many-plan.json'), '--by', 'Lee', '--for', '30m')
    lab.w.now_ms = null
    const hash = JSON.parse(readFileSync(file('many-plan.json'), 'utf8')).hash
    const { exit, doc } = await lab.w.json('apply', '--plan', file('many-plan.json'), '--by', 'kim')
    // The own approval of before is still there and is the first thing said.
    expect([exit, doc.error.code]).toEqual([EXIT.gate, 'plan/own-approval'])
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    await plan(wanted('other.json', [gone(0), gone(1), gone(2), gone(4), gone(5), gone(6)]), 'other-plan.json')
    lab.w.now_ms = Date.now() - 7_200_000
    await lab.w.run('approve', file('other-plan.json'), '--by', 'Lee', '--for', '30m')
    lab.w.now_ms = null
    const old = await lab.w.json('apply', '--plan', file('other-plan.json'), '--by', 'kim')
    expect([old.exit, old.doc.error.code]).toEqual([EXIT.gate, 'plan/expired-approval'])
  })

  test('the approval of another person lets exactly this list go, once', async () => {
    expect((await lab.w.run('approve', file('many-plan.json'), '--by', 'Lee', '--override', 'mass_share')).exit).toBe(EXIT.usage)
    expect((await lab.w.run('approve', file('many-plan.json'), '--by', 'Lee')).out).toMatch(
      /approved {2}7 changes asked for by Kim Park/,
    )
    const { exit, doc } = await lab.w.json('apply', '--plan', file('many-plan.json'), '--by', 'kim')
    expect([exit, doc.counts]).toEqual([EXIT.fine, { verified: 7 }])
    const shown = await lab.w.json('actions', '--show', doc.results[0].intent)
    expect(shown.doc.history).toContainEqual(expect.objectContaining({ kind: 'approved', by: 'Lee' }))
  })

  test('an empty source always waits, and its approval must name it', async () => {
    await lab.sync('scim')
    const from = wanted('hr.json', [gone(8)], { source: { name: 'the HR feed', records: 0, complete: true } })
    const { exit, doc } = await plan(from, 'hr-plan.json')
    expect([exit, doc.plan.held[0].brake]).toEqual([EXIT.gate, 'zero_source'])
    await lab.w.run('approve', file('hr-plan.json'), '--by', 'Lee')
    expect((await lab.w.json('apply', '--plan', file('hr-plan.json'), '--by', 'kim')).doc.error.code).toBe('plan/override')
    await lab.w.run('approve', file('hr-plan.json'), '--by', 'Lee', '--override', 'zero_source')
    expect((await lab.w.json('apply', '--plan', file('hr-plan.json'), '--by', 'kim')).doc.counts).toEqual({ verified: 1 })
  })
})
