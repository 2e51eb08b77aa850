/** Received bytes → the body's own bytes: one content coding undone, bounded. */
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import type { Lost } from './lost.ts'

export type Unpacked = { readonly ok: true; readonly bytes: Buffer } | ({ readonly ok: false } & Lost)

/** Below this an honest page may well be all blanks; above it nothing honest is packed a hundredfold. */
const RATIO_FREE_BYTES = 1_000_000
const MAX_RATIO = 100

type Undo = (packed: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>
const UNDO: { readonly [coding: string]: Undo } = {
  gzip: promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip),
  'x-gzip': promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip),
  // Half the servers that say deflate send it raw; the low four bits of a zlib header are always 8 (RFC 1950 §2.2).
  deflate: (packed, options) => (((packed[0] ?? 0) & 15) === 8 ? inflate : inflateRaw)(packed, options),
  br: promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress),
}
const inflate: Undo = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate)
const inflateRaw: Undo = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflateRaw)

/**
 * Gives an answer's memory back at once. Bodies outlive the young collections, and waiting for an old one keeps some 60 MB of them.
 * Only where the answer has its memory to itself; the bytes must not be read again.
 */
export function release(bytes: Buffer): void {
  const { buffer } = bytes
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) buffer.transfer(0)
}

/** What a request says it can undo. */
export const ACCEPT_ENCODING = 'gzip, deflate, br'

/** `received`: bytes off the wire, already at most `max_bytes`. A gzip file without a content coding (an export) is undone too. */
export async function unpack(received: Buffer, coding: string | undefined, max_bytes: number): Promise<Unpacked> {
  const named = (coding ?? '')
    .toLowerCase()
    .split(',')
    .map((c) => c.trim())
    .filter((c) => c !== '' && c !== 'identity')
  if (named.length > 1) return { ok: false, ...bomb(`${named.length} content codings are stacked, and one is undone`) }
  const only = named[0] ?? (isGzip(received) ? 'gzip' : undefined)
  if (only === undefined || received.length === 0) return { ok: true, bytes: received }
  const undo = Object.hasOwn(UNDO, only) ? UNDO[only] : undefined
  if (undo === undefined)
    return { ok: false, code: 'http/encoding', because: `the content coding is none of ${ACCEPT_ENCODING}`, final: true }
  const cap = Math.min(max_bytes, Math.max(RATIO_FREE_BYTES, received.length * MAX_RATIO))
  try {
    return { ok: true, bytes: await undo(received, { maxOutputLength: cap }) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ERR_BUFFER_TOO_LARGE')
      return {
        ok: false,
        ...(cap === max_bytes ? tooLarge(max_bytes) : bomb(`the body unpacks to more than ${MAX_RATIO} times its size`)),
      }
    if (code === 'Z_BUF_ERROR') return { ok: false, code: 'http/cut', because: 'the packed body was cut off', final: false }
    return { ok: false, code: 'http/encoding', because: `the body is not the ${only} it says it is`, final: false }
  }
}

export const tooLarge = (max_bytes: number): Lost => ({
  code: 'http/too-large',
  because: `the body is larger than ${max_bytes} bytes (limits.max_bytes)`,
  final: true,
})

const bomb = (because: string): Lost => ({ code: 'http/bomb', because, final: true })
const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8
