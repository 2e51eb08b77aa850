import { escapeControls } from '../runtime/spec/diagnostic.ts'

/** Any text from a target, a file or an argument, safe for a terminal: one line, controls and direction marks shown as `\u202E`. */
export const safe = (text: string): string => escapeControls(text).replaceAll('\n', '\\n')

/** One JSON document. What a terminal might act upon stands as a JSON escape: the value a program reads is unchanged. */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value)
  return `${text.replace(/[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

export type Paint = { readonly [tint in 'red' | 'green' | 'yellow' | 'dim' | 'bold']: (text: string) => string }

export function painter(color: boolean): Paint {
  const sgr = (code: string) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text)
  return { red: sgr('31'), green: sgr('32'), yellow: sgr('33'), dim: sgr('2'), bold: sgr('1') }
}

const VISIBLE = /\u001b\[[0-9;]*m/g
const wide = (text: string): number => [...text.replace(VISIBLE, '')].length

/** Columns as wide as their widest cell; the last one is not padded. Cells are safe already and may be painted. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, i === row.length - 1 ? 0 : wide(cell))
    })
  return rows
    .map((row) =>
      `${indent}${row.map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - wide(cell)))).join('  ')}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** Each line cut at the width with `…`; colours do not count, and end where the line does. Infinity: as it is. */
export function cutTo(text: string, width: number): string {
  if (!Number.isFinite(width)) return text
  return text
    .split('\n')
    .map((line) => cutLine(line, Math.max(10, width)))
    .join('\n')
}

function cutLine(line: string, width: number): string {
  if (wide(line) <= width) return line
  let left = width - 1
  let cut = ''
  for (const [piece] of line.matchAll(/\u001b\[[0-9;]*m|./gsu)) {
    if (piece.length > 1 && piece.startsWith('\u001b')) cut += piece
    else if (left-- > 0) cut += piece
  }
  return line.includes('\u001b') ? `${cut}…\u001b[0m` : `${cut}…`
}

export const plural = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`

/** `3 min`, `2 h`, `5 days`. */
export function span(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000))
  if (s < 90) return `${s} s`
  if (s < 5400) return `${Math.round(s / 60)} min`
  if (s < 129_600) return `${Math.round(s / 3600)} h`
  return `${Math.round(s / 86_400)} days`
}
