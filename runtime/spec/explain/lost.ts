/** Actions that stand below `streams`: one lost line, not fifty wrong keys. */
import { ACTION_NAMES } from '../../types.ts'
import { show } from '../diagnostic.ts'
import { escapePointer, pathOf, type Tree } from '../tree.ts'
import { type Fault, isMap, keyRange } from './fault.ts'

/** Pointers of what is plainly an action among the streams. */
export function actionsAmongStreams(tree: Tree): readonly string[] {
  const data = tree.data
  const streams = isMap(data) && Object.hasOwn(data, 'streams') ? data['streams'] : null
  if (!isMap(streams)) return []
  return Object.entries(streams)
    .filter(([name, entry]) => isMap(entry) && Object.hasOwn(entry, 'does') && (Object.hasOwn(entry, 'on') || isAction(name)))
    .map(([name]) => `/streams/${escapePointer(name)}`)
}

const isAction = (name: string) => name.startsWith('custom_') || (ACTION_NAMES as readonly string[]).includes(name)

/** One fault for all of them, at the first; the others are spoilt without a word. */
export function lostActions(pointers: readonly string[], tree: Tree): readonly Fault[] {
  const [first] = pointers
  if (first === undefined) return []
  const name = show(first.slice('/streams/'.length))
  const problem = {
    code: 'spec/unknown-key',
    severity: 'error',
    message: `\`${name}\` is an action and stands below \`streams\``,
    range: keyRange(tree, first),
    path: pathOf(first),
    help: 'is the line `actions:` lost?',
  } as const
  return [{ pointer: first, spoils: true, problem, repair: null, key: `${first} action` }]
}
