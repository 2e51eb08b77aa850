import type { HttpStats } from '../runtime/http/open.ts'
import type { Progress } from '../runtime/types.ts'
import type { Io } from './io.ts'
import { painter, plural, safe, span } from './text.ts'

export type ProgressView = { readonly on: (progress: Progress) => void; readonly end: () => void }

/** A terminal is redrawn at most this often; other outputs get a line a stream at most every LINE_MS. */
const DRAW_MS = 100
const LINE_MS = 10_000
/** Over a shorter time the rate is mostly the granularity of counting, and can look like more than the limit. */
const RATE_MS = 3000

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
  const rates: (readonly [at_ms: number, requests: number])[] = []

  /** Requests a minute over the last ten seconds. */
  function rate(): string {
    const now = stats()
    if (now === null) return ''
    rates.push([io.now(), now.requests])
    while (rates.length > 2 && (rates[0]?.[0] ?? 0) < io.now() - 10_000) rates.shift()
    const [from_ms, from] = rates[0] ?? [io.now(), now.requests]
    const passed_ms = io.now() - from_ms
    const measured = passed_ms < RATE_MS ? null : Math.round(((now.requests - from) * 60_000) / passed_ms)
    const limit = now.requests_per_minute === null ? '' : ` of ${now.requests_per_minute}`
    return measured === null ? '' : `${measured}${limit} requests/min`
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

function streamText(name: string, seen: Seen): string {
  const again = seen.attempt > 1 ? ` (attempt ${seen.attempt})` : ''
  if (seen.page === null) return `${safe(name)} ${seen.phase}${again}`
  const { pages, records, total, partitions, partitions_done } = seen.page
  const of = total === null || partitions > 1 ? '' : ` of ${total.toLocaleString('en-US')}`
  const lists = partitions > 1 ? `, ${partitions_done} of ${partitions} lists` : ''
  const phase = seen.phase === 'reading' ? '' : ` ${seen.phase}`
  return `${safe(name)}${phase} ${plural(pages, 'page')}, ${records.toLocaleString('en-US')}${of} records${lists}${again}`
}
