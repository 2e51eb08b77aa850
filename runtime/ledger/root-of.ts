/** The root of RFC 6962 §2.1 over texts that come one after the other, in memory for none of them. */
import { createHash } from 'node:crypto'
import { leafHash } from './tree.ts'

export type Rooted = { readonly count: number; readonly root: string }

/** `root` in base64. Of no text: the hash of nothing, as the RFC has it. */
export function rootOf(lines: Iterable<string>): Rooted {
  const peaks: { level: number; hash: Buffer }[] = []
  let count = 0
  for (const line of lines) {
    count++
    let [hash, level] = [leafHash(Buffer.from(line)), 0]
    for (let left = peaks.at(-1); left?.level === level; left = peaks.at(-1)) {
      peaks.pop()
      hash = inner(left.hash, hash)
      level++
    }
    peaks.push({ level, hash })
  }
  const root = peaks.toReversed().reduce<Buffer | null>((right, { hash }) => (right === null ? hash : inner(hash, right)), null)
  return { count, root: (root ?? createHash('sha256').digest()).toString('base64') }
}

const inner = (left: Buffer, right: Buffer): Buffer =>
  createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest()
