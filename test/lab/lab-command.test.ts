/** The command over made-up runs: what it prints, writes, refuses, and with which exit code. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Io } from '../../cli/io.ts'
import type { LabReport } from '../../cli/lab/types.ts'
import { labCommand } from '../../cli/lab.ts'

const MODULE = new URL('./fake-bench.ts', import.meta.url).href

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-lab-'))
  for (const name of ['lies', 'blocks', 'silent', 'unsteady']) {
    copyFileSync('test/connectors-for-tests/cursor.yaml', join(dir, `${name}.yaml`))
    writeFileSync(join(dir, `${name}.twin.yaml`), '')
  }
  writeFileSync(join(dir, 'wrong.yaml'), 'connector: wrong\n')
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const trouble = (name: string): string => join(dir, `${name}.yaml`)

async function lab(args: readonly string[], more: Partial<Io> = {}) {
  let [out, err] = ['', '']
  const io: Io = {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    env: {},
    now: Date.now,
    tty: false,
    color: false,
    width: Number.POSITIVE_INFINITY,
    onStop: () => () => undefined,
    ...more,
  }
  const exit = await labCommand(MODULE)(args, io)
  return { exit, out, err }
}
const json = async (...args: readonly string[]): Promise<LabReport> => JSON.parse((await lab([...args, '--json'])).out)

describe('exit codes', () => {
  test('0 where nothing false was believed and nothing honest blocked', async () => {
    expect(await lab(['alpha'])).toMatchObject({ exit: 0, err: '' })
  })

  test('1 where a lie was believed: the number is not 0, and the finding says how to see it again', async () => {
    const { exit, out } = await lab([trouble('lies'), '--json'])
    const report = JSON.parse(out) as LabReport
    expect(exit).toBe(1)
    expect(report.reads.false_complete).toBeGreaterThan(0)
    expect(report.rates.false_complete.high).toBeGreaterThan(report.reads.false_complete / report.reads.faulty)
    expect(report.findings[0]).toMatchObject({
      kind: 'false_complete',
      scenario: 'R2',
      said: 'complete',
    })
    expect(report.findings[0]?.replay).toBe(`rollcall lab ${trouble('lies')} --replay R2@${report.findings[0]?.seed}`)
  })

  test('1 where something honest was blocked', async () => {
    const { exit, out } = await lab([trouble('blocks'), '--json'])
    expect(exit).toBe(1)
    expect((JSON.parse(out) as LabReport).honest.false_block).toBe(3)
  })

  test('1 where nothing was measured', async () => {
    const { exit, out } = await lab([trouble('silent'), '--fault', 'R30'])
    expect(exit).toBe(1)
    expect(out).toMatch(/Never struck/)
    expect(out).toMatch(/not measured/)
  })

  test.each([
    [['zzz'], /the lab has no connector `zzz`.*alpha/],
    [['alpa'], /did you mean `alpha`/],
    [['alpha', '--fault', 'R99'], /no lie `R99`/],
    [['alpha', '--without', 'second_pas'], /did you mean `second_pass`/],
    [['alpha', '--seed', 'x'], /--seed takes a whole number/],
    [['alpha', '--runs', '0'], /--runs takes a whole number from 1/],
    [['alpha', '--replay', 'R1'], /takes a lie and a seed/],
    [['alpha', '--replay', 'R99@1'], /no lie `R99`/],
    [['alpha', 'beta'], /one word too many/],
  ])('2 for %j', async (args, because) => {
    const { exit, err } = await lab(args)
    expect(exit).toBe(2)
    expect(err).toMatch(because)
  })

  test('1 for a connector of the user that is wrong', async () => {
    expect(await lab([trouble('wrong')])).toMatchObject({ exit: 1, err: expect.stringMatching(/no valid connector/) })
  })

  test('3 where the page cannot be written', async () => {
    const { exit, err } = await lab(['alpha', '--runs', '1', '--html', join(dir, 'no/such/folder.html')])
    expect(exit).toBe(3)
    expect(err).toMatch(/cannot be written/)
  })
})

describe('--json', () => {
  test('is one document, and begins with the three numbers', async () => {
    const { out } = await lab(['alpha', '--json'])
    expect(out).toMatch(
      /^\{"reads":\{"faulty":\d+,"false_complete":0\},"writes":\{"faulty":\d+,"false_verified":0\},"honest":\{"runs":\d+,"false_block":0\},"version":1,/,
    )
    expect(out.indexOf('\n')).toBe(out.length - 1)
  })

  test('is the same for the same seed, twice', async () => {
    const [first, again, other] = [await json('alpha', '--seed', '7'), await json('alpha', '--seed', '7'), await json('alpha')]
    expect(again).toEqual(first)
    expect(other.log).not.toBe(first.log)
  })

  test('says what cannot be noticed in a dialect, and what is declared and not played', async () => {
    const report = await json('mute')
    expect(report.capped).toEqual([
      { dialect: 'mute', scenarios: expect.arrayContaining(['R1', 'R3']), because: 'because of honest' },
    ])
    expect(report.unplayed).toEqual(['mute: stream groups: nothing is known of it'])
  })
})

describe('--without', () => {
  test('says what the item alone prevents, and what it costs', async () => {
    const { ablation, reads } = await json('alpha', '--without', 'second_pass', '--without', 'order')
    expect(reads.false_complete).toBe(0)
    const [pass, order] = ablation
    expect(pass).toMatchObject({ without: 'second_pass', escapes: ['R1'] })
    expect(pass?.prevents).toBeGreaterThan(0)
    expect((pass?.requests_with ?? 0) / (pass?.requests_without ?? 1)).toBeCloseTo(10 / 6)
    expect(order).toMatchObject({ without: 'order', prevents: 0, escapes: [], carries: 0 })
  })

  test('plays as many rounds again as --runs asks for: one lie of a change a round', async () => {
    const once = await json('alpha', '--fault', 'W1', '--without', 'agreement')
    const often = await json('alpha', '--fault', 'W1', '--without', 'agreement', '--runs', '250')
    expect([once.ablation[0]?.faulty, often.ablation[0]?.faulty]).toEqual([once.writes.faulty, often.writes.faulty])
    expect(often.writes.faulty).toBeGreaterThan(205)
  })

  test('all: each in turn', async () => {
    expect((await json('alpha', '--without', 'all', '--runs', '1')).ablation.length).toBeGreaterThan(25)
  })
})

describe('--again', () => {
  test('plays the very same again: by one, two and three processes the log is the same', async () => {
    const { exit, out } = await lab(['alpha', '--again', '3', '--without', 'second_pass'])
    expect([exit, out]).toEqual([
      0,
      expect.stringContaining('played 3 times more, by one to three processes: 3 with the same log'),
    ])
  })

  test('1 where a log is not that of the first, though every run said what was expected', async () => {
    const { exit, out } = await lab([trouble('unsteady'), '--again', '2', '--json'])
    const report: LabReport = JSON.parse(out)
    expect([exit, report.findings, report.again]).toEqual([1, [], { times: 2, same: 0 }])
  })
})

describe('what reads hang on', () => {
  test('is told of every read, with nothing played again', async () => {
    const { worth, reads, ablation } = await json('alpha', '--runs', '4')
    expect(ablation).toEqual([])
    expect(worth?.items.map(({ item }) => item)).toEqual(['total', 'count', 'second_pass', 'by_id'])
    const of = (item: string) => worth?.items.find((one) => one.item === item)
    expect(of('second_pass')).toMatchObject({ escapes: ['R1'], prevents_with: [] })
    expect(of('second_pass')?.carries).toBeGreaterThan(0)
    expect(of('second_pass')?.carries).toBe(worth?.honest)
    expect(of('by_id')).toMatchObject({ prevents: 0, prevents_with: [{ with: 'count' }] })
    expect(worth?.lies).toBeLessThanOrEqual(reads.faulty)
    expect(worth?.enough.all).toEqual([
      ['count', 'second_pass'],
      ['second_pass', 'by_id'],
    ])
  })

  test('stands in the table and on the page, in the same words', async () => {
    const file = join(dir, 'worth.html')
    const { out } = await lab(['alpha', '--runs', '4', '--html', file])
    const table = out.slice(out.indexOf('What reads hang on'))
    const page = readFileSync(file, 'utf8')
    expect(table).toMatch(/^What reads hang on: \d+ with a lie and \d+ honest ones judged again without each item\n/)
    expect(table).toMatch(/total +0 +0 of \d+ +– +0 of \d+ +–\n/)
    expect(table).toMatch(/second_pass +0 +\d+ of \d+ +– +\d+ of \d+ +– +R1\n/)
    expect(table).toMatch(/by_id +\d+ +0 of \d+ +\d+ count +0 of/)
    for (const line of table.match(/cost requests, and .*|enough that .*|and that no honest .*/g) ?? [''])
      expect(page).toContain(`<li>${line}</li>`)
    expect(table).toContain('cost requests, and nothing here hangs on them: total\n')
  })

  test('is left out where only changes were played', async () => {
    const { exit, out } = await lab(['alpha', '--fault', 'W1', '--runs', '4'])
    expect([exit, out.includes('What reads hang on')]).toEqual([0, false])
    expect((await json('alpha', '--fault', 'W1')).worth).toBeNull()
  })
})

test('--policies: the others stand beside ours, over the same runs', async () => {
  const { policies } = await json('alpha', '--policies')
  expect(policies.map(({ policy, side }) => `${side} ${policy}`)).toEqual([
    'read Rollcall',
    'read loop until no next',
    'write Rollcall',
    'write status means success',
  ])
  expect(policies[0]?.false_success).toMatchObject({ k: 0 })
  expect(policies[1]?.false_success.k).toBeGreaterThan(0)
  expect(policies[1]?.false_success.n).toBe(policies[0]?.false_success.n)
})

test('--replay prints every exchange, what was said, and nothing a terminal would act upon', async () => {
  const { exit, out } = await lab(['alpha', '--replay', 'R1@12'])
  expect(exit).toBe(0)
  expect(out).toMatch(/GET \/users\?limit=7 {2}200 {2}lies: R1/)
  expect(out).toMatch(/said {6}incomplete: because of R1/)
  expect(out).not.toContain('\u001b')
})

describe('the table', () => {
  test.each([
    ['alpha', []],
    ['all', ['--runs', '2']],
    ['with findings', ['lies']],
  ])('of %s fits in 100 columns, and is plain where there is no terminal', async (name, more) => {
    const words = name === 'alpha' ? ['alpha'] : name === 'all' ? [] : [trouble('lies')]
    const { out } = await lab([...words, ...(name === 'with findings' ? [] : more), '--policies', '--without', 'second_pass'])
    expect(Math.max(...out.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(100)
    expect(out).not.toContain('\u001b')
    expect(out).not.toContain('\u202e')
  })

  test('on a terminal has colours, and shows how far it is', async () => {
    const { out, err } = await lab(['alpha', '--runs', '30'], { tty: true, color: true, width: 80 })
    expect(out).toContain('\u001b[32m')
    expect(err).toMatch(/runs {2}· {2}\d of 7 scenarios|runs {2}· {2}\d+ of \d+ scenarios/)
    // biome-ignore lint/complexity/useRegexLiterals: a control character
    const bare = out.replaceAll(new RegExp('\u001b\\[[0-9;]*m', 'g'), '')
    expect(Math.max(...bare.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(80)
  })
})

describe('the page', () => {
  let page = ''
  beforeAll(async () => {
    const file = join(dir, 'lab.html')
    await lab([trouble('lies'), '--html', file, '--policies', '--without', 'all', '--runs', '1'])
    page = readFileSync(file, 'utf8')
  })

  test('loads nothing and runs nothing', () => {
    expect(page).not.toMatch(/<script|\bsrc=|\bhref=|@import|url\(|\son\w+=/i)
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
  })

  test('escapes what came from a target', () => {
    expect(page).toContain('&lt;b&gt;u1&lt;/b&gt; missing')
    expect(page).not.toContain('<b>u1')
    expect(page).not.toContain('\u202e')
  })

  test('opens no element that it does not close', () => {
    const open: string[] = []
    for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?>/g)) {
      if (['meta', 'br', 'rect'].includes(name)) continue
      if (slash === '') open.push(name)
      else expect(open.pop()).toBe(name)
    }
    expect(open).toEqual([])
  })

  test('says every state in words, not by colour or shape alone', () => {
    const cells = [...page.matchAll(/<td class="c[ "][^>]*>(.*?)<\/td>/g)].map(([, inner = '']) => inner)
    expect(cells.length).toBeGreaterThan(15)
    for (const cell of cells) expect(cell).toMatch(/<span class="hidden">[a-z].+<\/span>/)
  })

  test('reads in the dark and on paper', () => {
    expect(page).toContain('prefers-color-scheme: dark')
    expect(page).toContain('@media print')
    expect(page).toMatch(/<html lang="en">/)
  })
})
