/** CEL of a probe: true, false, or why it says neither. */
import { Failure } from '../../../errors.ts'
import type { ProbeView } from '../../kind.ts'
import { compileCel, compileRecordCel } from '../../value/cel.ts'

/** What every expression of an action may name beside what its place adds. */
export const VIEW_NAMES = ['id', 'input', 'settings', 'before'] as const

export type Said = { readonly is: boolean } | { readonly failed: string }

/** `more`: what the place adds (`record`, `count`, `status`…); a name without a value there fails the expression, never decides it. */
export function says(text: string, view: ProbeView, more: { readonly [name: string]: unknown }): Said {
  return attempt(text, () => {
    const context = Object.fromEntries(Object.entries({ ...view.vars, ...more }).filter(([, value]) => value !== undefined))
    return compileCel(text, { variables: [...VIEW_NAMES, ...Object.keys(more)] })(context)
  })
}

/** As a stream's `gone` is written: over the record's own keys. */
export function saysOfRecord(text: string, view: ProbeView, record: object): Said {
  return attempt(text, () => compileRecordCel(text, ['settings', 'input', 'before'])(record, view.vars))
}

function attempt(text: string, run: () => unknown): Said {
  try {
    const value = run()
    return typeof value === 'boolean' ? { is: value } : { failed: `\`${text.trim()}\` gives neither true nor false` }
  } catch (cause) {
    if (cause instanceof Failure) return { failed: cause.message }
    throw cause
  }
}
