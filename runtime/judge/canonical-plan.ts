/** The hash that an approval is bound to. Pure. */
import { createHash } from 'node:crypto'
import type { Json } from '../types.ts'
import type { Plan } from '../write-types.ts'

/** sha-256, hex, over the items in their order and what they rest on. One item more, less, moved or altered is another hash. */
export function canonicalPlan(items: Plan['items'], rests_on: Plan['rests_on']): string {
  return createHash('sha256')
    .update(canonical({ items, rests_on } as unknown as Json))
    .digest('hex')
}

/** JSON with sorted keys: who wrote the file, and in which order, does not matter. */
function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${sorted.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner as Json)}`).join(',')}}`
}
