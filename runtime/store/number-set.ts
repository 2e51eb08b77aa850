import type { Run } from './runs.ts'

/** Numbers a chunk holds. 1 KB a chunk: a stream whose numbers lie scattered between others' still costs little. */
const CHUNK = 8192

/** The longest run that is handed out: who takes a few numbers does not wait for a walk over a million. */
const RUN_MOST = 65_536

/** A set of non-negative integers, about a bit a number where they lie close. Not safe to change while `runs` is walked. */
export type NumberSet = {
  readonly size: () => number
  /** False if it was there already. */
  readonly add: (n: number) => boolean
  readonly addRuns: (runs: Iterable<Run>) => void
  readonly remove: (n: number) => boolean
  readonly has: (n: number) => boolean
  /** Ascending, from the first number above `after`. */
  readonly runs: (after?: number) => Generator<Run>
  /** The number with that rank, counted from 0. */
  readonly at: (rank: number) => number | undefined
}

export function numberSet(from: Iterable<Run> = []): NumberSet {
  const chunks = new Map<number, { readonly bits: Uint32Array; count: number }>()
  let size = 0
  let order: readonly number[] | null = null

  const chunkOf = (index: number) => {
    let chunk = chunks.get(index)
    if (chunk === undefined) {
      chunk = { bits: new Uint32Array(CHUNK / 32), count: 0 }
      chunks.set(index, chunk)
      order = null
    }
    return chunk
  }
  const sorted = (): readonly number[] => {
    order ??= [...chunks.keys()].sort((a, b) => a - b)
    return order
  }
  const has = (n: number): boolean => {
    const chunk = chunks.get(Math.floor(n / CHUNK))
    return chunk !== undefined && isSet(chunk.bits, n % CHUNK)
  }
  const add = (n: number): boolean => {
    const chunk = chunkOf(Math.floor(n / CHUNK))
    const bit = n % CHUNK
    if (isSet(chunk.bits, bit)) return false
    chunk.bits[bit >>> 5]! |= 1 << (bit & 31)
    chunk.count++
    size++
    return true
  }
  const remove = (n: number): boolean => {
    const index = Math.floor(n / CHUNK)
    const chunk = chunks.get(index)
    const bit = n % CHUNK
    if (chunk === undefined || !isSet(chunk.bits, bit)) return false
    chunk.bits[bit >>> 5]! &= ~(1 << (bit & 31))
    chunk.count--
    size--
    if (chunk.count === 0) {
      chunks.delete(index)
      order = null
    }
    return true
  }
  const addRuns = (runs: Iterable<Run>): void => {
    for (const [start, length] of runs) {
      let n = start
      const end = start + length
      while (n < end) {
        const bit = n % CHUNK
        // A whole word at a time: a first read of a million is one run.
        if ((bit & 31) === 0 && end - n >= 32) {
          const chunk = chunkOf(Math.floor(n / CHUNK))
          const fresh = 32 - bitsIn(chunk.bits[bit >>> 5]!)
          chunk.bits[bit >>> 5] = 0xffffffff
          chunk.count += fresh
          size += fresh
          n += 32
        } else add(n++)
      }
    }
  }
  function* runs(after = -1): Generator<Run> {
    let start = -1
    let end = -1
    for (const index of sorted()) {
      const base = index * CHUNK
      if (base + CHUNK - 1 <= after) continue
      const chunk = chunks.get(index)!
      for (let word = 0; word < chunk.bits.length; word++) {
        const value = chunk.bits[word]!
        if (value === 0) continue
        const first = base + word * 32
        for (let bit = 0; bit < 32; bit++) {
          if (((value >>> bit) & 1) === 0) continue
          const n = first + bit
          if (n <= after) continue
          if (n === end && end - start < RUN_MOST) end++
          else {
            if (start >= 0) yield [start, end - start]
            start = n
            end = n + 1
          }
        }
      }
    }
    if (start >= 0) yield [start, end - start]
  }
  const at = (rank: number): number | undefined => {
    let left = rank
    for (const index of sorted()) {
      const chunk = chunks.get(index)!
      if (left >= chunk.count) {
        left -= chunk.count
        continue
      }
      for (let word = 0; word < chunk.bits.length; word++) {
        const value = chunk.bits[word]!
        const here = bitsIn(value)
        if (left >= here) {
          left -= here
          continue
        }
        for (let bit = 0; bit < 32; bit++) {
          if (((value >>> bit) & 1) === 1 && left-- === 0) return index * CHUNK + word * 32 + bit
        }
      }
    }
    return undefined
  }

  addRuns(from)
  return { size: () => size, add, addRuns, remove, has, runs, at }
}

/** Runs of the numbers that are in `a` and in none of `others`. */
export function* without(a: NumberSet, ...others: readonly NumberSet[]): Generator<Run> {
  let start = -1
  let end = -1
  for (const [from, length] of a.runs()) {
    for (let n = from; n < from + length; n++) {
      if (others.some((other) => other.has(n))) continue
      if (n === end) end++
      else {
        if (start >= 0) yield [start, end - start]
        start = n
        end = n + 1
      }
    }
  }
  if (start >= 0) yield [start, end - start]
}

/** Runs cut into lists of at most `numbers` numbers and `runs` runs: what one statement takes. */
export function* inChunks(runs: Iterable<Run>, numbers: number, most = 1000): Generator<readonly Run[]> {
  let chunk: Run[] = []
  let left = numbers
  for (const run of runs) {
    let [start, length] = run
    while (length > 0) {
      const part = Math.min(length, left)
      chunk.push([start, part])
      start += part
      length -= part
      left -= part
      if (left === 0 || chunk.length === most) {
        yield chunk
        chunk = []
        left = numbers
      }
    }
  }
  if (chunk.length > 0) yield chunk
}

const isSet = (bits: Uint32Array, bit: number): boolean => ((bits[bit >>> 5]! >>> (bit & 31)) & 1) === 1

function bitsIn(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555)
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333)
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
