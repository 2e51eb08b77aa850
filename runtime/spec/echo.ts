/** Which findings only repeat a fault that is told already. */
import type { Found } from './check/index.ts'
import { isAtOrBelow, type Structure } from './structure.ts'

/** What these say may be wrong because a declaration elsewhere is. */
const ABOUT_OTHERS = new Set([
  'spec/needs-entitlement',
  'spec/needs-find',
  'spec/needs-get',
  'spec/needs-whoami',
  'spec/no-binding',
  'spec/no-control',
  'spec/no-look',
  'spec/not-a-list',
  'spec/only-residual',
  'spec/unasked-facet',
  'spec/undeclared-origin',
  'spec/unknown-feed',
  'spec/names-nobody',
  'spec/feed-position',
  'spec/event-id',
  'spec/literal-secret',
  'spec/signed-parts',
  'spec/unknown-field',
  'spec/unknown-name',
  'spec/unknown-stream',
  'spec/wrong-stream',
])
const DECLARING_TOP = new Set(['settings', 'streams', 'whoami', 'base_url', 'origins', 'feeds'])
const DECLARING_STREAM = new Set(['each', 'get', 'fields', 'keep'])
/** Of a feed, and of the webhook with its `verify`. */
const DECLARING_WATCH = new Set(['from', 'list', 'id', 'names', 'polls', 'secret', 'over', 'timestamp', 'kind'])
const DECLARING_ACTION = new Set(['on', 'does', 'input', 'before', 'find', 'steps', 'verify', 'bind', 'unverifiable'])

/** Inside a broken piece, or about a declaration that is itself broken, lost, or perhaps there under a key that means nothing. */
export function follows(found: Found, { broken, strays }: Structure, torn: readonly string[]): boolean {
  if (broken.some((pointer) => isAtOrBelow(found.pointer, pointer))) return true
  // Two actions have run into one: what it says is of neither.
  if (torn.includes('/actions') && found.pointer.startsWith('/actions/')) return true
  if (!ABOUT_OTHERS.has(found.problem.code)) return false
  if (torn.includes('/streams') || torn.includes('/settings')) return true
  const stream = /^\/streams\/[^/]+/.exec(found.pointer)?.[0]
  const action = /^\/actions\/[^/]+/.exec(found.pointer)?.[0]
  const watch = /^\/(feeds\/[^/]+|webhook)/.exec(found.pointer)?.[0]
  return broken.some((pointer) => {
    const cut = pointer.lastIndexOf('/')
    const parent = pointer.slice(0, cut)
    const key = pointer.slice(cut + 1)
    if (parent === '') return strays.includes(pointer) || DECLARING_TOP.has(key)
    if (parent === '/streams' || parent === '/settings') return true
    if (watch !== undefined && isAtOrBelow(pointer, watch)) return strays.includes(pointer) || DECLARING_WATCH.has(key)
    if (watch !== undefined && parent === '/feeds') return true
    // Feeds that have run into the actions or streams.
    if (found.problem.code === 'spec/unknown-feed' && /^\/(actions|streams)$/.test(parent)) return strays.includes(pointer)
    if (action !== undefined && isAtOrBelow(pointer, action)) {
      const below = pointer.slice(action.length + 1).split('/')[0]!
      return DECLARING_ACTION.has(below) || (parent === action && strays.includes(pointer))
    }
    if ((action ?? watch) !== undefined && /^\/streams\/[^/]+$/.test(parent))
      return strays.includes(pointer) || key === 'is' || DECLARING_STREAM.has(key)
    if (parent === stream) return strays.includes(pointer) || DECLARING_STREAM.has(key)
    return found.problem.code === 'spec/not-a-list' && pointer.startsWith('/settings/')
  })
}
