/** A clock that jumps: whoever sleeps moves it on, and nothing waits. */
export type Clock = {
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly jump: (ms: number) => void
}

/** The same for every run, so that what a run says depends on its seed alone. */
export const BEGIN_MS = Date.UTC(2026, 0, 5, 9)

export function clock(begin_ms: number = BEGIN_MS): Clock {
  let at = begin_ms
  return {
    now: () => at,
    sleep: async (ms) => {
      at += Math.max(0, ms)
    },
    jump: (ms) => {
      at += ms
    },
  }
}
