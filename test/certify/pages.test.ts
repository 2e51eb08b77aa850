/** The sheet in pages is the sheet. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decide } from '../../runtime/govern/certify/decide.ts'
import { openCertification } from '../../runtime/govern/certify/open.ts'
import { type Place, type SheetRow, sheetOf, sheetPage } from '../../runtime/govern/certify/sheet.ts'
import { ASKED, type CertifyStage, certifyStage, keep, who } from './stage.ts'

let dir: string
let stage: CertifyStage
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-pages-'))
  stage = await certifyStage(join(dir, 'store'))
  await stage.sync(Array.from({ length: 57 }, (_, i) => `u${i}`))
})
afterAll(async () => {
  await stage.close()
  rmSync(dir, { recursive: true })
})

async function inPages(certification: string, limit: number): Promise<readonly SheetRow[]> {
  const all: SheetRow[] = []
  for (let place: Place = [0, 0]; ; ) {
    const rows = await sheetPage(stage, certification, place, limit)
    all.push(...rows.map(({ row }) => row))
    if (rows.length < limit) return all
    place = rows.at(-1)!.place
  }
}

test.each([
  ['every record', []],
  ['a filter that one fits', [{ stream: null, field: 'userName', is: 'u7@acme.example' }]],
] as const)('of %s, whatever the size of a page: the same rows as at once, with the last word about each', async (_, where) => {
  const opened = await openCertification(stage, { ...ASKED, where: [...where] }, who('kim'))
  if (opened.is !== 'opened') throw new Error(JSON.stringify(opened.gate))
  const { certification } = opened
  const before = await sheetOf(stage, certification)
  expect(before.length).toBeGreaterThan(0)
  const id = before.at(-1)!.id
  await decide(stage, certification, [keep(id)], who('lee'))
  await decide(stage, certification, [{ ...keep(id), why: 'once more' }], who('mo'))
  const whole = await sheetOf(stage, certification)
  expect(whole.filter((row) => row.by === 'mo').map((row) => row.why)).toEqual(['once more'])
  for (const limit of [1, 5, 56, 57, 58, 1000]) expect(await inPages(certification, limit)).toEqual(whole)
})
