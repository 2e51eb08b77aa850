import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../runtime/errors.ts'
import { GIVEN_UP_AFTER_MS, nextTry } from '../../runtime/webhook-out/schedule.ts'
import { newWebhookSecret, signedHeaders, webhookSecret } from '../../runtime/webhook-out/sign.ts'

const body = JSON.stringify({ type: 'gate.changed', timestamp: '2026-11-21T00:00:00Z', data: { name: 'Grüße 🔑' } })

describe('signatures', () => {
  test("Standard Webhooks' own library takes them, by the new secret and by the old one, and by no other", () => {
    const [now, old, other] = [newWebhookSecret(), newWebhookSecret(), newWebhookSecret()]
    const headers = signedHeaders([now, old], 'msg_1', Date.now(), body)
    for (const secret of [now, old]) expect(new Webhook(secret.reveal()).verify(body, headers)).toEqual(JSON.parse(body))
    expect(() => new Webhook(other.reveal()).verify(body, headers)).toThrow('No matching signature')
    expect(() => new Webhook(now.reveal()).verify(`${body} `, headers)).toThrow('No matching signature')
    expect(() => new Webhook(now.reveal()).verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow('No matching signature')
    const stale = signedHeaders([now], 'msg_1', Date.now() - 301_000, body)
    expect(() => new Webhook(now.reveal()).verify(body, stale)).toThrow('too old')
  })

  test('ours and theirs are the same bytes for any body', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), fc.string({ unit: 'grapheme' }), (key, text) => {
        const secret = webhookSecret(`whsec_${Buffer.from(key).toString('base64')}`)
        const at = new Date(1_700_000_000_000)
        const theirs = new Webhook(secret.reveal()).sign('msg_x', at, text)
        return signedHeaders([secret], 'msg_x', at.getTime(), text)['webhook-signature'] === theirs
      }),
    )
  })

  test('a secret is whsec_ and 24 to 64 bytes in whole base64; nothing else, and it is never said', () => {
    for (const text of [
      '',
      'whsec_',
      'x',
      `whsec_${'A'.repeat(20)}`,
      `whsec_${'A'.repeat(200)}`,
      `whsec_${'A'.repeat(41)}`,
      `whsec_${'_'.repeat(40)}`,
    ]) {
      expect(() => webhookSecret(text), text).toThrow(Failure)
      if (text.length > 8) expect(() => webhookSecret(text)).not.toThrow(text.slice(6))
    }
    expect(String(newWebhookSecret())).not.toContain('whsec_')
  })
})

describe('when it is tried again', () => {
  const tryAt = (tries: number, more: Partial<Parameters<typeof nextTry>[0]> = {}) =>
    nextTry({ tries, began_at: 0, now: 0, retry_after_s: null, dice: 0.5, ...more })
  test('soon at first, then ever later; within a fifth of it; as late as the receiver asks; never after 72 hours', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((tries) => tryAt(tries) as number)
    expect(delays).toEqual(delays.toSorted((a, b) => a - b))
    expect(delays[0]).toBe(5_000)
    expect([tryAt(1, { dice: 0 }), tryAt(1, { dice: 0.999999 })]).toEqual([4_000, 6_000])
    expect(tryAt(1, { retry_after_s: 120 })).toBe(120_000)
    expect(tryAt(1, { retry_after_s: 10 ** 9 })).toBe(12 * 3_600_000)
    expect(tryAt(9, { now: GIVEN_UP_AFTER_MS })).toBe(null)
  })

  test('a receiver that is down for ever is given up after 72 hours and some 13 tries, whatever the dice', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 40, maxLength: 40 }), (dice) => {
        let now = 0
        for (let tries = 1; tries <= 40; tries++) {
          const next = nextTry({ tries, began_at: 0, now, retry_after_s: null, dice: dice[tries - 1] as number })
          if (next === null) return tries >= 11 && tries <= 17 && now <= GIVEN_UP_AFTER_MS
          if (next <= now) return false
          now = next
        }
        return false
      }),
    )
  })
})
