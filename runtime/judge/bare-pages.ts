/** Item 18, page by page: a field that no record of a page has, and nearly every record beside it. Pure. */
import { few, grouped, holds, missing, refutes } from '../kinds/finding.ts'
import type { Finding } from '../types.ts'

/** Records of pages on which no record has the field; records of the others, and how many of those have it. */
export type Bareness = { readonly bare: number; readonly rest: number; readonly rest_filled: number }

/** What a few of the bare records say by id: `shown` have the field there. */
export type BareField = {
  readonly field: string
  readonly bare: number
  readonly asked: number
  readonly shown: readonly string[]
}

const NEARLY_ALL = 0.95

/** Lists are often in an order, so whole pages without a title are no fault by themselves; they are a reason to ask by id. */
export function suspicious(fields: ReadonlyMap<string, Bareness>): readonly string[] {
  return [...fields]
    .filter(([, { bare, rest, rest_filled }]) => bare > 0 && rest > 0 && rest_filled >= NEARLY_ALL * rest)
    .map(([field]) => field)
}

export function barePageFindings(fields: readonly BareField[]): readonly Finding[] {
  const is = { check: 'bare_pages', item: 18, class: 'D' } as const
  const lost = fields.filter((one) => one.shown.length > 0)
  if (lost.length > 0) {
    const named = lost.map(({ field, bare, shown }) => `${field} of ${grouped(bare)} (by id ${few(shown)} has it)`)
    return [
      refutes(
        is,
        `whole pages came without a field that their records have: ${few(named)}`,
        { lost: lost.map(({ field, bare, shown }) => ({ field, bare, shown: shown.slice(0, 5) })) },
        'Read again; if it stays so, ask the vendor why pages of the list lack the field.',
      ),
    ]
  }
  const silent = fields.filter((one) => one.asked === 0).map((one) => one.field)
  if (silent.length > 0) {
    const because = `whole pages came without ${few(silent)}, and by id nobody answered for their records`
    return [missing(is, because, { fields: silent }, 'Read again, until a read by id answers.')]
  }
  if (fields.length === 0) return []
  const names = fields.map((one) => one.field)
  return [holds(is, `whole pages came without ${few(names)}, and so their records are by id`, { fields: names }, false)]
}
