import type { HttpStats } from '../runtime/http/open.ts'
import type { Progress } from '../runtime/types.ts'
import type { Io } from './io.ts'
import { painter, plural, safe, span } from './text.ts'

export type ProgressView = { readonly on: (progress: Progress) => void; readonly end: () => void }

/** A terminal is redrawn at most this often; other outputs get a line a stream at most every LINE_MS. */
const DRAW_MS = 100
const LINE_MS = 10_000
/** A limit is promised over a minute, so the rate is counted over one: over less, the burst that a limit allows looks like a breach. */
const WINDOW_MS = 60_000
/** Stats are kept at most this often: a minute of them is then a short list. */
const SAMPLE_MS = 500

type Seen = {
  phase: 'reading' | 'proving' | 'judging' | 'done'
  attempt: number
  page: Extract<Progress, { kind: 'page' }> | null
  line_ms: number
}

/**
 * Shows a sync under way on stderr: stream, pages, records of the declared total, rate against the limit, why it waits and until when.
 * `kind` none: shows nothing.
 */
export function openProgress(io: Io, kind: 'terminal' | 'lines' | 'none', stats: () => HttpStats | null): ProgressView {
  if (kind === 'none') return { on: () => undefined, end: () => undefined }
  const streams = new Map<string, Seen>()
  const paint = painter(io.color)
  let waiting: { readonly why: string; readonly until_ms: number } | null = null
  let drawn_ms = 0
  const opened_ms = io.now()
  const rates: [at_ms: number, requests: number][] = [[opened_ms, stats()?.requests ?? 0]]

  /** Requests of the last minute beside the limit; before a minute is over, requests so far. Never a guess from a shorter time. */
  function rate(): string {
    const now = stats()
    if (now === null) return ''
    const at_ms = io.now()
    const last = rates.at(-1)
    if (last === undefined || at_ms - last[0] >= SAMPLE_MS) rates.push([at_ms, now.requests])
    // The one at or before the window's beginning stays: from there it is counted.
    while ((rates[1]?.[0] ?? Number.POSITIVE_INFINITY) <= at_ms - WINDOW_MS) rates.shift()
    const made = (now.requests - (rates[0]?.[1] ?? 0)).toLocaleString('en-US')
    const limit = now.requests_per_minute === null ? '' : `, limit ${now.requests_per_minute.toLocaleString('en-US')}/min`
    const passed_ms = at_ms - opened_ms
    if (passed_ms < 1000) return ''
    return passed_ms < WINDOW_MS ? `${made} requests in ${span(passed_ms)}${limit}` : `${made} requests/min${limit}`
  }

  function waitText(): string {
    if (waiting === null || waiting.until_ms <= io.now()) return ''
    return `waiting ${span(waiting.until_ms - io.now())} until ${new Date(waiting.until_ms).toISOString().slice(11, 19)}Z: ${safe(waiting.why)}`
  }

  function draw(): void {
    drawn_ms = io.now()
    // What matters most first: the end of the line is what a narrow terminal loses.
    const urgency = ['reading', 'proving', 'judging']
    const active = [...streams]
      .filter(([, s]) => s.phase !== 'done')
      .sort(([, a], [, b]) => urgency.indexOf(a.phase) - urgency.indexOf(b.phase))
    const parts = [waitText(), rate(), ...active.map(([name, s]) => streamText(name, s))].filter((part) => part !== '')
    const width = Number.isFinite(io.width) ? io.width : 120
    const line = [...parts.join('  ·  ')].slice(0, Math.max(20, width - 1)).join('')
    io.err(`\r\u001b[2K${paint.dim(line)}`)
  }

  // A wait sends no events, and its countdown must still be seen to move.
  let timer = kind === 'terminal' ? setInterval(draw, 1000) : null
  timer?.unref()

  return {
    on(progress) {
      if (progress.kind === 'wait') {
        waiting = { why: progress.why, until_ms: Date.parse(progress.until) }
        if (kind === 'lines') io.err(`${waitText()}\n`)
        else draw()
        return
      }
      const seen = streams.get(progress.stream) ?? { phase: 'reading', attempt: 1, page: null, line_ms: 0 }
      streams.set(progress.stream, seen)
      const begins =
        progress.kind === 'stream' && (seen.phase !== progress.phase || seen.attempt !== progress.attempt || seen.line_ms === 0)
      if (progress.kind === 'stream') {
        seen.phase = progress.phase
        seen.attempt = progress.attempt
      } else if (progress.kind === 'page') seen.page = progress
      else seen.phase = 'done'
      if (kind === 'lines' && progress.kind === 'verdict') {
        io.err(`${doneText(progress, seen)}\n`)
        return
      }
      if (kind === 'terminal') {
        if (progress.kind !== 'page' || io.now() - drawn_ms >= DRAW_MS) draw()
      } else if ((begins && seen.phase === 'reading') || (progress.kind === 'page' && io.now() - seen.line_ms >= LINE_MS)) {
        seen.line_ms = io.now()
        io.err(`${[streamText(progress.stream, seen), rate()].filter((part) => part !== '').join('  ·  ')}\n`)
      }
    },
    end() {
      if (timer === null) return
      clearInterval(timer)
      timer = null
      io.err('\r\u001b[2K')
    },
  }
}

/** `users incomplete, 282 records of 317 in 4 pages`. */
function doneText({ stream, verdict }: Extract<Progress, { kind: 'verdict' }>, { page }: Seen): string {
  if (page === null) return `${safe(stream)} ${verdict.is}`
  const of = page.total === null || page.partitions > 1 ? '' : ` of ${page.total.toLocaleString('en-US')}`
  return `${safe(stream)} ${verdict.is}, ${plural(page.records, 'record')}${of} in ${plural(page.pages, 'page')}`
}

function streamText(name: string, seen: Seen): string {
  const again = seen.attempt > 1 ? ` (attempt ${seen.attempt})` : ''
  if (seen.page === null) return `${safe(name)} ${seen.phase}${again}`
  const { pages, records, total, partitions, partitions_done } = seen.page
  const of = total === null || partitions > 1 ? '' : ` of ${total.toLocaleString('en-US')}`
  const lists = partitions > 1 ? `, ${partitions_done} of ${partitions} lists` : ''
  const phase = seen.phase === 'reading' ? '' : ` ${seen.phase}`
  return `${safe(name)}${phase} ${plural(pages, 'page')}, ${records.toLocaleString('en-US')}${of} records${lists}${again}`
}
