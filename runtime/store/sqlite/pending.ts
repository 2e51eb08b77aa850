/** 4 MB of table. Half as much would write every page of the index twice as often. */
export const PENDING_MOST = 65_536

/** A version that `head` does not know yet. `drop`: what it replaces there; 0: nothing. */
export type Pending = { readonly stream: number; readonly key: number; readonly n: number; readonly drop: number }

/** The newest versions by key, in typed arrays: a Map of objects would cost 250 bytes an entry. */
export type PendingTable = {
  readonly size: () => number
  /** Numbers stored under a key: mostly none or one; two ids may share a key. */
  readonly find: (stream: number, key: number, found: (n: number) => void) => void
  /** `old`: the version before, wherever it is found; 0: none. */
  readonly put: (stream: number, key: number, n: number, old: number) => void
  /** By stream and key. Handed out one by one: a list of all would be 10 MB of garbage that lives long. */
  readonly sorted: () => Generator<Pending>
  readonly clear: () => void
}

/** `most`: a power of two; the table has twice as many places. */
export function pendingTable(most: number): PendingTable {
  const places = most * 2
  const streams = new Float64Array(places)
  const keys = new Float64Array(places)
  const numbers = new Float64Array(places)
  const drops = new Float64Array(places)
  let size = 0
  const place = (stream: number, key: number): number => (Math.imul(stream, 0x9e3779b1) ^ key) & (places - 1)
  const next = (at: number): number => (at + 1) & (places - 1)
  return {
    size: () => size,
    find: (stream, key, found) => {
      for (let at = place(stream, key); numbers[at] !== 0; at = next(at))
        if (keys[at] === key && streams[at] === stream) found(numbers[at]!)
    },
    put: (stream, key, n, old) => {
      let at = place(stream, key)
      for (; numbers[at] !== 0; at = next(at)) {
        if (old !== 0 && numbers[at] === old) {
          numbers[at] = n
          return
        }
      }
      streams[at] = stream
      keys[at] = key
      numbers[at] = n
      drops[at] = old
      size++
    },
    sorted: function* () {
      const used = new Uint32Array(size)
      let count = 0
      for (let at = 0; at < places; at++) if (numbers[at] !== 0) used[count++] = at
      used.sort((a, b) => streams[a]! - streams[b]! || keys[a]! - keys[b]!)
      for (const at of used) yield { stream: streams[at]!, key: keys[at]!, n: numbers[at]!, drop: drops[at]! }
    },
    clear: () => {
      numbers.fill(0)
      size = 0
    },
  }
}
