/** Keys one layer takes: 8 bits a key, 1 MB. */
const LAYER_KEYS = 1_048_576
const BITS = LAYER_KEYS * 8

/** A Bloom filter: `false` is certain, `true` is wrong for 3 of 100. Spares a first read the look-up of ids that can not be there. */
export type KeyFilter = { readonly add: (key: number) => void; readonly mayHave: (key: number) => boolean }

export function keyFilter(): KeyFilter {
  const layers: Uint32Array[] = []
  let keys = 0
  const has = (bits: Uint32Array, bit: number): boolean => ((bits[bit >>> 5]! >>> (bit & 31)) & 1) === 1
  return {
    add: (key) => {
      if (keys++ % LAYER_KEYS === 0) layers.push(new Uint32Array(BITS / 32))
      const bits = layers.at(-1)!
      // Three independent cuts of the 53 bits: low 23, the next 23, and a mix of both halves.
      const a = key & (BITS - 1)
      const b = Math.floor(key / BITS) & (BITS - 1)
      const c = Math.imul(a ^ (b << 7), 0x9e3779b1) >>> 9
      bits[a >>> 5]! |= 1 << (a & 31)
      bits[b >>> 5]! |= 1 << (b & 31)
      bits[c >>> 5]! |= 1 << (c & 31)
    },
    mayHave: (key) => {
      const a = key & (BITS - 1)
      const b = Math.floor(key / BITS) & (BITS - 1)
      const c = Math.imul(a ^ (b << 7), 0x9e3779b1) >>> 9
      return layers.some((bits) => has(bits, a) && has(bits, b) && has(bits, c))
    },
  }
}
