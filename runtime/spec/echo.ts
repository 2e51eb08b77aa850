/** Which findings only repeat a fault that is told already. */
import type { Found } from './check/index.ts'
import { isAtOrBelow, type Structure } from './structure.ts'

/** What these say may be wrong because a declaration elsewhere is. */
const ABOUT_OTHERS = new Set([
  'spec/needs-get',
  'spec/needs-whoami',
  'spec/not-a-list',
  'spec/undeclared-origin',
  'spec/unknown-field',
  'spec/unknown-name',
  'spec/unknown-stream',
])
const DECLARING_TOP = new Set(['settings', 'streams', 'whoami', 'base_url', 'origins'])
const DECLARING_STREAM = new Set(['each', 'get', 'fields', 'keep'])

/** Inside a broken piece, or about a declaration that is itself broken, lost, or perhaps there under a key that means nothing. */
export function follows(found: Found, { broken, strays }: Structure, torn: readonly string[]): boolean {
  if (broken.some((pointer) => isAtOrBelow(found.pointer, pointer))) return true
  if (!ABOUT_OTHERS.has(found.problem.code)) return false
  if (torn.includes('/streams') || torn.includes('/settings')) return true
  const stream = /^\/streams\/[^/]+/.exec(found.pointer)?.[0]
  return broken.some((pointer) => {
    const cut = pointer.lastIndexOf('/')
    const parent = pointer.slice(0, cut)
    const key = pointer.slice(cut + 1)
    if (parent === '') return strays.includes(pointer) || DECLARING_TOP.has(key)
    if (parent === '/streams' || parent === '/settings') return true
    if (parent === stream) return strays.includes(pointer) || DECLARING_STREAM.has(key)
    return found.problem.code === 'spec/not-a-list' && pointer.startsWith('/settings/')
  })
}
