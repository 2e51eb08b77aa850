import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ERRORS } from '../../runtime/errors.ts'
import { verify_webhook } from '../../runtime/kinds/verify-webhook/index.ts'
import { parseOver } from '../../runtime/kinds/verify-webhook/parts/over.ts'
import { Secret } from '../../runtime/secret.ts'
import type { KindOptions } from '../../runtime/types.ts'
import { signedHeaders } from '../../runtime/webhook-out/sign.ts'

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0)
type Headers = { readonly [name: string]: string }

function verify(options: KindOptions, headers: Headers, raw: string, secret: string, now_ms = NOW) {
  let body: unknown = null
  try {
    body = JSON.parse(raw)
  } catch {
    // No JSON: null.
  }
  const verdict = verify_webhook[options.kind]!.verify(options, { headers, raw: Buffer.from(raw), body, secret, now_ms })
  if (!verdict.ok) {
    expect(Object.hasOwn(ERRORS, verdict.code), verdict.code).toBe(true)
    // Shorter ones may stand in any sentence.
    for (const value of [secret, ...Object.values(headers)].filter((one) => one.length > 6))
      expect(verdict.because).not.toContain(value)
  }
  return verdict.ok ? { id: verdict.id } : verdict.code
}

describe('hmac', () => {
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation (read 2026-11-21)
  const github: KindOptions = { kind: 'hmac', header: 'X-Hub-Signature-256', algorithm: 'sha256', prefix: 'sha256=', secret: 'x' }
  const SECRET = "It's a Secret to Everybody"
  const SIGNED = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  const hub = (value: string) => ({ 'x-hub-signature-256': value })

  test("GitHub's own vector", () => {
    expect(verify(github, hub(SIGNED), 'Hello, World!', SECRET)).toEqual({ id: null })
  })

  test.each<[string, Headers, string, string, string]>([
    ['another body', hub(SIGNED), 'Hello, World?', SECRET, 'inbound/forged'],
    ['one byte more', hub(SIGNED), 'Hello, World!\n', SECRET, 'inbound/forged'],
    ['another secret', hub(SIGNED), 'Hello, World!', `${SECRET}.`, 'inbound/forged'],
    ['no header', {}, 'Hello, World!', SECRET, 'inbound/unsigned'],
    ['an empty header', hub(''), 'Hello, World!', SECRET, 'inbound/forged'],
    ['no prefix', hub(SIGNED.slice(7)), 'Hello, World!', SECRET, 'inbound/forged'],
    ['another prefix of the same length', hub(SIGNED.replace('sha256=', 'sha512=')), 'Hello, World!', SECRET, 'inbound/forged'],
    ['the prefix alone', hub('sha256='), 'Hello, World!', SECRET, 'inbound/forged'],
    ['a signature cut short', hub(SIGNED.slice(0, -2)), 'Hello, World!', SECRET, 'inbound/forged'],
    ['a signature with more behind', hub(`${SIGNED}00`), 'Hello, World!', SECRET, 'inbound/forged'],
    ['a signature with blanks', hub(`${SIGNED} `), 'Hello, World!', SECRET, 'inbound/forged'],
    ['two signatures in one header', hub(`${SIGNED}, ${SIGNED}`), 'Hello, World!', SECRET, 'inbound/forged'],
    ['an empty secret', hub(`sha256=${createHmac('sha256', '').update('x').digest('hex')}`), 'x', '', 'inbound/secret'],
  ])('%s is refused', (_name, headers, body, secret, code) => {
    expect(verify(github, headers, body, secret)).toBe(code)
  })

  test('base64 and sha1, and base64 that is not written as it should be', () => {
    const options: KindOptions = { kind: 'hmac', header: 'x-sig', algorithm: 'sha1', encoding: 'base64', secret: 'x' }
    const signature = createHmac('sha1', 's').update('{}').digest('base64')
    expect(verify(options, { 'x-sig': signature }, '{}', 's')).toEqual({ id: null })
    expect(verify(options, { 'x-sig': signature.replace(/=+$/, '') }, '{}', 's')).toBe('inbound/forged')
    expect(verify({ ...options, algorithm: 'sha256' }, { 'x-sig': signature }, '{}', 's')).toBe('inbound/forged')
  })

  describe('over id, time and body', () => {
    const options: KindOptions = {
      kind: 'hmac',
      header: 'x-sig',
      over: 'v0:{id}:{timestamp}:{body}',
      id: 'x-id',
      timestamp: 'x-time',
      tolerance: '5m',
      secret: 'x',
    }
    const signed = (id: string, time: string, body: string): Headers => ({
      'x-id': id,
      'x-time': time,
      'x-sig': createHmac('sha256', 's').update(`v0:${id}:${time}:${body}`).digest('hex'),
    })
    const at = (offset_s: number) => String(NOW / 1000 + offset_s)

    test('the signed id is the id of the message; milliseconds are read too', () => {
      expect(verify(options, signed('m1', at(0), '{}'), '{}', 's')).toEqual({ id: 'm1' })
      expect(verify(options, signed('m1', String(NOW), '{}'), '{}', 's')).toEqual({ id: 'm1' })
    })

    test.each<[string, Headers, string]>([
      ['five minutes old', signed('m', at(-300), '{}'), 'ok'],
      ['older', signed('m', at(-301), '{}'), 'inbound/stale'],
      ['from the future', signed('m', at(301), '{}'), 'inbound/stale'],
      ['another id than signed', { ...signed('m', at(0), '{}'), 'x-id': 'n' }, 'inbound/forged'],
      ['another time than signed', { ...signed('m', at(-400), '{}'), 'x-time': at(0) }, 'inbound/forged'],
      [
        'a forged one that is old as well says nothing of its age',
        { ...signed('m', at(-400), '{}'), 'x-sig': 'ab' },
        'inbound/forged',
      ],
      ['an id with the separator in it', signed('m:1', at(0), '{}'), 'inbound/malformed'],
      ['no id', { 'x-time': at(0), 'x-sig': 'ab' }, 'inbound/malformed'],
      ['no time', { 'x-id': 'm', 'x-sig': 'ab' }, 'inbound/malformed'],
      ['a time that is none', signed('m', 'now', '{}'), 'inbound/malformed'],
      ['a time of the year 1970', signed('m', '1', '{}'), 'inbound/malformed'],
    ])('%s', (_name, headers, expected) => {
      const verdict = verify(options, headers, '{}', 's')
      expect(typeof verdict === 'string' ? verdict : 'ok').toBe(expected)
    })
  })

  test('ids are remembered as long as the same message could be taken: twice the tolerance, or a day', () => {
    const word = verify_webhook['hmac']!
    expect(word.remembered_s({ kind: 'hmac', header: 'x', secret: 'x' })).toBe(86_400)
    expect(word.remembered_s({ kind: 'hmac', header: 'x', secret: 'x', timestamp: 'y', tolerance: '2m' })).toBe(240)
  })

  test.each(['', '{id}', '{body}{body}', '{id}{body}', '{timestamp}{id}.{body}', '{bodies}', '{ body }', '{body}}'])(
    'what does not say what is signed is no `over`: %s',
    (text) => {
      expect(parseOver(text)).toBeNull()
    },
  )
})

describe('standard webhooks', () => {
  const options: KindOptions = { kind: 'standard_webhooks', secret: 'x' }
  // The vector of the libraries' "sign" tests, standard-webhooks/standard-webhooks at b2fa7b87.
  const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const BODY = '{"test": 2432232314}'
  const AT = 1_614_265_330_000
  const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  const headers = (more: Headers = {}): Headers => ({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': SIGNATURE,
    ...more,
  })
  const signed = (id: string, time: string, body = BODY): Headers => ({
    'webhook-id': id,
    'webhook-timestamp': time,
    'webhook-signature': `v1,${createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
      .update(`${id}.${time}.${body}`)
      .digest('base64')}`,
  })
  const less = (name: string): Headers => Object.fromEntries(Object.entries(headers()).filter(([key]) => key !== name))

  test('the vector, with and without prefix, and padded', () => {
    for (const secret of [SECRET, SECRET.slice(6)])
      expect(verify(options, headers(), BODY, secret, AT)).toEqual({ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek' })
    const padded = Buffer.alloc(16, 7)
    const mac = createHmac('sha256', padded).update(`m.1614265330.${BODY}`).digest('base64')
    const mine = headers({ 'webhook-id': 'm', 'webhook-signature': `v1,${mac}` })
    for (const secret of [padded.toString('base64'), padded.toString('base64').replace(/=+$/, '')])
      expect(verify(options, mine, BODY, `whsec_${secret}`, AT)).toEqual({ id: 'm' })
  })

  test('what our own sender signs, with one secret and with two', () => {
    const old = new Secret(`whsec_${Buffer.alloc(32, 1).toString('base64')}`)
    const young = new Secret(`whsec_${Buffer.alloc(32, 2).toString('base64')}`)
    for (const secret of [old, young]) {
      expect(verify(options, signedHeaders([young, old], 'evt_1', NOW, BODY), BODY, secret.reveal())).toEqual({ id: 'evt_1' })
    }
    expect(verify(options, signedHeaders([young], 'evt_1', NOW, BODY), BODY, old.reveal())).toBe('inbound/forged')
  })

  test.each<[string, Headers, number, string]>([
    ['five minutes old', headers(), AT + 300_000, 'ok'],
    ['older', headers(), AT + 301_000, 'inbound/stale'],
    ['from the future', headers(), AT - 301_000, 'inbound/stale'],
    [
      'several signatures, the right one last',
      headers({ 'webhook-signature': `v1,${'A'.repeat(43)}= v1a,x v2,y ${SIGNATURE}` }),
      AT,
      'ok',
    ],
    ['several signatures, none right', headers({ 'webhook-signature': `v1,${'A'.repeat(43)}= v1a,x` }), AT, 'inbound/forged'],
    [
      'the right bytes under another version',
      headers({ 'webhook-signature': SIGNATURE.replace('v1,', 'v2,') }),
      AT,
      'inbound/forged',
    ],
    ['a signature without its padding', headers({ 'webhook-signature': SIGNATURE.replace('=', '') }), AT, 'inbound/forged'],
    ['an empty signature', headers({ 'webhook-signature': '' }), AT, 'inbound/forged'],
    ['a signature of zeros', headers({ 'webhook-signature': `v1,${'A'.repeat(43)}=` }), AT, 'inbound/forged'],
    ['another id', headers({ 'webhook-id': 'msg_other' }), AT, 'inbound/forged'],
    ['another time', headers({ 'webhook-timestamp': '1614265331' }), AT, 'inbound/forged'],
    ['an id with a dot', signed('msg.1', '1614265330'), AT, 'inbound/malformed'],
    ['an empty id', signed('', '1614265330'), AT, 'inbound/malformed'],
    ['a time that is none', signed('m', 'now'), AT, 'inbound/malformed'],
    ['a time in milliseconds', signed('m', '1614265330000'), AT, 'inbound/malformed'],
    ['no id', less('webhook-id'), AT, 'inbound/unsigned'],
    ['no time', less('webhook-timestamp'), AT, 'inbound/unsigned'],
    ['no signature', less('webhook-signature'), AT, 'inbound/unsigned'],
  ])('%s', (_name, given, now_ms, expected) => {
    const verdict = verify(options, given, BODY, SECRET, now_ms)
    expect(typeof verdict === 'string' ? verdict : 'ok').toBe(expected)
  })

  test.each(['', 'whsec_', 'whsec_short', 'whsec_not base64 at all, whatever', 'whsec_AAAA'])(
    'a secret that is none: `%s`',
    (secret) => {
      expect(verify(options, headers(), BODY, secret, AT)).toBe('inbound/secret')
    },
  )

  test('ids are remembered for the ten minutes in which a message could be taken', () => {
    expect(verify_webhook['standard_webhooks']!.remembered_s(options)).toBe(600)
  })
})

describe('a shared secret', () => {
  const header: KindOptions = { kind: 'shared_header', header: 'Authorization', secret: 'x' }
  const body: KindOptions = { kind: 'shared_body', path: 'value[*].clientState', secret: 'x' }

  test.each<[string, Headers, string, unknown]>([
    ['the same', { authorization: 's3cret' }, 's3cret', { id: null }],
    ['another', { authorization: 's3creT' }, 's3cret', 'inbound/forged'],
    ['its beginning', { authorization: 's3cre' }, 's3cret', 'inbound/forged'],
    ['with more behind', { authorization: 's3cret ' }, 's3cret', 'inbound/forged'],
    ['none', {}, 's3cret', 'inbound/unsigned'],
    ['empty', { authorization: '' }, 's3cret', 'inbound/forged'],
    ['empty on both sides', { authorization: '' }, '', 'inbound/secret'],
  ])('in a header: %s', (_name, headers, secret, expected) => {
    expect(verify(header, headers, '{}', secret)).toEqual(expected)
  })

  test.each<[string, unknown, unknown]>([
    ['in every item', { value: [{ clientState: 's' }, { clientState: 's' }] }, { id: null }],
    ['in all but one', { value: [{ clientState: 's' }, { clientState: 't' }] }, 'inbound/forged'],
    ['in all but one that has none', { value: [{ clientState: 's' }, { resource: 'users/1' }] }, 'inbound/forged'],
    ['in one where another is no object', { value: [{ clientState: 's' }, 's'] }, 'inbound/forged'],
    ['as a list', { value: [{ clientState: ['s'] }] }, 'inbound/forged'],
    ['as an object', { value: [{ clientState: { s: 's' } }] }, 'inbound/forged'],
    ['nowhere', { value: [{ resource: 'users/1' }] }, 'inbound/unsigned'],
    ['in no item', { value: [] }, 'inbound/unsigned'],
    ['in a body that is a list', [{ clientState: 's' }], 'inbound/unsigned'],
    ['in a prototype', JSON.parse('{"value":[{"__proto__":{"clientState":"s"}}]}'), 'inbound/unsigned'],
  ])('in the body: %s', (_name, given, expected) => {
    expect(verify(body, {}, JSON.stringify(given), 's')).toEqual(expected)
  })

  test('what every object has by birth is no secret', () => {
    expect(verify({ ...body, path: 'toString' }, {}, '{}', 's')).toBe('inbound/unsigned')
  })

  test('in a body that is no JSON', () => {
    expect(verify(body, {}, 'clientState=s', 's')).toBe('inbound/unsigned')
  })

  test('nothing of the bytes is signed, so the same ones are remembered for a day', () => {
    for (const options of [header, body]) {
      expect(verify_webhook[options.kind]).toMatchObject({ signs: false })
      expect(verify_webhook[options.kind]!.remembered_s(options)).toBe(86_400)
    }
  })
})
