/** What is wrong with a connector file, and where. */

/** A half-open range of UTF-16 offsets into the text. */
export type Range = readonly [start: number, end: number]

/** A finding before lines are counted. */
export type Problem = {
  readonly code: string
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly range: Range
  /** Spec path: `streams.users.pages.kind`, `prove[0]`. */
  readonly path: string
  readonly help: string | null
}

/** Lines and columns count from 1; columns count code points; `end_column` is the first column after, on the same line. */
export type Diagnostic = {
  readonly code: string
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly file: string
  readonly line: number
  readonly column: number
  readonly end_column: number
  readonly path: string
  readonly help: string | null
}

/** Findings of one file beyond this are counted, not listed. */
const MOST = 100

/** In order of place; the same place and code only once; at most 100 and a line that says how many more. */
export function diagnose(problems: readonly Problem[], text: string, file: string): readonly Diagnostic[] {
  const sorted = [...problems].sort((a, b) => a.range[0] - b.range[0] || rank(a) - rank(b))
  const seen = new Set<string>()
  const once = sorted.filter((problem) => {
    const key = `${problem.range[0]} ${problem.code} ${problem.message}`
    return !seen.has(key) && seen.add(key)
  })
  const place = places(text)
  const shown = once.slice(0, MOST).map((problem) => ({ ...placed(problem), file, ...place(problem.range) }))
  const more = once.slice(MOST)
  if (more.length === 0) return Object.freeze(shown.map((d) => Object.freeze(d)))
  const severity = more.some((problem) => problem.severity === 'error') ? 'error' : 'warning'
  const message = `${more.length} more findings are not shown`
  const rest = { code: 'spec/too-many', severity, message, file, ...place(more[0]!.range), path: '', help: null } as const
  return Object.freeze([...shown, rest].map((d) => Object.freeze(d)))
}

function placed({ code, severity, message, path, help }: Problem) {
  return { code, severity, message, path, help }
}

const rank = (problem: Problem) => (problem.severity === 'error' ? 0 : 1)

/** Line starts once, then a binary search a place. */
function places(text: string) {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return ([from, to]: Range) => {
    const start = Math.max(0, Math.min(from, text.length))
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= start) low = middle
      else high = middle - 1
    }
    const line_end = low + 1 < starts.length ? starts[low + 1]! - 1 : text.length
    const end = Math.max(start + 1, Math.min(to, line_end))
    const column = 1 + codePoints(text, starts[low]!, start)
    return { line: low + 1, column, end_column: column + Math.max(1, codePoints(text, start, Math.min(end, text.length))) }
  }
}

function codePoints(text: string, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit < 0xdc00 || unit > 0xdfff || at === from) count += 1
  }
  return count
}

/** Author's text for a message: control and direction characters escaped, long text cut. */
export function show(text: string, most = 60): string {
  const points = [...text.slice(0, most * 2 + 2)]
  const cut = points.length > most
  return escapeControls(points.slice(0, most).join('')).replace(/\n/g, '\\n') + (cut ? '…' : '')
}

/** C0, C1, direction and zero-width characters and lone surrogates as `\u202E`. Line breaks stay. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  )
}
