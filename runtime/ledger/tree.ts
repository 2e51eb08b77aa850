/**
 * The Merkle tree of RFC 6962 §2.1 over the ledger's entries, as pure functions over complete subtrees: `nodes` has the hash of every
 * complete subtree (level 0: the leaves), and nothing else is ever needed. 32 bytes each, about two a leaf.
 */
import { createHash } from 'node:crypto'

/** The hash of the complete subtree of 2^level leaves that begins at leaf `index` × 2^level; must be there when it is asked for. */
export type Nodes = (level: number, index: number) => Buffer
export type NewNode = { readonly level: number; readonly index: number; readonly hash: Buffer }

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const LEAF = Buffer.of(0)
const INNER = Buffer.of(1)
const EMPTY = sha256()

/** Of the exact bytes that an entry is kept and exported as. */
export const leafHash = (bytes: Uint8Array): Buffer => sha256(LEAF, bytes)
const inner = (left: Buffer, right: Buffer): Buffer => sha256(INNER, left, right)

/** What a leaf adds to `nodes`: itself, and every subtree that it completes. `size`: leaves before it. */
export function appended(nodes: Nodes, size: number, leaf: Buffer): readonly NewNode[] {
  const added: NewNode[] = [{ level: 0, index: size, hash: leaf }]
  let hash = leaf
  let index = size
  for (let level = 0; index % 2 === 1; level++) {
    hash = inner(nodes(level, index - 1), hash)
    index = (index - 1) / 2
    added.push({ level: level + 1, index, hash })
  }
  return added
}

/** Of the first `size` leaves. */
export const root = (nodes: Nodes, size: number): Buffer => (size === 0 ? EMPTY : range(nodes, 0, size))

/** The audit path of RFC 6962 §2.1.1, from the leaf up. 0 ≤ leaf < size. */
export function inclusionProof(nodes: Nodes, leaf: number, size: number): readonly Buffer[] {
  return inclusion(nodes, leaf, 0, size)
}

function inclusion(nodes: Nodes, leaf: number, from: number, to: number): readonly Buffer[] {
  if (to - from === 1) return []
  const middle = from + split(to - from)
  return leaf < middle
    ? [...inclusion(nodes, leaf, from, middle), range(nodes, middle, to)]
    : [...inclusion(nodes, leaf, middle, to), range(nodes, from, middle)]
}

/** RFC 6962 §2.1.2: that the tree of the first `older` leaves is the beginning of the tree of `newer`. 0 < older ≤ newer. */
export function consistencyProof(nodes: Nodes, older: number, newer: number): readonly Buffer[] {
  return consistency(nodes, older, 0, newer, true)
}

function consistency(nodes: Nodes, older: number, from: number, to: number, whole: boolean): readonly Buffer[] {
  if (older === to) return whole ? [] : [range(nodes, from, to)]
  const middle = from + split(to - from)
  return older <= middle
    ? [...consistency(nodes, older, from, middle, whole), range(nodes, middle, to)]
    : [...consistency(nodes, older, middle, to, false), range(nodes, from, middle)]
}

/** Leaves from … to − 1; `from` is a multiple of the largest power of two that fits. */
function range(nodes: Nodes, from: number, to: number): Buffer {
  const size = to - from
  const level = Math.log2(size)
  if (Number.isInteger(level)) return nodes(level, from / size)
  const middle = from + split(size)
  return inner(range(nodes, from, middle), range(nodes, middle, to))
}

/** The largest power of two below `size`. */
const split = (size: number): number => 2 ** (Math.ceil(Math.log2(size)) - 1)
