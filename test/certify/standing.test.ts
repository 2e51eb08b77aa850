/** Where a certification stands is told in two ways: from all its records, and from counts and differences. They say the same. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { askFor, type Deciding, decide } from '../../runtime/govern/certify/decide.ts'
import { look } from '../../runtime/govern/certify/look.ts'
import { openCertification, refreeze } from '../../runtime/govern/certify/open.ts'
import { stand } from '../../runtime/govern/certify/stand.ts'
import { random as randomOf } from '../spec/mistakes.ts'
import { ASKED, type CertifyStage, certifyStage, keep, who } from './stage.ts'

let dir: string
let stage: CertifyStage
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-standing-'))
  stage = await certifyStage(join(dir, 'store'))
})
afterEach(async () => {
  await stage.close()
  rmSync(dir, { recursive: true })
})

async function both(certification: string): Promise<Awaited<ReturnType<typeof stand>>['counts']> {
  const whole = await look(stage, certification, 'kim')
  const short = await stand(stage, certification, 'kim')
  const revoked = (of: typeof whole.revocations) =>
    of.map(({ item, decision, intent, row }) => [item.item, item.record, item.id, decision, intent, row?.outcome])
  expect(short.counts).toEqual({ items: whole.items.length, undecided: whole.undecided.length, kept: whole.kept })
  expect(revoked(short.revocations)).toEqual(revoked(whole.revocations))
  expect(short.parts).toEqual(whole.parts)
  expect(short.gate).toEqual(whole.gate)
  expect(short.certification).toEqual(whole.certification)
  return short.counts
}

const revoke = (id: string): Deciding => ({ ...keep(id), is: 'revoke' })

describe.each([
  ['every record', ASKED],
  ['records in scope alone', { ...ASKED, where: [{ stream: null, field: 'active', is: 'true' }] }],
])('of %s', (_, asked) => {
  test('whatever is read, decided and frozen again in between, both ways say the same', { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const { pick, chance } = dice(seed)
      const everybody = Array.from({ length: 12 }, (_, i) => `${seed}-u${i}`)
      const names = new Map<string, number>()
      const off = new Set<string>()
      const read = async (): Promise<void> => {
        for (const id of everybody) {
          // Back to an earlier name too: the same record again under another number.
          if (chance(0.2)) names.set(id, pick([0, 1, 2]))
          if (chance(0.15)) off.has(id) ? off.delete(id) : off.add(id)
        }
        const there = everybody.filter((_, i) => i === 0 || chance(0.85))
        off.delete(everybody[0] as string)
        await stage.sync(there, {}, (id) => ({ userName: `${id}@${names.get(id) ?? 0}`, active: !off.has(id) }))
      }
      await read()
      const opened = await openCertification(stage, asked, who('kim'))
      if (opened.is !== 'opened') throw new Error(JSON.stringify(opened.gate))
      const { certification } = opened
      for (let step = 0; step < 14; step++) {
        stage.now_ms += 60_000
        const { items } = await look(stage, certification, null)
        const some = items.filter(() => chance(0.4))
        const what = pick(['decide', 'decide', 'read', 'freeze', 'ask'] as const)
        if (what === 'decide')
          await decide(
            stage,
            certification,
            some.map(({ id }) => (chance(0.3) ? revoke(id) : keep(id))),
            who('lee'),
          )
        if (what === 'read') await read()
        if (what === 'freeze') expect((await refreeze(stage, certification, who('kim'))).is).toBe('opened')
        if (what === 'ask') await askFor(stage, certification, who('lee'))
        await both(certification)
      }
    }
  })
})

test('a word holds again when its record is again what it was decided upon, and not in between', async () => {
  const named = (name: string) => stage.sync(['a', 'b'], {}, (id) => ({ userName: id === 'a' ? name : id, active: true }))
  await named('one')
  const opened = await openCertification(stage, ASKED, who('kim'))
  const certification = opened.is === 'opened' ? opened.certification : ''
  await decide(stage, certification, [keep('a'), keep('b')], who('lee'))
  expect(await both(certification)).toEqual({ items: 2, undecided: 0, kept: 2 })
  await named('two')
  await refreeze(stage, certification, who('kim'))
  expect(await both(certification)).toEqual({ items: 2, undecided: 1, kept: 1 })
  await named('one')
  await refreeze(stage, certification, who('kim'))
  expect(await both(certification)).toEqual({ items: 2, undecided: 0, kept: 2 })
})

test('decisions of a store of an older format are counted', async () => {
  await stage.sync(['a', 'b', 'c'])
  const opened = await openCertification(stage, ASKED, who('kim'))
  const certification = opened.is === 'opened' ? opened.certification : ''
  await decide(stage, certification, [keep('a'), keep('b')], who('lee'))
  await decide(stage, certification, [revoke('b')], who('lee'))
  const before = await both(certification)
  await stage.close()
  const raw = new DatabaseSync(join(dir, 'store', 'rollcall.db'))
  raw.exec('DROP TABLE certification_word; PRAGMA user_version = 9')
  raw.close()
  stage = await certifyStage(join(dir, 'store'), false)
  expect(await both(certification)).toEqual(before)
  expect(before).toEqual({ items: 3, undecided: 1, kept: 1 })
})

function dice(seed: number) {
  const random = randomOf(seed)
  return {
    chance: (of: number): boolean => random() < of,
    pick: <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T,
  }
}
