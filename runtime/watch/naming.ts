/** Whom an event, a delta item or a webhook is about. Of the item nothing else is taken. Pure. */
import { compileRecordCel, type Vars } from '../kinds/value/cel.ts'
import { compileValue } from '../kinds/value/value.ts'
import type { Naming } from '../types.ts'
import type { Touched } from '../watch-types.ts'

export type Named = {
  /** Each once, in the order they were named. */
  readonly touched: readonly Touched[]
  /** Items of which it cannot be said whom they are about. */
  readonly unnamed: number
}

/** Longer than any id we know, and than what a path takes. */
const MOST_LENGTH = 1_024

/** Compiled once. `vars`: `{ settings }`. What an item holds is no fault: at worst it is about nobody. */
export function openNaming(names: readonly Naming[]): (items: readonly unknown[], vars?: Vars) => Named {
  const compiled = names.map(({ stream, id, when }) => ({
    stream,
    id: compileValue(id, []),
    when: when === null ? null : compileRecordCel(when, []),
  }))
  return (items, vars = {}) => {
    const touched = new Map<string, Touched>()
    let unnamed = 0
    for (const item of items) {
      let broken = false
      for (const { stream, id, when } of compiled) {
        const ids = idsOf(() => (when === null || when(item as object, vars) === true ? id(item, vars) : []))
        if (ids === null) broken = true
        for (const one of ids ?? []) touched.set(`${stream}\n${one}`, { stream, id: one })
      }
      if (broken) unnamed++
    }
    return { touched: [...touched.values()], unnamed }
  }
}

/** Null: no ids. */
function idsOf(value: () => unknown): readonly string[] | null {
  let found: unknown
  try {
    found = value()
  } catch {
    // The expression has no value for this item.
    return null
  }
  if (found === null || found === undefined) return []
  const ids = (Array.isArray(found) ? found : [found]).map(idOf)
  return ids.every((id) => id !== null) ? ids : null
}

function idOf(value: unknown): string | null {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return String(value)
  if (typeof value !== 'string' || value === '' || value.length > MOST_LENGTH) return null
  return value.isWellFormed() && !/\p{Cc}/u.test(value) ? value : null
}
