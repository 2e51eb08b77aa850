import { Failure } from '../../errors.ts'
import { ValueFailure } from './failure.ts'

export type Template = readonly (string | { readonly name: string })[]
/** Undefined: not known. */
export type Lookup = (name: string) => unknown

const NAME = /\{([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*)\}/y
/** A longer value is no path segment of any API we know, and a long URL is cut by proxies. */
const MAX_SEGMENT = 2_048

/** Takes `a/{name.x}/b` apart; `{{` and `}}` are literal braces. Throws value/template-syntax with the offset. */
export function parseTemplate(text: string): Template {
  const parts: (string | { readonly name: string })[] = []
  let literal = ''
  let at = 0
  while (at < text.length) {
    const char = text[at] as string
    if (char !== '{' && char !== '}') {
      literal += char
      at += 1
    } else if (text[at + 1] === char) {
      literal += char
      at += 2
    } else {
      NAME.lastIndex = at
      const found = char === '{' ? NAME.exec(text) : null
      if (found === null)
        throw new ValueFailure(
          'value/template-syntax',
          'template',
          at,
          `a lone \`${char}\`; a template is {name}, a literal brace is written twice`,
        )
      if (literal !== '') parts.push(literal)
      literal = ''
      parts.push(Object.freeze({ name: found[1] as string }))
      at += found[0].length
    }
  }
  if (literal !== '') parts.push(literal)
  return Object.freeze(parts)
}

/** The names a template reads, each once, in order. */
export function names(template: Template): readonly string[] {
  return [...new Set(template.flatMap((part) => (typeof part === 'string' ? [] : [part.name])))]
}

/** Fills a template as it is. Throws value/template for an unknown name or a value that is no text, number or boolean. */
export function renderText(template: Template, lookup: Lookup): string {
  return render(template, lookup, (text) => text)
}

/** Fills a URL path: each value is ONE percent-encoded segment; the empty text, `.` and `..` would change the path and are refused. */
export function renderPath(template: Template, lookup: Lookup): string {
  return render(template, lookup, segment)
}

/** Fills a header: CR, LF, NUL and what is beyond Latin-1 are refused, in the whole line (RFC 9110 §5.5). */
export function renderHeader(template: Template, lookup: Lookup): string {
  const line = renderText(template, lookup)
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(line)) return line
  throw new Failure('value/template', named(template), 'a value holds a character that no header may have')
}

function render(template: Template, lookup: Lookup, write: (text: string, name: string) => string): string {
  let out = ''
  for (const part of template) out += typeof part === 'string' ? part : write(textOf(lookup(part.name), part.name), part.name)
  return out
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value)
  // Never the value: it may be a secret.
  const what = value === undefined || value === null ? 'has no value' : 'is no text, number or boolean'
  throw new Failure('value/template', `{${name}}`, `{${name}} ${what}`)
}

function segment(text: string, name: string): string {
  const bad =
    text === ''
      ? 'is empty'
      : text === '.' || text === '..'
        ? 'is a dot segment'
        : text.length > MAX_SEGMENT
          ? 'is too long'
          : text.isWellFormed()
            ? null
            : 'holds half a character'
  if (bad !== null) throw new Failure('value/template', `{${name}}`, `{${name}} ${bad} and cannot be a path segment`)
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function named(template: Template): string {
  return names(template)
    .map((name) => `{${name}}`)
    .join(' ')
}
