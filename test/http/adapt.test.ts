import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Declared, FALL, leastPerMinute, type Pace, type PaceEvent, paceAt, step } from '../../runtime/http/adapt.ts'
import { openLimiter } from '../../runtime/http/limits.ts'
import { openPermits } from '../../runtime/http/permits.ts'
import { clock, connector, get, json, LIMITS, room, target } from './room.ts'

const declared: fc.Arbitrary<Declared> = fc.record({
  per_minute: fc.option(fc.integer({ min: 1, max: 100_000 })),
  concurrent: fc.integer({ min: 1, max: 256 }),
})
/** A history: each event some time after the one before, about a request that was sent some time before it. */
const history = fc.array(
  fc.record({
    after_ms: fc.integer({ min: 0, max: 100_000 }),
    took_ms: fc.integer({ min: 0, max: 5_000 }),
    pause_ms: fc.integer({ min: 0, max: 60_000 }),
    concurrency: fc.boolean(),
    refused: fc.boolean(),
  }),
  { maxLength: 30 },
)
type Moment = typeof history extends fc.Arbitrary<readonly (infer One)[]> ? One : never

function events(moments: readonly Moment[]): readonly PaceEvent[] {
  let at_ms = 1_000_000
  return moments.flatMap(({ after_ms, took_ms, pause_ms, concurrency, refused }) => {
    at_ms += after_ms
    const paused: PaceEvent = { is: 'paused', at_ms, until_ms: at_ms + pause_ms }
    return refused ? [{ is: 'refused', at_ms, sent_ms: at_ms - took_ms, concurrency }, paused] : [paused]
  })
}
const play = (of: Declared, all: readonly PaceEvent[]): Pace | null =>
  all.reduce<Pace | null>((pace, event) => step(of, pace, event), null)

describe('the step, over all histories', () => {
  test('never above what is declared, never below the floor, and never no request at all', () => {
    fc.assert(
      fc.property(declared, history, fc.nat(1_000_000), (of, moments, later) => {
        const now = paceAt(of, play(of, events(moments)), 1_000_000 + later)
        expect(now.per_minute === null).toBe(of.per_minute === null)
        if (now.per_minute !== null && of.per_minute !== null) {
          expect(now.per_minute).toBeLessThanOrEqual(of.per_minute)
          expect(now.per_minute).toBeGreaterThanOrEqual(leastPerMinute(of.per_minute))
          expect(leastPerMinute(of.per_minute)).toBeGreaterThan(0)
        }
        expect(now.concurrent).toBeLessThanOrEqual(of.concurrent)
        expect(now.concurrent).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  test('what is not refused is never slowed down', () => {
    fc.assert(
      fc.property(declared, history, fc.nat(1_000_000), (of, moments, later) => {
        const pace = play(of, events(moments.map((moment) => ({ ...moment, refused: false }))))
        expect(paceAt(of, pace, 1_000_000 + later)).toEqual(of)
      }),
    )
  })

  test('one refusal takes 0.7, of the rate or of the requests at once; all that was on its way with it takes nothing more', () => {
    fc.assert(
      fc.property(declared, fc.boolean(), fc.array(fc.nat(5_000), { maxLength: 10 }), (of, concurrency, ages) => {
        const at_ms = 1_000_000
        const first = step(of, null, { is: 'refused', at_ms, sent_ms: at_ms - 10, concurrency })
        const storm = ages.map((age): PaceEvent => ({ is: 'refused', at_ms: at_ms + age, sent_ms: at_ms - age, concurrency }))
        const pace = storm.reduce<Pace | null>((before, event) => step(of, before, event), first)
        expect(pace).toEqual(first)
        const now = paceAt(of, pace, at_ms)
        const slots = concurrency || of.per_minute === null
        expect(now.concurrent).toBeCloseTo(slots ? Math.max(1, of.concurrent * FALL) : of.concurrent)
        if (of.per_minute !== null && !slots)
          expect(now.per_minute).toBeCloseTo(Math.max(leastPerMinute(of.per_minute), of.per_minute * FALL))
      }),
    )
  })

  test('between refusals it only rises, by the same each second, and within five minutes it is as declared', () => {
    fc.assert(
      fc.property(declared, history, (of, moments) => {
        const all = events(moments)
        const pace = play(of, all)
        const end_ms = Math.max(1_000_000, ...all.map((event) => (event.is === 'paused' ? event.until_ms : event.at_ms)))
        const at = [0, 1, 2, 3].map((seconds) => paceAt(of, pace, end_ms + seconds * 1000))
        for (const [index, one] of at.entries()) {
          const next = at[index + 1] ?? one
          expect(next.per_minute ?? 0).toBeGreaterThanOrEqual(one.per_minute ?? 0)
          expect(next.concurrent).toBeGreaterThanOrEqual(one.concurrent)
        }
        const [a, b, c] = at.map((one) => one.per_minute ?? 0) as [number, number, number]
        if (c < (of.per_minute ?? 0)) expect(c - b).toBeCloseTo(b - a, 5)
        expect(paceAt(of, pace, end_ms + 256 * 60_000)).toEqual(of)
        if (of.concurrent <= 4 || of.per_minute !== null)
          expect(paceAt(of, pace, end_ms + 5 * 60_000).per_minute).toBe(of.per_minute)
      }),
    )
  })

  test('refused again and again, it comes to the floor and no lower', () => {
    for (const of of [
      { per_minute: 600, concurrent: 4 },
      { per_minute: 3, concurrent: 1 },
      { per_minute: null, concurrent: 8 },
    ]) {
      const storm = Array.from(
        { length: 60 },
        (_, n): PaceEvent => ({
          is: 'refused',
          at_ms: 1000 + 2 * n,
          sent_ms: 999 + 2 * n,
          concurrency: n % 2 === 0,
        }),
      )
      expect(paceAt(of, play(of, storm), 1118)).toEqual({
        per_minute: of.per_minute === null ? null : leastPerMinute(of.per_minute),
        concurrent: expect.closeTo(1, 2),
      })
    }
  })

  test('standing still is no time without a refusal', () => {
    const of = { per_minute: 600, concurrent: 4 }
    const fallen = step(of, null, { is: 'refused', at_ms: 1000, sent_ms: 900, concurrency: false })
    const paused = step(of, fallen, { is: 'paused', at_ms: 1000, until_ms: 61_000 })
    expect(paceAt(of, paused, 61_000).per_minute).toBeCloseTo(420)
    expect(paceAt(of, paused, 91_000).per_minute).toBeCloseTo(510)
  })
})

/** Permits and a virtual clock, one request after the other, against a target that permits `real` a minute and says nothing but 429. */
async function against(real: number, minutes: number): Promise<{ readonly answered: number; readonly refused: number }> {
  let now = 1_000_000
  let tokens = 1
  let filled_ms = now
  const tally = { answered: 0, refused: 0 }
  const permits = openPermits({
    requests_per_minute: 600,
    concurrent: 1,
    now: () => now,
    signal: new AbortController().signal,
    sleep: async (ms) => {
      now += ms
    },
  })
  while (now < 1_000_000 + minutes * 60_000) {
    await permits.take()
    tokens = Math.min(real / 60, tokens + ((now - filled_ms) * real) / 60_000)
    filled_ms = now
    if (tokens >= 1) {
      tokens--
      tally.answered++
    } else {
      tally.refused++
      permits.pause(now + 2_000, 'the target asked to wait', { status: 429, sent_ms: now, concurrency: false })
    }
  }
  return tally
}

test.each([120, 300, 450])(
  'a target that takes %d a minute and not the 600 declared is refused by seldom, and used nearly to the full',
  async (real) => {
    const { answered, refused } = await against(real, 30)
    expect(refused / (answered + refused)).toBeLessThan(0.05)
    expect(answered / (real * 30)).toBeGreaterThan(0.75)
  },
)

test('a target that takes what is declared is given what is declared', async () => {
  const { answered, refused } = await against(660, 30)
  expect(refused).toBe(0)
  expect(answered / (600 * 30)).toBeGreaterThan(0.97)
})

test('where no rate is declared a refusal takes slots, and time gives them back', async () => {
  let now = 1_000_000
  const permits = openPermits({
    requests_per_minute: null,
    concurrent: 8,
    now: () => now,
    signal: new AbortController().signal,
    sleep: async (ms) => {
      now += ms
    },
  })
  const it = openLimiter({ concurrent: 8, permits })
  let running = 0
  const wave = async (): Promise<number> => {
    let most = 0
    await Promise.all(
      Array.from({ length: 40 }, () =>
        it.run('sync', undefined, async () => {
          most = Math.max(most, ++running)
          // Long enough that all that may run at once are at it together.
          await new Promise((done) => setTimeout(done, 20))
          running--
        }),
      ),
    )
    return most
  }
  expect(await wave()).toBe(8)
  permits.pause(now + 1_000, 'the target asked to wait', { status: 429, sent_ms: now - 5, concurrency: false })
  expect(await wave()).toBe(5)
  now += 1_000
  permits.pause(now + 1_000, 'the target asked to wait', { status: 429, sent_ms: now - 5, concurrency: false })
  expect(await wave()).toBe(3)
  now += 600_000
  expect(await wave()).toBe(8)
  it.close(new Error('closed'))
})

test('slots that come and go lose no work and are never more than permitted for long', async () => {
  let slots = 8
  const it = openLimiter({
    concurrent: 8,
    permits: { take: () => null, giveBack: () => {}, pause: () => {}, told: () => {}, concurrent: () => slots },
  })
  const turns = setInterval(() => {
    slots = slots === 1 ? 8 : slots - 1
  }, 3)
  let done = 0
  await Promise.all(
    Array.from({ length: 30 }, async (_, n) => {
      for (let round = 0; round < 20; round++) {
        await it.run(n % 5 === 0 ? 'leaver' : 'sync', undefined, () => new Promise((end) => setTimeout(end, Math.random() * 2)))
        done++
        if (round % 7 === n % 7) await new Promise((end) => setTimeout(end, 5))
      }
    }),
  )
  clearInterval(turns)
  slots = 2
  let running = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 20 }, () =>
      it.run('sync', undefined, async () => {
        most = Math.max(most, ++running)
        await new Promise((end) => setTimeout(end, 1))
        running--
      }),
    ),
  )
  it.close(new Error('closed'))
  expect([done, most]).toEqual([600, 2])
})

describe('in the room', () => {
  const refusing = async (headers: { [name: string]: string }, limits: Partial<typeof LIMITS>) => {
    const server = await target((_q, r, n) => (n === 1 ? json(r, {}, 429, headers) : json(r, {})))
    const time = clock()
    const waits: { why: string; until: string }[] = []
    const http = room(connector(server.url, { limits: { ...LIMITS, ...limits } }), { ...time, onWait: (w) => waits.push(w) })
    expect(await http.send(get(`${server.url}/users`), { lane: 'sync' })).toMatchObject({ kind: 'answer', requests: 2 })
    const before = time.slept.length
    for (let n = 0; n < 5; n++) await http.send(get(`${server.url}/users`), { lane: 'sync' })
    await http.close()
    await server.close()
    return { waits, gaps: time.slept.slice(before) }
  }

  test('after a bare 429 the pace is lower, and people are told to what and why', async () => {
    const { waits, gaps } = await refusing({}, { requests_per_minute: 60 })
    expect(waits).toHaveLength(1)
    expect(waits[0]?.why).toBe('the target asked to wait; adapted to 42/min because of 429')
    // 60 a minute are 1,000 ms apart, 42 are 1,428; within these seconds it has risen a little.
    for (const gap of gaps.filter((ms) => ms > 500)) expect(gap).toBeGreaterThan(1_150)
    expect(gaps.filter((ms) => ms > 500).length).toBeGreaterThan(3)
  })

  test('a refusal that says "limit 0, nothing left" is of too many at once: the rate stays', async () => {
    const { waits } = await refusing(
      { 'x-limit': '0', 'x-left': '0', 'retry-after': '2' },
      { requests_per_minute: 60, told_by: { kind: 'headers', limit: 'x-limit', remaining: 'x-left' } },
    )
    expect(waits.map(({ why }) => why).join()).toContain('adapted to 2 at once because of 429')
  })
})
