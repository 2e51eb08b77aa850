/**
 * How a stranger checks a proof: RFC 9162 §2.1.3.2 and §2.1.4.2 (the same tree as RFC 6962), written from the RFC and not from our code.
 */
import { createHash } from 'node:crypto'

const inner = (left: Uint8Array, right: Uint8Array): Buffer =>
  createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest()

/** The root that the path leads to; null: the path has the wrong length. */
export function fromInclusion(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer | null {
  if (index >= size) return null
  let [fn, sn] = [index, size - 1]
  let r = leaf
  for (const p of path) {
    if (sn === 0) return null
    if (fn % 2 === 1 || fn === sn) {
      r = inner(p, r)
      if (fn % 2 === 0)
        while (fn % 2 === 0 && fn !== 0) {
          fn = Math.floor(fn / 2)
          sn = Math.floor(sn / 2)
        }
    } else r = inner(r, p)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 ? r : null
}

/** Both roots that the path leads to; null: the path has the wrong length. */
export function fromConsistency(
  first: number,
  second: number,
  first_root: Buffer,
  path: readonly Buffer[],
): { readonly older: Buffer; readonly newer: Buffer } | null {
  if (first === second) return path.length === 0 ? { older: first_root, newer: first_root } : null
  const whole = Number.isInteger(Math.log2(first)) ? [first_root, ...path] : [...path]
  let [fn, sn] = [first - 1, second - 1]
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  const [begin, ...rest] = whole
  if (begin === undefined) return null
  let [fr, sr] = [begin, begin]
  for (const c of rest) {
    if (sn === 0) return null
    if (fn % 2 === 1 || fn === sn) {
      fr = inner(c, fr)
      sr = inner(c, sr)
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2)
        sn = Math.floor(sn / 2)
      }
    } else sr = inner(sr, c)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 ? { older: fr, newer: sr } : null
}
