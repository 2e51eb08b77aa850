/** A `kind` that names no word. */

import type { ErrorObject } from 'ajv/dist/2020.js'
import { show } from '../diagnostic.ts'
import { nearest } from '../nearest.ts'
import { escapePointer, pathOf, type Tree } from '../tree.ts'
import { WORDS } from '../words.ts'
import { type Fault, keyRange, listed, nameOf, type Schema, valueRange } from './fault.ts'
import { missingKeys } from './keys.ts'

export function wrongKind(error: ErrorObject, tree: Tree): Fault {
  const pointer = error.instancePath
  const data = error.data as { readonly [key: string]: unknown }
  const kinds = kindsOf(error.parentSchema as Schema)
  const family = familyOf((error.parentSchema as Schema).oneOf?.[0]?.$ref ?? '') ?? 'this'
  const of = family === 'told' ? 'told_by' : family
  const list = `kinds of ${of}: ${listed(kinds)}`
  if (!Object.hasOwn(data, 'kind')) {
    const twin = Object.keys(data).find(
      (key) => nearest(key, ['kind']) !== null || (typeof data[key] === 'string' && kinds.includes(data[key])),
    )
    if (twin === undefined) {
      const fault = missingKeys(pointer, ['kind'], false, tree)
      return { ...fault, spoils: true, problem: { ...fault.problem, help: list } }
    }
    const own = `${pointer}/${escapePointer(twin)}`
    const problem = {
      code: 'spec/unknown-key',
      severity: 'error',
      message: `unknown key \`${show(twin)}\``,
      range: keyRange(tree, own),
      path: pathOf(own),
      help: 'did you mean `kind`?',
    } as const
    return { pointer: own, spoils: false, problem, repair: { pointer, from: twin, to: 'kind' }, key: `${own} unknown` }
  }
  const own = `${pointer}/kind`
  const kind = data['kind']
  const near = typeof kind === 'string' ? nearest(kind, kinds) : null
  const help = near === null ? list : `did you mean \`${near}\`? ${list}`
  const message =
    typeof kind === 'string' ? `unknown kind of ${of} \`${show(kind)}\`` : `\`kind\` must be a text, not ${nameOf(kind)}`
  return {
    pointer: near === null ? pointer : own,
    spoils: near === null,
    problem: { code: 'spec/unknown-kind', severity: 'error', message, range: valueRange(tree, own), path: pathOf(own), help },
    repair: near === null ? null : { pointer, from: null, to: near },
    key: `${own} kind`,
  }
}

function kindsOf(schema: Schema): readonly string[] {
  return (schema.oneOf ?? []).flatMap((branch) => kindOf(branch))
}

function kindOf(branch: Schema): readonly string[] {
  const family = familyOf(branch.$ref ?? '')
  if (branch.$ref !== undefined && family !== null) return [branch.$ref.slice(`${DEFS}${family}_`.length)]
  const kind = branch.properties?.['kind']?.const
  return kind === undefined ? [] : [String(kind)]
}

const DEFS = '#/$defs/'

/** `#/$defs/verify_webhook_hmac` → `verify_webhook`. */
function familyOf(ref: string): string | null {
  return Object.keys(WORDS).find((family) => ref.startsWith(`${DEFS}${family}_`)) ?? null
}
