/**
 * Signed checkpoints: what the ledger was, in a form that others can keep and hold against it later.
 * Text: https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md, signature: https://github.com/C2SP/C2SP/blob/main/signed-note.md (Ed25519).
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { Failure } from '../errors.ts'

export type Checkpoint = {
  /** Which ledger: `rollcall.example/acme`. No space, no `+`. */
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}
export type Signer = { readonly name: string; readonly private_key: KeyObject }
export type Verifier = { readonly name: string; readonly public_key: KeyObject }

/** Ed25519 in PEM (PKCS #8). Throws `Failure` ledger/key. */
export function signerOf(name: string, pem: string): Signer {
  const private_key = readKey(name, () => createPrivateKey(pem))
  return { name: nameOf(name), private_key }
}

/** The key's public half in the form of signed-note verifiers: `name+hash+key`. */
export function verifierText({ name, private_key }: Signer): string {
  const raw = rawPublic(createPublicKey(private_key))
  return `${name}+${keyId(name, raw).toString('hex')}+${Buffer.concat([Buffer.of(1), raw]).toString('base64')}`
}

/** Throws `Failure` ledger/key where the text is no Ed25519 verifier, or its hash is not of its key. */
export function verifierOf(text: string): Verifier {
  const [name = '', id = '', key = '', ...rest] = text.split('+')
  // Base64 may hold a `+` of its own.
  const bytes = Buffer.from([key, ...rest].join('+'), 'base64')
  const raw = bytes.subarray(1)
  if (bytes[0] !== 1 || raw.length !== 32 || keyId(name, raw).toString('hex') !== id)
    throw new Failure('ledger/key', name, 'it is no Ed25519 verifier key of a signed note (name+hash+key)')
  const public_key = readKey(name, () =>
    createPublicKey({ key: Buffer.concat([SPKI_ED25519, raw]), format: 'der', type: 'spki' }),
  )
  return { name: nameOf(name), public_key }
}

export function signCheckpoint(checkpoint: Checkpoint, signer: Signer): string {
  const body = `${nameOf(checkpoint.origin)}\n${checkpoint.size}\n${checkpoint.root.toString('base64')}\n`
  const id = keyId(signer.name, rawPublic(createPublicKey(signer.private_key)))
  const signature = Buffer.concat([id, sign(null, Buffer.from(body), signer.private_key)])
  return `${body}\n— ${signer.name} ${signature.toString('base64')}\n`
}

/** Throws `Failure` ledger/checkpoint where it is malformed or the verifier's signature is not on it. */
export function readCheckpoint(note: string, verifier: Verifier): Checkpoint {
  const fail = (because: string) => new Failure('ledger/checkpoint', verifier.name, because)
  const end = note.lastIndexOf('\n\n')
  if (end < 0) throw fail('it has no signatures')
  const body = note.slice(0, end + 1)
  const [origin = '', size = '', root = ''] = body.split('\n')
  if (origin === '' || !/^(0|[1-9]\d{0,15})$/.test(size) || Buffer.from(root, 'base64').length !== 32)
    throw fail('it is not three lines of origin, size and root')
  const id = keyId(verifier.name, rawPublic(verifier.public_key))
  const signed = note
    .slice(end + 2)
    .split('\n')
    .some((line) => {
      const [dash, name, text = ''] = line.split(' ')
      const bytes = Buffer.from(text, 'base64')
      return (
        dash === '—' &&
        name === verifier.name &&
        bytes.subarray(0, 4).equals(id) &&
        verify(null, Buffer.from(body), verifier.public_key, bytes.subarray(4))
      )
    })
  if (!signed) throw fail(`it is not signed by ${verifier.name}`)
  return { origin, size: Number(size), root: Buffer.from(root, 'base64') }
}

/** An Ed25519 key in SubjectPublicKeyInfo is this and the 32 bytes: RFC 8410 §4. */
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex')
const rawPublic = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(SPKI_ED25519.length)

const keyId = (name: string, raw: Uint8Array): Buffer =>
  createHash('sha256')
    .update(Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(1), raw]))
    .digest()
    .subarray(0, 4)

function nameOf(name: string): string {
  if (name === '' || /[\s+]/u.test(name)) throw new Failure('ledger/key', name, 'a name has no space and no `+`')
  return name
}

function readKey(name: string, read: () => KeyObject): KeyObject {
  let key: KeyObject
  try {
    key = read()
  } catch {
    throw new Failure('ledger/key', name, 'the key cannot be read')
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new Failure('ledger/key', name, `it is ${key.asymmetricKeyType}, not ed25519`)
  return key
}
