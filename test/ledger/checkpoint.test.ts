import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readCheckpoint, signCheckpoint, signerOf, verifierOf, verifierText } from '../../runtime/ledger/checkpoint.ts'

const pemOf = (type: 'ed25519' | 'x25519') =>
  generateKeyPairSync(type as 'ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
const signer = signerOf('rollcall.example/acme', pemOf('ed25519'))
const verifier = verifierOf(verifierText(signer))
const checkpoint = { origin: 'rollcall.example/acme', size: 12, root: Buffer.alloc(32, 7) }

describe('a checkpoint', () => {
  test('is read by whoever has the verifier key, as it was signed', () => {
    expect(readCheckpoint(signCheckpoint(checkpoint, signer), verifier)).toEqual(checkpoint)
  })

  test('has the form of tlog-checkpoint: three lines, a blank one, a signature line', () => {
    const lines = signCheckpoint(checkpoint, signer).split('\n')
    expect(lines.slice(0, 4)).toEqual(['rollcall.example/acme', '12', checkpoint.root.toString('base64'), ''])
    expect(lines[4]).toMatch(/^— rollcall\.example\/acme [A-Za-z0-9+/=]+$/)
    expect(lines.slice(5)).toEqual([''])
  })

  test('any changed byte of it is noticed', () => {
    const note = Buffer.from(signCheckpoint(checkpoint, signer))
    for (let at = 0; at < note.length; at++) {
      const changed = Buffer.from(note)
      changed[at]! ^= 1
      let said: unknown = null
      try {
        said = readCheckpoint(changed.toString('utf8'), verifier)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ledger/checkpoint' })
      }
      // What is not signed (the padding of base64, a last newline) may change; what it says may not.
      if (said !== null) expect(said).toEqual(checkpoint)
    }
  })

  test('of another key under the same name is refused', () => {
    const other = signerOf('rollcall.example/acme', pemOf('ed25519'))
    expect(() => readCheckpoint(signCheckpoint(checkpoint, other), verifier)).toThrow('not signed by')
  })

  test.each([
    ['a key of another kind', () => signerOf('a', pemOf('x25519'))],
    ['what is no key', () => signerOf('a', 'secret')],
    ['a name with a space', () => signerOf('a b', pemOf('ed25519'))],
    ['a verifier whose hash is of another key', () => verifierOf(verifierText(signer).replace(/\+[0-9a-f]{8}\+/, '+00000000+'))],
    ['a verifier that is none', () => verifierOf('rollcall.example')],
  ])('%s is an error with a code, and shows no key', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'ledger/key' }))
    expect(make).not.toThrow('secret')
  })
})
