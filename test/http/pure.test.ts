import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ask, CLOSED, note, OPENS_AFTER } from '../../runtime/http/breaker.ts'
import { bare, patched } from '../../runtime/http/patch.ts'
import { formsOf, openRedact } from '../../runtime/http/redact.ts'
import { decide, MAX_TOLD_WAIT_MS, type RetryFacts, WAIT_BUDGET_MS } from '../../runtime/http/retry.ts'
import { Secret } from '../../runtime/secret.ts'

// ---------------------------------------------------------------- the decision

const FACTS: RetryFacts = {
  said: 'failed',
  code: 'http/timeout',
  because: 'no answer',
  final: false,
  until_ms: null,
  failures: 1,
  attempts: 3,
  waits: 0,
  waited_ms: 0,
  wait_budget_ms: WAIT_BUDGET_MS,
  idempotent: true,
  now_ms: 1_000_000,
  random: 0.5,
}

test.each<[string, Partial<RetryFacts>, object]>([
  ['a first failure is tried again', {}, { again: true, wait_ms: 500 }],
  ['the backoff doubles', { failures: 2 }, { again: true, wait_ms: 1000 }],
  ['the backoff has an end', { failures: 12, attempts: 20 }, { again: true, wait_ms: 15_000 }],
  ['full jitter may be nothing', { random: 0 }, { again: true, wait_ms: 0 }],
  ['the last try was the last', { failures: 3 }, { again: false }],
  ['a write is not tried again', { idempotent: false }, { again: false }],
  ['a write is not tried again after a 429 either', { idempotent: false, said: 'wait', waits: 1 }, { again: false }],
  ['what no try can mend is not tried again', { final: true }, { again: false }],
  ['a wait is as long as told', { said: 'wait', waits: 1, until_ms: 1_007_000 }, { again: true, wait_ms: 7000 }],
  ['a wait does not count as a failure', { said: 'wait', waits: 60, failures: 3, until_ms: 1_007_000 }, { again: true }],
  ['an untold wait is a second at least', { said: 'wait', waits: 1, random: 0 }, { again: true, wait_ms: 1000 }],
  ['an untold wait grows', { said: 'wait', waits: 4 }, { again: true, wait_ms: 9000 }],
  ['a told time that is over is not told', { said: 'wait', waits: 1, until_ms: 1 }, { again: true, wait_ms: 2000 }],
  ['the wait budget has an end', { said: 'wait', waits: 9, waited_ms: WAIT_BUDGET_MS }, { again: false }],
  [
    'one long told wait is honoured',
    { said: 'wait', waits: 1, until_ms: 1_000_000 + MAX_TOLD_WAIT_MS },
    { again: true, wait_ms: MAX_TOLD_WAIT_MS },
  ],
  [
    'over an hour is not',
    { said: 'wait', waits: 1, until_ms: 1_000_001 + MAX_TOLD_WAIT_MS },
    { again: false, because: expect.stringContaining('60 min') },
  ],
])('%s', (_name, facts, decision) => {
  expect(decide({ ...FACTS, ...facts })).toMatchObject(decision)
})

test('whatever the facts, a wait is finite, never negative and never over an hour, and tries end', () => {
  fc.assert(
    fc.property(
      fc.record({
        said: fc.constantFrom('failed' as const, 'wait' as const),
        final: fc.boolean(),
        idempotent: fc.boolean(),
        until_ms: fc.option(fc.double({ min: -1e15, max: 1e15, noNaN: true })),
        failures: fc.nat(2000),
        attempts: fc.nat(2000),
        waits: fc.nat(100_000),
        waited_ms: fc.nat(2_000_000),
        random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      }),
      (facts) => {
        const decision = decide({ ...FACTS, ...facts })
        if (!decision.again) return
        expect(decision.wait_ms).toBeGreaterThanOrEqual(0)
        expect(decision.wait_ms).toBeLessThanOrEqual(MAX_TOLD_WAIT_MS)
        expect(facts.idempotent && !facts.final).toBe(true)
        if (facts.said === 'failed') expect(facts.failures).toBeLessThan(facts.attempts)
      },
    ),
  )
})

// ---------------------------------------------------------------- the breaker

test('the breaker opens after that many failures in a row, lets one probe pass, and doubles its time', () => {
  let state = CLOSED
  for (let n = 1; n < OPENS_AFTER; n++) state = note(state, false, 0)
  expect(ask(state, 0)).toMatchObject({ go: true })
  expect(note(note(state, true, 0), false, 0).failures).toBe(1)
  state = note(state, false, 0)
  expect(ask(state, 0)).toEqual({ go: false, wait_ms: 5000 })
  expect(note(state, false, 100).openings).toBe(1)
  const probe = ask(state, 5000)
  if (!probe.go) throw new Error('no probe')
  expect(ask(probe.breaker, 5001)).toMatchObject({ go: false })
  expect(ask(note(probe.breaker, false, 5100), 5100)).toEqual({ go: false, wait_ms: 10_000 })
  expect(note(probe.breaker, true, 5100)).toEqual(CLOSED)
  // A probe that never came back does not keep it shut for ever.
  expect(ask(probe.breaker, 70_000)).toMatchObject({ go: true })
})

// ---------------------------------------------------------------- secrets

test('a Secret shows itself in no way', () => {
  const secret = new Secret('hunter2-hunter2')
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ a: { secret } }, { showHidden: true, depth: 9 }),
    String(Object.entries(secret)),
    new Error(`${secret}`).message,
  ]
  for (const text of shown) expect(text).not.toContain('hunter2')
  expect(String(secret)).toMatch(/^\[secret:[0-9a-f]{4}\]$/)
  expect(secret.reveal()).toBe('hunter2-hunter2')
})

test('every form in which a target may echo a secret is masked', () => {
  const value = 'p@ss "word"/+é&<x>=1'
  const bytes = Buffer.from(value)
  const echoes = [
    value,
    encodeURIComponent(value),
    new URLSearchParams({ k: value }).toString(),
    JSON.stringify({ k: value }),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    Buffer.from(`user:${value}`).toString('base64'),
    Buffer.from(`u:${value}!`).toString('base64'),
    Buffer.from(`us:${value}`).toString('base64url'),
    JSON.stringify(value).replaceAll('/', '\\/'),
  ]
  const redact = openRedact()
  redact.learn(value)
  for (const echo of echoes) {
    const text = redact.text(`before ${echo} after`)
    expect(text, echo).toContain('[secret:')
    for (const form of formsOf(value)) expect(text).not.toContain(form)
  }
})

test('masking leaves nothing of any secret, and leaves other texts alone', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 5, maxLength: 40 }), { maxLength: 5 }),
      fc.string({ maxLength: 20 }),
      (secrets, around) => {
        const redact = openRedact()
        for (const secret of secrets) redact.learn(secret)
        const text = redact.text(`${around}${secrets.join(around)}${around}`)
        for (const secret of secrets)
          if (!'[secret:0123456789abcdef]'.includes(secret))
            expect(text.replaceAll(/\[secret:[0-9a-f]{4}\]/g, '\u0000').includes(secret)).toBe(false)
      },
    ),
  )
  expect(openRedact().text('a plain message')).toBe('a plain message')
})

// ---------------------------------------------------------------- what auth adds

test('auth sets query and headers, keeps the other parameters as they are spelt, and the read room never sees its query', () => {
  const request = {
    method: 'GET',
    url: 'https://a.example/u?filter=a%20eq%20%22b%22&key=old&x=1+2#f',
    headers: { authorization: 'old', accept: 'x' },
    body: null,
  } as const
  const patch = { query: { key: 'n&w' }, headers: { Authorization: 'Bearer t' } }
  expect(patched(request, patch)).toMatchObject({
    url: 'https://a.example/u?filter=a%20eq%20%22b%22&x=1+2&key=n%26w',
    headers: { authorization: 'Bearer t', accept: 'x' },
  })
  expect(bare('https://a.example/u?key=n%26w&x=1', patch.query)).toBe('https://a.example/u?x=1')
  expect(bare('https://a.example/u?k%65y=n', patch.query)).toBe('https://a.example/u')
  expect(patched({ ...request, url: 'https://a.example/u' }, {}).url).toBe('https://a.example/u')
})
