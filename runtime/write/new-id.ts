import { randomBytes } from 'node:crypto'

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** 26 characters, sortable by time, also within a millisecond of this process (ULID). */
export function openNewId(now: () => number): () => string {
  let last_ms = 0
  let tail: number[] = []
  return () => {
    const at_ms = Math.max(now(), last_ms)
    if (at_ms > last_ms || tail.length === 0) tail = [...randomBytes(16)].map((byte) => byte % 32)
    else tail = plusOne(tail)
    last_ms = at_ms
    return time(at_ms) + tail.map((digit) => LETTERS[digit]).join('')
  }
}

function time(at_ms: number): string {
  let [text, rest] = ['', at_ms]
  for (let place = 0; place < 10; place++) {
    text = `${LETTERS[rest % 32]}${text}`
    rest = Math.floor(rest / 32)
  }
  return text
}

function plusOne(digits: readonly number[]): number[] {
  const next = [...digits]
  for (let place = next.length - 1; place >= 0; place--) {
    next[place] = ((next[place] ?? 0) + 1) % 32
    if (next[place] !== 0) break
  }
  return next
}
