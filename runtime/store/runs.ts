/** A run: `length` numbers from `start` on. A page's membership is a few runs when the target lists in the same order again. */
export type Run = readonly [start: number, length: number]

/** Runs of the numbers, which may come in any order and more than once. */
export function runsOf(numbers: readonly number[]): readonly Run[] {
  const sorted = Float64Array.from(numbers).sort()
  const runs: [number, number][] = []
  let last: [number, number] | undefined
  for (const n of sorted) {
    if (last !== undefined && n < last[0] + last[1]) continue
    if (last !== undefined && n === last[0] + last[1]) last[1]++
    else {
      last = [n, 1]
      runs.push(last)
    }
  }
  return runs
}

/** Ascending runs as variable-length numbers: the distance from the end of the run before, then the length. */
export function encodeRuns(runs: Iterable<Run>): Uint8Array {
  const bytes: number[] = []
  let end = 0
  for (const [start, length] of runs) {
    pushNumber(bytes, start - end)
    pushNumber(bytes, length)
    end = start + length
  }
  return Uint8Array.from(bytes)
}

export function decodeRuns(bytes: Uint8Array): readonly Run[] {
  const runs: Run[] = []
  let at = 0
  let end = 0
  const next = (): number => {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('runs are cut off')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
  }
  while (at < bytes.length) {
    const start = end + next()
    const length = next()
    runs.push([start, length])
    end = start + length
  }
  return runs
}

// Multiplication and not shifts: numbers go beyond 32 bits.
function pushNumber(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
}
