import { safe } from './text.ts'

/** Two lists of lines next to each other, each cut to half the width (60 columns where there is no terminal). Lines come in raw. */
export function sideBySide(left: readonly string[], right: readonly string[], width: number): readonly string[] {
  const half = Number.isFinite(width) ? Math.max(20, Math.floor((width - 7) / 2)) : 60
  const rows = Math.max(left.length, right.length)
  return Array.from({ length: rows }, (_, i) =>
    `${cutTo(left[i] ?? '', half, true)} │ ${cutTo(right[i] ?? '', half, false)}`.trimEnd(),
  )
}

function cutTo(text: string, columns: number, pad: boolean): string {
  const points = [...safe(text)]
  const cut = points.length > columns ? `${points.slice(0, columns - 1).join('')}…` : points.join('')
  return pad ? cut + ' '.repeat(Math.max(0, columns - [...cut].length)) : cut
}
