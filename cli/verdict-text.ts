/** Verdicts, findings and gates as people read them. Everything from outside is escaped here. */
import type { Finding, GateAnswer, Verdict } from '../runtime/types.ts'
import { nextOfCode } from './failure.ts'
import { type Paint, plural, safe, table } from './text.ts'

export function paintedVerdict(is: Verdict['is'], paint: Paint): string {
  return { complete: paint.green, incomplete: paint.red, unproven: paint.yellow }[is](is)
}

/** The line without the verdict and the number of records, which stand beside it. */
export function because(verdict: Verdict): string {
  const parts = verdict.because.split(' · ')
  const beside = (part: string, i: number): boolean =>
    (i === 0 && part === verdict.is) || (i <= 1 && /^[\d,]+ records?$/.test(part))
  return safe(parts.filter((part, i) => !beside(part, i)).join(' · '))
}

const RESULT: { readonly [result in Finding['result']]: (paint: Paint) => string } = {
  holds: (paint) => paint.green('holds'),
  refutes: (paint) => paint.red('refutes'),
  missing: (paint) => paint.yellow('missing'),
  anomaly: (paint) => paint.yellow('anomaly'),
}

/** One line a finding, what speaks against first. `confirms`: it is independent of the list itself. */
export function findingLines(findings: readonly Finding[], paint: Paint, indent: string): string {
  const order: readonly Finding['result'][] = ['refutes', 'anomaly', 'missing', 'holds']
  const sorted = [...findings].sort((a, b) => order.indexOf(a.result) - order.indexOf(b.result) || a.item - b.item)
  const rows = sorted.map((f) => {
    const confirms = f.confirms && f.result === 'holds' ? paint.green(' confirms') : ''
    return [RESULT[f.result](paint), safe(f.check), paint.dim(`${f.item} ${f.class}`), `${safe(f.because)}${confirms}`]
  })
  return table(rows, indent)
}

/** More steps than these are in --json: what speaks against completeness comes first, and settles most of what follows. */
const STEPS_SHOWN = 3

/** `shared`: steps that are said once for several streams, elsewhere. */
export function stepLines(verdict: Verdict, paint: Paint, indent: string, shared: ReadonlySet<string> = new Set()): string {
  const hold = verdict.hold === null ? '' : `${indent}${paint.yellow('hold')}  ${safe(verdict.hold)}\n`
  const own = verdict.next_steps.filter((step) => !shared.has(step))
  return hold + nextLines(own.map(stepText), paint, indent)
}

/** At most three, and how many more there are. */
export function nextLines(steps: readonly string[], paint: Paint, indent: string): string {
  const more = steps.length - STEPS_SHOWN
  const shown = steps.slice(0, STEPS_SHOWN).map((step) => `${indent}${paint.yellow('next')}  ${step}\n`)
  return shown.join('') + (more > 0 ? `${indent}      ${paint.dim(`and ${plural(more, 'step')} more; --json lists them`)}\n` : '')
}

/** A step with what the command line can add to it: the advice behind a code, the flag that attests. */
export function stepText(step: string): string {
  const code = /^See `rollcall explain ([\w/-]+)`/.exec(step)?.[1]
  const advice = code === undefined ? null : nextOfCode(code)
  if (advice !== null) return `${safe(advice)} (${code})`
  return `${safe(step)}${/\battest/.test(step) ? ' `rollcall sync … --attest-scope "WHO: WHY"`' : ''}`
}

/** Every reason once: streams with the same reasons stand together. `told`: what the lines above say already. */
export function gateLines(
  gate: GateAnswer,
  paint: Paint,
  told: (reason: GateAnswer['reasons'][number]) => boolean = () => false,
): string {
  const word = { allow: paint.green('allow'), deny: paint.red('deny'), waiver_required: paint.yellow('waiver required') }[gate.is]
  const names = [...new Set(gate.reasons.map((r) => r.stream))].filter((name) => name !== '')
  const head = `gate: ${word}${names.length === 0 ? '' : `  ${names.map(safe).join(', ')}`}\n`
  const untold = Map.groupBy(
    gate.reasons.filter((reason) => !told(reason)),
    (reason) => reason.stream,
  )
  const blocks = Map.groupBy([...untold], ([, reasons]) =>
    [...new Set(reasons.map((r) => `      ${safe(r.because)}\n        ${paint.dim(`→ ${safe(r.settle)}`)}\n`))].join(''),
  )
  const lines = [...blocks].map(([text, of]) => {
    const streams = of.map(([stream]) => safe(stream)).filter((stream) => stream !== '')
    return `${streams.length === 0 ? '' : `  ${paint.bold(streams.join(', '))}\n`}${text}`
  })
  return head + lines.join('')
}
