/** Bombs and traps are refused from the tokens, before anything is composed. faults.md, hostile 7. */
import { CST, Lexer, Parser } from 'yaml'
import type { Problem, Range } from './diagnostic.ts'
import { show } from './diagnostic.ts'

const MOST_BYTES = 1024 * 1024
/** A hand-written connector has 100 to 1,000 lines, 12 tokens each. More costs time in the lexer, which is what these two caps bound. */
const MOST_LINES = 10_000
const MOST_TOKENS = 20_000
/** Many of them may stand in texts, so this is wider than the cap on tokens. */
const MOST_MARKS = 60_000
const MOST_DEPTH = 64
const CORE_TAGS = new Set(['!', '!!str', '!!int', '!!float', '!!bool', '!!null', '!!map', '!!seq'])

export type Guarded = { readonly tokens: readonly CST.Token[] } | { readonly problem: Problem }

/** Bytes → text; NUL, invalid UTF-8 and lone surrogates are refused. A BOM is dropped. */
export function readText(source: string | Uint8Array): { readonly text: string; readonly problem: Problem | null } {
  // A text of more characters has more bytes; counting those of 50 MB would take its time.
  const bytes = typeof source === 'string' && source.length <= MOST_BYTES ? Buffer.byteLength(source) : source.length
  if (bytes > MOST_BYTES) {
    const text = typeof source === 'string' ? source.slice(0, 200) : Buffer.from(source.subarray(0, 200)).toString('utf8')
    return { text, problem: refuse('spec/too-large', `more than ${MOST_BYTES} bytes`, [0, 1]) }
  }
  const text = typeof source === 'string' ? source : Buffer.from(source.buffer, source.byteOffset, source.length).toString('utf8')
  return { text: text.startsWith('\ufeff') ? text.slice(1) : text, problem: badText(text, source) }
}

function badText(text: string, source: string | Uint8Array): Problem | null {
  const surrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(text)
  if (surrogate !== null)
    return refuse('spec/not-utf8', 'half of a surrogate pair is no character', [surrogate.index, surrogate.index + 1])
  if (typeof source !== 'string' && !isUtf8(source)) {
    const at = text.indexOf('\ufffd')
    return refuse('spec/not-utf8', 'these bytes are not UTF-8', [at, at + 1], 'save the file as UTF-8')
  }
  const nul = text.indexOf('\0')
  return nul < 0 ? null : refuse('spec/not-utf8', 'a NUL character', [nul, nul + 1], 'remove it; a connector is plain text')
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Lexes and parses step by step and stops at the first trap, so that its cost does not depend on what follows. */
export function guard(text: string): Guarded {
  const crowd = tooManyLines(text) ?? tooManyMarks(text)
  if (crowd !== null) return { problem: crowd }
  const tokens: CST.Token[] = []
  const parser = new Parser()
  const watch = watcher()
  let count = 0
  for (const lexeme of new Lexer().lex(text)) {
    const at = parser.offset
    const problem = watch(lexeme, at)
    if (problem !== null) return { problem }
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > MOST_DEPTH + 1)
      return { problem: refuse('spec/too-deep', `nested deeper than ${MOST_DEPTH}`, [at, at + lexeme.length]) }
    count += 1
    if (count > MOST_TOKENS) return { problem: refuse('spec/too-large', `more than ${MOST_TOKENS} tokens`, [at, at + 1]) }
  }
  for (const token of parser.end()) tokens.push(token)
  return { tokens }
}

function tooManyLines(text: string): Problem | null {
  let at = -1
  for (let line = 0; line < MOST_LINES; line += 1) {
    at = text.indexOf('\n', at + 1)
    if (at < 0) return null
  }
  return refuse('spec/too-large', `more than ${MOST_LINES} lines`, [at + 1, at + 2])
}

/** Counting the characters that open, part and close things is cheap; lexing them is not. */
function tooManyMarks(text: string): Problem | null {
  let marks = 0
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit === 0x2c || unit === 0x5b || unit === 0x5d || unit === 0x7b || unit === 0x7d) marks += 1
    if (marks > MOST_MARKS) return refuse('spec/too-large', `more than ${MOST_MARKS} commas and brackets`, [at, at + 1])
  }
  return null
}

/** Sees every lexeme once, in order. A scalar's own text follows a marker and is never taken for an indicator. */
function watcher(): (lexeme: string, at: number) => Problem | null {
  let scalar = false
  let content = false
  let ended = false
  return (lexeme, at) => {
    const type = scalar ? null : CST.tokenType(lexeme)
    scalar = type === 'scalar'
    const range: Range = [at, at + lexeme.length]
    switch (type) {
      case 'anchor':
      case 'alias':
        return refuse(
          'spec/yaml-alias',
          `${type === 'anchor' ? 'an anchor' : 'an alias'}: \`${show(lexeme)}\``,
          range,
          'write the value out; text that begins with & or * needs quotes',
        )
      case 'tag':
        if (CORE_TAGS.has(lexeme)) break
        return refuse(
          'spec/yaml-tag',
          `unknown tag \`${show(lexeme)}\``,
          range,
          'remove the tag; text that begins with ! needs quotes',
        )
      case 'directive-line':
        if (/^%YAML\s+1\.[12]\s*$/.test(lexeme)) return null
        return refuse('spec/yaml-tag', `directive \`${show(lexeme)}\``, range, 'remove the line')
      case 'doc-start':
        if (content || ended) return refuse('spec/many-documents', 'a second document', range, 'one file is one connector')
        content = true
        return null
      case 'doc-end':
        ended = true
        return null
      case 'space':
      case 'newline':
      case 'comment':
      case 'doc-mode':
      case 'byte-order-mark':
        return null
    }
    if (ended) return refuse('spec/many-documents', 'more after the end of the document', range, 'one file is one connector')
    content = true
    return null
  }
}

function refuse(code: string, message: string, range: Range, help: string | null = null): Problem {
  return { code, severity: 'error', message, range, path: '', help }
}
