/** What stands below another key because the line that names it was lost: one message, not fifty wrong keys. */
import { ACTION_NAMES } from '../../types.ts'
import { show } from '../diagnostic.ts'
import { escapePointer, pathOf, type Tree } from '../tree.ts'
import { type Fault, isMap, keyRange } from './fault.ts'

/** What has run into something else, all of one sort. */
export type Astray = {
  readonly pointers: readonly string[]
  /** `an action`, and the line that is lost. */
  readonly what: string
  readonly line: 'actions' | 'feeds' | 'webhook'
}

type Sort = Omit<Astray, 'pointers'> & {
  readonly below: 'streams' | 'actions' | 'feeds'
  readonly is: (entry: unknown, name: string) => boolean
}

const SORTS: readonly Sort[] = [
  {
    below: 'streams',
    what: 'an action',
    line: 'actions',
    is: (entry, name) => has(entry, 'does') && (has(entry, 'on') || isAction(name)),
  },
  { below: 'streams', what: 'a feed', line: 'feeds', is: isFeed },
  { below: 'actions', what: 'a feed', line: 'feeds', is: isFeed },
  { below: 'feeds', what: 'of the webhook', line: 'webhook', is: (_entry, name) => WEBHOOK_KEYS.has(name) },
]

/** What plainly is something else than the entries among which it stands. */
export function astrayIn({ data }: Tree): readonly Astray[] {
  return SORTS.flatMap(({ below, what, line, is }) => {
    const entries = isMap(data) && Object.hasOwn(data, below) ? data[below] : null
    if (!isMap(entries)) return []
    // A feed may be called `names`; one that is called `verify` and is none is the webhook's.
    if (line === 'webhook' && (!isMap(entries['verify']) || isFeed(entries['verify']))) return []
    const names = Object.entries(entries).filter(([name, entry]) => is(entry, name) && !(line === 'webhook' && isFeed(entry)))
    return names.length === 0 ? [] : [{ pointers: names.map(([name]) => `/${below}/${escapePointer(name)}`), what, line }]
  })
}

const has = (entry: unknown, key: string) => isMap(entry) && Object.hasOwn(entry, key)
const isAction = (name: string) => name.startsWith('custom_') || (ACTION_NAMES as readonly string[]).includes(name)

function isFeed(entry: unknown): boolean {
  return has(entry, 'from') && has(entry, 'names')
}

const WEBHOOK_KEYS = new Set(['title', 'source', 'verify', 'challenge', 'records', 'names', 'polls'])

/** One fault for all of a sort, at the first; the others are spoilt without a word. */
export function lostLine({ pointers, what, line }: Astray, tree: Tree): Fault {
  const first = pointers[0]!
  const [, below, name] = first.split('/') as [string, string, string]
  const problem = {
    code: 'spec/unknown-key',
    severity: 'error',
    message: `\`${show(name)}\` is ${what} and stands below \`${below}\``,
    range: keyRange(tree, first),
    path: pathOf(first),
    help: `is the line \`${line}:\` lost?`,
  } as const
  return { pointer: first, spoils: true, problem, repair: null, key: `${first} astray` }
}
