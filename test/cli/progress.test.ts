import { describe, expect, test } from 'vitest'
import type { Io } from '../../cli/io.ts'
import { openProgress } from '../../cli/progress.ts'
import type { HttpStats } from '../../runtime/http/open.ts'
import type { Progress, Verdict } from '../../runtime/types.ts'

function scene(kind: 'terminal' | 'lines' | 'none', width = 200) {
  let now = Date.parse('2026-11-20T12:00:00Z')
  let requests = 0
  const said: string[] = []
  const io: Io = {
    out: () => undefined,
    err: (text) => void said.push(text),
    env: {},
    now: () => now,
    tty: true,
    color: false,
    width,
    onStop: () => () => undefined,
  }
  const stats = (): HttpStats => ({ requests, requests_per_minute: 300 }) as HttpStats
  const view = openProgress(io, kind, stats)
  const page = (pages: number, more: Partial<Extract<Progress, { kind: 'page' }>> = {}): void =>
    view.on({
      kind: 'page',
      stream: 'users',
      pages,
      records: pages * 100,
      total: 9412,
      partitions_done: 0,
      partitions: 1,
      ...more,
    })
  return {
    view,
    said,
    page,
    pass: (ms: number, made = 0) => {
      now += ms
      requests += made
    },
    last: () => said.at(-1) ?? '',
  }
}

describe('progress', () => {
  test('on a terminal: stream, pages, records of the total, rate against the limit, on one line that is redrawn', () => {
    const s = scene('terminal')
    s.view.on({ kind: 'stream', stream: 'users', phase: 'reading', attempt: 1 })
    s.page(1)
    s.pass(6000, 25)
    s.page(12)
    expect(s.last()).toBe('\r\u001b[2K25 requests in 6 s, limit 300/min  ·  users 12 pages, 1,200 of 9,412 records')
    s.view.end()
    expect(s.last()).toBe('\r\u001b[2K')
  })

  test('a burst that the limit allows never looks like a breach, and the rate is that of the last minute', () => {
    const s = scene('terminal')
    s.pass(0, 40)
    s.page(1)
    for (let at_s = 1; at_s <= 300; at_s++) {
      s.pass(1000, at_s <= 200 ? 4 : 1)
      s.page(1 + at_s)
      const [, made = ''] = /([\d,]+) requests/.exec(s.last()) ?? []
      expect(Number(made.replace(',', ''))).toBeLessThanOrEqual(300)
      expect(s.last()).toContain(at_s < 60 ? `in ${at_s} s, limit 300/min` : 'requests/min, limit 300/min')
    }
    expect(s.last()).toContain('60 requests/min')
    s.view.end()
  })

  test('without a terminal the end of a stream is a line too: its verdict, records of the total', () => {
    const s = scene('lines')
    s.view.on({ kind: 'stream', stream: 'users', phase: 'reading', attempt: 1 })
    s.page(94, { records: 9300 })
    s.view.on({ kind: 'verdict', stream: 'users', verdict: { is: 'incomplete' } as Verdict })
    expect(s.last()).toBe('users incomplete, 9,300 records of 9,412 in 94 pages\n')
  })

  test('says why it waits and until when, and stops saying it when the time is over', () => {
    const s = scene('terminal')
    s.view.on({ kind: 'wait', why: '429, Retry-After\u001b[2J 30', until: '2026-11-20T12:00:30.000Z' })
    expect(s.last()).toContain('waiting 30 s until 12:00:30Z: 429, Retry-After\\u001B[2J 30')
    s.pass(31_000)
    s.page(1)
    expect(s.last()).not.toContain('waiting')
    s.view.end()
  })

  test('never draws beyond the width, nor more often than ten times a second', () => {
    const s = scene('terminal', 40)
    for (let n = 1; n <= 1000; n++) {
      s.pass(1, 1)
      s.page(n)
    }
    expect(s.said.length).toBeLessThanOrEqual(11)
    for (const text of s.said) expect(text.replace('\r\u001b[2K', '').length).toBeLessThan(40)
    s.view.end()
  })

  test('lists of many parents are counted; another attempt is said', () => {
    const s = scene('terminal')
    s.view.on({ kind: 'stream', stream: 'users', phase: 'reading', attempt: 2 })
    s.pass(200)
    s.page(7, { partitions: 40, partitions_done: 3 })
    expect(s.last()).toContain('users 7 pages, 700 records, 3 of 40 lists (attempt 2)')
    s.view.end()
  })

  test('without a terminal: a line when a stream begins, then one in ten seconds, and no cursor movements', () => {
    const s = scene('lines')
    s.view.on({ kind: 'stream', stream: 'users', phase: 'reading', attempt: 1 })
    for (let n = 1; n <= 300; n++) {
      s.pass(100, 1)
      s.page(n)
    }
    s.view.end()
    expect(s.said.length).toBeGreaterThanOrEqual(3)
    expect(s.said.length).toBeLessThanOrEqual(5)
    expect(s.said.join('')).not.toMatch(/[\r\u001b]/)
    expect(s.said.every((line) => line.endsWith('\n'))).toBe(true)
  })

  test('none is none', () => {
    const s = scene('none')
    s.page(1)
    s.view.on({ kind: 'wait', why: 'x', until: '2026-11-20T12:00:30.000Z' })
    s.view.end()
    expect(s.said).toEqual([])
  })
})
