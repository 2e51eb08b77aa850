/** Unknown, missing and misplaced keys. */

import type { ErrorObject } from 'ajv/dist/2020.js'
import { show } from '../diagnostic.ts'
import { nearest } from '../nearest.ts'
import { escapePointer, pathOf, type Tree } from '../tree.ts'
import { type Fault, keyRange, leaf, listed, ownRange, type Schema } from './fault.ts'

/** Unknown and missing keys of one mapping are told together: a typo is both at once. */
export function keyFaults(pointer: string, errors: readonly ErrorObject[], tree: Tree): readonly Fault[] {
  const unknown = errors.filter((error) => error.keyword === 'additionalProperties')
  const missing = new Set(
    errors
      .filter((error) => ['required', 'dependentRequired', 'dependencies'].includes(error.keyword))
      .map((error) => String(error.params['missingProperty'])),
  )
  const present = Object.keys((errors[0]?.data ?? {}) as object)
  const is_fields = /^\/streams\/[^/]+\/fields$/.test(pointer)
  const is_actions = pointer === '/actions'
  const strange = strangers(pointer, unknown, missing, present, tree)
  if (strange !== null) return [strange]
  const faults: Fault[] = []
  for (const error of unknown) {
    const name = String(error.params['additionalProperty'])
    const known = Object.keys((error.parentSchema as Schema).properties ?? {})
    const free = known.filter((key) => !present.includes(key))
    const near = nearest(name, [...free.filter((key) => missing.has(key)), ...free.filter((key) => !missing.has(key))])
    const replaced = near === null && unknown.length === 1 && missing.size === 1 ? [...missing][0]! : null
    if (near !== null) missing.delete(near)
    if (replaced !== null) missing.delete(replaced)
    const own = `${pointer}/${escapePointer(name)}`
    faults.push({
      pointer: own,
      spoils: near === null,
      problem: {
        code: is_fields ? 'spec/unknown-field' : is_actions ? 'spec/unknown-action' : 'spec/unknown-key',
        severity: 'error',
        message: `unknown ${is_fields ? 'field' : is_actions ? 'action' : 'key'} \`${show(name)}\``,
        range: keyRange(tree, own),
        path: pathOf(own),
        help:
          near !== null
            ? `did you mean \`${near}\`?`
            : replaced !== null
              ? `\`${replaced}\` is missing here; is this meant to be it?`
              : is_actions
                ? `known: ${listed(known)}; others are named custom_…`
                : knownKeys(name, known, free, present),
      },
      repair: near === null ? null : { pointer, from: name, to: near },
      key: `${own} unknown`,
    })
  }
  if (missing.size > 0) faults.push(missingKeys(pointer, [...missing], is_fields, tree))
  return faults
}

/** Not one key that is known here, and all that must be there are missing: it is something else, which has run into this. */
function strangers(
  pointer: string,
  unknown: readonly ErrorObject[],
  missing: ReadonlySet<string>,
  present: readonly string[],
  tree: Tree,
): Fault | null {
  const schema = (unknown[0]?.parentSchema ?? {}) as Schema
  const known = Object.keys(schema.properties ?? {})
  const far = present.some((name) => nearest(name, known) === null)
  if (present.length < 2 || unknown.length !== present.length || missing.size < 2 || !far) return null
  if (!(schema.required ?? []).every((key) => missing.has(key))) return null
  const quoted = (names: Iterable<string>) => [...names].map((name) => `\`${show(name)}\``).join(', ')
  const problem = {
    code: 'spec/unknown-key',
    severity: 'error',
    message: `${quoted(present.slice(0, 4))} ${present.length > 4 ? '… ' : ''}mean nothing here; missing ${quoted(missing)}`,
    range: ownRange(tree, pointer),
    path: pathOf(pointer),
    help: 'is the line above lost that names what begins here?',
  } as const
  return { pointer, spoils: true, problem, repair: null, key: `${pointer} strangers` }
}

function knownKeys(name: string, known: readonly string[], free: readonly string[], present: readonly string[]): string | null {
  const twin = nearest(
    name,
    known.filter((key) => present.includes(key)),
  )
  if (twin !== null) return `\`${twin}\` is already there`
  if (free.length === 0) return known.length === 0 ? null : 'remove it; every known key is there'
  return `known here: ${listed(free)}`
}

/** All keys that one mapping lacks are one message. */
export function missingKeys(pointer: string, keys: readonly string[], is_fields: boolean, tree: Tree): Fault {
  const what = is_fields ? 'required field' : 'key'
  return {
    pointer,
    spoils: false,
    problem: {
      code: is_fields ? 'spec/missing-field' : 'spec/missing-key',
      severity: 'error',
      message: `missing ${what}${keys.length === 1 ? '' : 's'} ${keys.map((key) => `\`${key}\``).join(', ')}`,
      range: ownRange(tree, pointer),
      path: pathOf(pointer),
      help: null,
    },
    repair: null,
    key: `${pointer} missing`,
  }
}

/** A key that another choice in the same mapping rules out. */
export function notHere(error: ErrorObject, tree: Tree): Fault {
  const pointer = error.instancePath
  const name = show(leaf(pointer))
  const problem = {
    code: 'spec/unknown-key',
    severity: 'error',
    message: `\`${name}\` has no meaning with what is declared beside it`,
    range: keyRange(tree, pointer),
    path: pathOf(pointer),
    help: 'remove it',
  } as const
  return { pointer, spoils: true, problem, repair: null, key: `${pointer} unknown` }
}

export function badName(error: ErrorObject, tree: Tree): Fault {
  const name = String(error.params['propertyName'])
  const own = `${error.instancePath}/${escapePointer(name)}`
  const help = 'letters, digits, _ and -, beginning with a letter'
  const problem = {
    code: 'spec/bad-name',
    severity: 'error',
    message: `\`${show(name)}\` cannot be a name here`,
    range: keyRange(tree, own),
    path: pathOf(own),
    help,
  } as const
  return { pointer: own, spoils: true, problem, repair: null, key: `${own} name` }
}
