/** Guarded tokens → plain data without prototypes, and where each piece of it stands in the text. */
import { Composer, type CST, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLError } from 'yaml'
import type { Problem, Range } from './diagnostic.ts'
import { show } from './diagnostic.ts'

export type Data = null | boolean | number | string | Data[] | { [key: string]: Data }

export type Spot = {
  /** The value; for an empty value, the place where it would stand. */
  readonly value: Range
  /** The key it stands under; null in a list and at the top. */
  readonly key: Range | null
  readonly scalar: Scalar | null
}

/** Pointer as in RFC 6901: `/streams/users/prove/0`. */
export type Tree = {
  readonly data: Data
  readonly spots: ReadonlyMap<string, Spot>
  readonly text: string
  /** Mappings of names in which one name is lost: two entries have run into one. */
  readonly torn: readonly string[]
}

const FORBIDDEN = new Set(['__proto__', 'prototype', 'constructor'])

/** Without a tree where the text is no YAML mapping. Other problems leave the piece out and go on. */
export function readTree(
  tokens: readonly CST.Token[],
  text: string,
): { readonly tree: Tree | null; readonly problems: readonly Problem[] } {
  const composer = new Composer({
    schema: 'core',
    version: '1.2',
    merge: false,
    strict: true,
    // Own check: the library's compares every key with every other.
    uniqueKeys: false,
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const [document] = [...composer.compose(tokens, true, text.length)]
  const first = document?.errors[0]
  if (first !== undefined) return { tree: null, problems: [syntax(first, text)] }
  const contents = document?.contents ?? null
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return {
      tree: null,
      problems: [error('spec/empty', 'the file declares nothing', [0, 1], '', 'begin with `connector: name`')],
    }
  }
  if (!isMap(contents)) {
    return {
      tree: null,
      problems: [
        error(
          'spec/not-a-mapping',
          'a connector is a mapping of keys',
          [contents.range![0], contents.range![1]],
          '',
          'begin with `connector: name`',
        ),
      ],
    }
  }
  const spots = new Map<string, Spot>()
  const problems: Problem[] = []
  const torn: string[] = []
  const data = convert(contents, '', null)
  return { tree: { data, spots, text, torn }, problems }

  function convert(node: Node | null, pointer: string, key: Range | null): Data {
    const value: Range = node?.range
      ? [node.range[0], Math.max(node.range[1], node.range[0] + 1)]
      : [key?.[1] ?? 0, (key?.[1] ?? 0) + 1]
    spots.set(pointer, { value, key, scalar: isScalar(node) ? node : null })
    if (isMap(node)) return convertMap(node.items as readonly { key: Node; value: Node | null }[], pointer)
    if (isSeq(node)) return node.items.map((item, index) => convert(item as Node, `${pointer}/${index}`, null))
    return isScalar(node) ? plain(node, value, pointer) : null
  }

  function convertMap(pairs: readonly { key: Node; value: Node | null }[], pointer: string): Data {
    const map: { [key: string]: Data } = Object.create(null)
    const first_at = new Map<string, number>()
    const twice: Twice[] = []
    for (const pair of pairs) {
      const range: Range = [pair.key.range![0], Math.max(pair.key.range![1], pair.key.range![0] + 1)]
      const name = String((pair.key as Scalar).value)
      const path = () => pathOf(`${pointer}/${escapePointer(name)}`)
      if (FORBIDDEN.has(name)) {
        problems.push(error('spec/forbidden-key', `\`${name}\` may not be a key`, range, path(), 'choose another name'))
        torn.push(pointer)
      } else if (name === '<<') problems.push(error('spec/yaml-merge', 'a merge key', range, path(), 'write the keys out'))
      else if (first_at.has(name)) {
        twice.push({ name, range, path: path(), first: first_at.get(name)! })
      } else {
        first_at.set(name, range[0])
        map[name] = convert(pair.value, `${pointer}/${escapePointer(name)}`, range)
      }
    }
    if (twice.length > 0) problems.push(duplicate(twice, text))
    if (twice.length > 1) torn.push(pointer.slice(0, pointer.lastIndexOf('/')))
    return map
  }

  function plain(node: Scalar, range: Range, pointer: string): Data {
    const value = node.value
    if (typeof value === 'number') {
      const unsafe = Number.isInteger(value) && !Number.isSafeInteger(value)
      if (unsafe)
        problems.push(
          error(
            'spec/number-range',
            `${show(node.source ?? '')} is beyond 2^53 and would lose digits`,
            range,
            pathOf(pointer),
            'put it in quotes',
          ),
        )
      if (!Number.isFinite(value))
        problems.push(
          error('spec/number-range', `${show(node.source ?? '')} is no number`, range, pathOf(pointer), 'put it in quotes'),
        )
      return unsafe || !Number.isFinite(value) ? 0 : value
    }
    return typeof value === 'string' || typeof value === 'boolean' ? value : null
  }
}

type Twice = { readonly name: string; readonly range: Range; readonly path: string; readonly first: number }

/** Several keys twice in one mapping are mostly one fault: the line between two mappings is lost. */
function duplicate(twice: readonly Twice[], text: string): Problem {
  const { name, range, path, first } = twice[0]!
  const line = text.slice(0, first).split('\n').length
  if (twice.length === 1)
    return error(
      'spec/duplicate-key',
      `\`${show(name)}\` is already there`,
      range,
      path,
      `first on line ${line}; keep one of them`,
    )
  const names = twice
    .slice(0, 4)
    .map((one) => `\`${show(one.name)}\``)
    .join(', ')
  const message = `${names}${twice.length > 4 ? ', …' : ''} are already there`
  return error(
    'spec/duplicate-key',
    message,
    range,
    path,
    `first from line ${line} on; is the line above lost that names what begins here?`,
  )
}

export function escapePointer(key: string): string {
  return key.replace(/~/g, '~0').replace(/\//g, '~1')
}

/** `/streams/users/prove/0` → `streams.users.prove[0]`. */
export function pathOf(pointer: string): string {
  const steps = pointer.split('/').slice(1)
  return steps
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${show(step.replace(/~1/g, '/').replace(/~0/g, '~'), 80)}`))
    .join('')
    .replace(/^\./, '')
}

/** Where character `offset` of a scalar's value stands in the text; the start of the value where that cannot be told. */
export function offsetIn(spot: Spot, text: string, offset: number): number {
  const [start, end] = spot.value
  const scalar = spot.scalar
  if (scalar === null || typeof scalar.value !== 'string') return start
  const source = text.slice(start, end)
  const quoted = scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE'
  if (source.includes('\n'))
    return start + foldedOffset(source, scalar.value, offset, quoted ? 1 : scalar.type === 'PLAIN' ? 0 : source.indexOf('\n'))
  return quoted
    ? start + 1 + quotedOffset(source.slice(1), offset, scalar.type === 'QUOTE_DOUBLE')
    : Math.min(end, start + offset)
}

/** Folding and indentation change nothing but blanks: the n-th character that is no blank is the same in source and value. */
function foldedOffset(source: string, value: string, offset: number, from: number): number {
  let wanted = value.slice(0, offset).replace(/\s+/g, '').length
  let at = from
  for (; at < source.length; at += 1) {
    if (/\s/.test(source[at]!)) continue
    if (wanted === 0) return at
    wanted -= 1
  }
  return 0
}

function quotedOffset(source: string, offset: number, double: boolean): number {
  let at = 0
  for (let seen = 0; seen < offset && at < source.length; seen += 1) {
    if (double && source[at] === '\\') at += { x: 4, u: 6, U: 10 }[source[at + 1] ?? ''] ?? 2
    else at += !double && source[at] === "'" ? 2 : 1
  }
  return Math.min(at, source.length)
}

/** One message for a syntax error: what follows the first is mostly its echo. */
function syntax(found: YAMLError, text: string): Problem {
  const at = Math.min(found.pos[0], Math.max(0, text.length - 1))
  const line_start = text.lastIndexOf('\n', Math.max(0, at - 1)) + 1
  const line = text.slice(line_start, (text.indexOf('\n', at) + text.length + 1) % (text.length + 1)).slice(0, 500)
  if (found.code === 'NON_STRING_KEY')
    return error('spec/yaml-key', 'a key must be a text', [at, Math.max(found.pos[1], at + 1)], '')
  return error('spec/yaml-syntax', said(found), [at, Math.max(found.pos[1], at + 1)], '', hint(found, line))
}

function said(found: YAMLError): string {
  const said = found.message.replace(/\s+/g, ' ').trim()
  return show(said.charAt(0).toLowerCase() + said.slice(1), 160)
}

function hint(found: YAMLError, line: string): string | null {
  if (found.code === 'TAB_AS_INDENT') return 'indent with blanks'
  if (found.code === 'BAD_INDENT') return 'compare its indentation with the lines above'
  if (found.code === 'MULTILINE_IMPLICIT_KEY') return 'is there a colon behind the key?'
  if (/^\s*[^\s"'#]+:\s*\{.*[^\s"':,{[]\s*\{[\w.]+\}|[,{]\s*\w+:\s*=/.test(line))
    return 'put texts with { } [ ] or , inside { … } in quotes'
  if (found.message.startsWith('Nested mappings')) return 'a text with `: ` in it needs quotes'
  return null
}

export function error(code: string, message: string, range: Range, path: string, help: string | null = null): Problem {
  return { code, severity: 'error', message, range, path, help }
}
