/** A value for which an expression of a connector likely holds: what it compares, it finds. Shares nothing with the one that evaluates it. */
import type { Json } from '../../../runtime/types.ts'
import { at, put } from '../twin/path.ts'
import type { Native } from '../twin/types.ts'

const PATH = String.raw`[A-Za-z_]\w*(?:\.\??[A-Za-z_]\w*|\[\??(?:'[^']*'|"[^"]*")\])*`
const LITERAL = String.raw`'[^']*'|"[^"]*"|-?\d+(?:\.\d+)?|true|false|null`

export type Compared = {
  readonly path: string
  readonly values: readonly Json[]
  readonly is: 'equal' | 'other' | 'more' | 'there'
}

/** Places that an expression names, without their head (`body`, `record`), and what they are held against. */
export function comparisons(expression: string, heads: readonly string[]): readonly Compared[] {
  const text = expression.replace(/^=\s*/, '')
  const found: Compared[] = []
  const add = (path: string | undefined, values: readonly Json[], is: Compared['is']): void => {
    const below = path === undefined ? null : belowOf(path, heads)
    if (below !== null) found.push({ path: below, values, is })
  }
  for (const [, path, sign, value] of text.matchAll(new RegExp(`(${PATH})\\s*(==|!=|>=|>)\\s*(${LITERAL})`, 'g')))
    add(path, [literal(value as string)], sign === '==' ? 'equal' : sign === '!=' ? 'other' : 'more')
  for (const [, path, list] of text.matchAll(new RegExp(`(${PATH})\\s+in\\s+\\[([^\\]]*)\\]`, 'g')))
    add(
      path,
      [...(list as string).matchAll(new RegExp(LITERAL, 'g'))].map(([one]) => literal(one)),
      'equal',
    )
  for (const [, path] of text.matchAll(new RegExp(`(?<!!)\\bhas\\((${PATH})\\)`, 'g'))) add(path, [], 'there')
  return found
}

/** What stands at `head` so that all of these are likely so. */
export function satisfy(expressions: readonly string[], head: string): Native {
  const out: Native = {}
  const all = expressions.flatMap((one) => comparisons(one, [head]))
  for (const { path, values, is } of all) {
    if (path === '' || (is === 'there' && at(out, path) !== undefined)) continue
    const [first = null] = values
    if (is === 'equal') put(out, path, first)
    else if (is === 'more') put(out, path, Number(first) + 1)
    else if (is === 'other' && at(out, path) === undefined)
      put(out, path, first === null ? [] : typeof first === 'string' ? `not ${first}` : null)
  }
  for (const { path, is } of all) if (is === 'there' && path !== '' && at(out, path) === undefined) put(out, path, [])
  return out
}

function belowOf(path: string, heads: readonly string[]): string | null {
  const plain = path.replaceAll('.?', '.').replaceAll('[?', '[').replaceAll("['", '["').replaceAll("']", '"]')
  const head = heads.find((one) => plain === one || plain.startsWith(`${one}.`) || plain.startsWith(`${one}[`))
  if (head === undefined)
    return heads.includes('') && !/^(?:has|size|settings|input|true|false|null)\b/.test(plain) ? plain : null
  return plain.slice(head.length).replace(/^\./, '')
}

function literal(text: string): Json {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  return /^['"]/.test(text) ? text.slice(1, -1) : Number(text)
}
