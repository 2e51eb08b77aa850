/** `90s`, `5m`, `24h`, `7d`: how the language writes a length of time. */

/** What such a text looks like, for schemas. */
export const DURATION = '^[1-9][0-9]{0,4}[smhd]$'

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** Seconds of a text that passes `DURATION`. */
export function seconds(text: string): number {
  return Number(text.slice(0, -1)) * SECONDS[text.at(-1) as keyof typeof SECONDS]
}
