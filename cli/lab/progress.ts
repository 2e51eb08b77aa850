/** How far the lab is, on stderr: a line that is redrawn, or one every ten seconds. */
import type { Io } from '../io.ts'
import { painter, span } from '../text.ts'
import { count } from './report/words.ts'
import type { Run } from './types.ts'

const DRAW_MS = 100
const LINE_MS = 10_000

export type LabProgress = { readonly on: (run: Run, finding: boolean) => void; readonly end: () => void }

/** `cells`: scenarios times dialects, of which each is played once at least. */
export function openLabProgress(io: Io, kind: 'terminal' | 'lines' | 'none', cells: number): LabProgress {
  const begun_ms = io.now()
  const seen = new Set<string>()
  let runs = 0
  let findings = 0
  let shown_ms = begun_ms
  const paint = painter(io.color)

  function line(): string {
    const parts = [`${count(runs)} runs`, `${count(seen.size)} of ${count(cells)} scenarios`]
    const wrong = `${count(findings)} ${findings === 1 ? 'finding' : 'findings'}`
    return [...parts, wrong, span(io.now() - begun_ms)].join('  ·  ')
  }
  return {
    on(run, finding) {
      runs++
      if (finding) findings++
      seen.add(`${run.side} ${run.dialect} ${run.scenario}`)
      if (kind === 'none' || io.now() - shown_ms < (kind === 'terminal' ? DRAW_MS : LINE_MS)) return
      shown_ms = io.now()
      io.err(kind === 'terminal' ? `\r\u001b[2K${paint.dim(line())}` : `${line()}\n`)
    },
    end() {
      if (kind === 'terminal') io.err('\r\u001b[2K')
    },
  }
}
