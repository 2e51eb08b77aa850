import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../runtime/secret.ts'
import { keySource, keySourceFrom } from '../../runtime/vault/key-source.ts'
import { type Bound, newDataKey, open, seal } from '../../runtime/vault/seal.ts'

const BOUND: Bound = { tenant: 'acme', connection: 'okta', field: 'token', origin: 'https://acme.okta.com' }
const key = newDataKey()

describe('a sealed value', () => {
  test('opens for what it was sealed for, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(open(key, BOUND, seal(key, BOUND, new Secret(value))).reveal()).toBe(Buffer.from(value).toString())
      }),
    )
  })

  test('never looks the same twice, and shows nothing of what it holds', () => {
    const [one, two] = [seal(key, BOUND, new Secret('canary-4711')), seal(key, BOUND, new Secret('canary-4711'))]
    expect(one).not.toBe(two)
    expect(Buffer.from(one.split('.')[2]!, 'base64url').toString('latin1')).not.toContain('canary')
  })

  test('10,000 swaps of tenant, connection, field, origin or row: none opens', () => {
    const places = Array.from(
      { length: 100 },
      (_, n): Bound => ({
        tenant: `t${n % 3}`,
        connection: `c${n % 5}`,
        field: `f${n % 7}`,
        origin: `https://h${n}.example`,
      }),
    )
    const sealed = places.map((place, n) => seal(key, place, new Secret(`value ${n}`)))
    let opened = 0
    for (const [i, text] of sealed.entries())
      for (const [j, place] of places.entries())
        try {
          expect(open(key, place, text).reveal()).toBe(`value ${i}`)
          expect(i).toBe(j)
          opened++
        } catch (error) {
          expect(error).toMatchObject({ code: 'vault/sealed' })
          expect(i).not.toBe(j)
        }
    expect(opened).toBe(places.length)
  })

  test('fields cannot run over into each other', () => {
    const text = seal(key, { ...BOUND, connection: 'a', field: 'b","c' }, new Secret('x'))
    expect(() => open(key, { ...BOUND, connection: 'a","b', field: 'c' }, text)).toThrow()
  })

  test('any changed character of it is noticed', () => {
    const text = seal(key, BOUND, new Secret('value'))
    for (let at = 0; at < text.length; at++) {
      const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
      let said: string | null = null
      try {
        said = open(key, BOUND, changed).reveal()
      } catch (error) {
        expect(error).toMatchObject({ code: 'vault/sealed' })
      }
      // The last character of base64url may hold bits that nothing reads.
      if (said !== null) expect(at).toBe(text.length - 1)
    }
  })
})

describe('the key that wraps', () => {
  const source = keySource('env:KEK', randomBytes(32).toString('base64'))

  test('gives back the data key to its tenant alone', async () => {
    const wrapped = await source.wrap('acme', key)
    expect(await source.unwrap('acme', key.id, wrapped)).toEqual(key)
    expect(await source.unwrap('other', key.id, wrapped)).toBeNull()
    expect(await source.unwrap('acme', 'another', wrapped)).toBeNull()
    expect(await keySource('x', randomBytes(32).toString('hex')).unwrap('acme', key.id, wrapped)).toBeNull()
  })

  test.each(['', 'short', 'a'.repeat(64), randomBytes(31).toString('base64'), Buffer.alloc(32).toString('base64')])(
    'of %j is refused, and not repeated',
    (text) => {
      const make = () => keySource('env:KEK', text)
      expect(make).toThrow(expect.objectContaining({ code: 'vault/key' }))
      if (text.length > 5) expect(make).not.toThrow(text)
    },
  )

  test('is read from the environment, or from a file that its owner alone may read', () => {
    const dir = mkdtempSync(join(tmpdir(), 'rollcall-key-'))
    const path = join(dir, 'kek')
    writeFileSync(path, `${randomBytes(32).toString('hex')}\n`)
    chmodSync(path, 0o644)
    expect(() => keySourceFrom(`file:${path}`, {})).toThrow('chmod 600')
    chmodSync(path, 0o600)
    expect(keySourceFrom(`file:${path}`, {}).id).toMatch(/^file:.*\/kek#[0-9a-f]{8}$/)
    expect(keySourceFrom('env:KEK', { KEK: randomBytes(32).toString('hex') }).id).toMatch(/^env:KEK#[0-9a-f]{8}$/)
    for (const wrong of ['env:KEK', `file:${dir}/none`, `file:${dir}`, 'literal'])
      expect(() => keySourceFrom(wrong, {})).toThrow(expect.objectContaining({ code: 'vault/key' }))
    rmSync(dir, { recursive: true })
  })
})
