/**
 * The bundle as a zip whose every byte counts: times and flags are fixed, and the last file, `seal.txt`, is the digest of all bytes before
 * it. It finds accidents; what nobody can make anew is bound by the signed checkpoint.
 */
import { hash } from 'node:crypto'
import { strToU8, type Zippable, zipSync } from 'fflate'

// The first moment a zip can tell, in local time: bytes must not depend on when or where it was made.
const MTIME = new Date(1980, 0, 1)

export function sealed(files: readonly (readonly [name: string, text: string])[]): Uint8Array {
  const all: Zippable = Object.fromEntries(files.map(([name, text]) => [name, [strToU8(text), { mtime: MTIME, level: 6 }]]))
  const open = zipSync(all)
  // The end record is its last 22 bytes; at 16 of them stands where the directory begins, which is where the last file will.
  const body = open.subarray(0, new DataView(open.buffer, open.byteOffset + open.length - 22).getUint32(16, true))
  const seal = `sha256:${hash('sha256', body, 'hex')}\n`
  return zipSync({ ...all, 'seal.txt': [strToU8(seal), { mtime: MTIME, level: 0 }] })
}
