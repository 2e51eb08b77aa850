/** What is undone of what was verified before, as `sync` and `watch` say it. */
import type { Breach } from '../runtime/govern/standing.ts'
import type { Io } from './io.ts'
import { painter, safe } from './text.ts'

export const breachJson = ({ assertion: { stream, id, claim, since, intent }, because, suspect }: Breach): object => ({
  stream,
  id,
  claim,
  since,
  intent,
  because,
  suspect,
})

export function breachLine({ assertion: { stream, id, intent }, because, suspect }: Breach, io: Io): string {
  const paint = painter(io.color)
  return `  ${paint.red('reverted')}  ${safe(stream)} ${safe(id)}: ${safe(because)}; suspect: ${safe(suspect)}\n      ${paint.yellow('next')}  find what undid it, stop that, then ask again (rollcall actions --show ${intent})\n`
}
