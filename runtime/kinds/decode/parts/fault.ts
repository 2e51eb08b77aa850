import type { Decoded } from '../../kind.ts'

export const failed = (code: string, because: string): Decoded => ({ ok: false, code, because })

/** An HTML page in the place of data: a login page, a proxy's error, a maintenance notice. Null: none. */
export function htmlFault(text: string): Decoded | null {
  if (!/^[\s\ufeff]*(?:<!--[\s\S]{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b/i.test(text.slice(0, 4_096))) return null
  return failed('decode/html', 'the answer is an HTML page, not data: often a sign-in page, a proxy or a maintenance notice')
}

/** Nothing at all. Null: there is something. */
export function emptyFault(text: string): Decoded | null {
  return /\S/.test(text) ? null : failed('decode/empty', 'the answer has no body')
}

/** Why a text is no JSON. Never quotes it: it may hold anything. */
export function notJson(text: string): Decoded {
  const known = emptyFault(text) ?? htmlFault(text)
  if (known !== null) return known
  if (/^\s*</.test(text)) return failed('decode/syntax', 'the answer looks like XML, not JSON')
  if (endsOpen(text)) return failed('decode/cut', `the JSON ends before it is whole, after ${text.length} characters`)
  return failed('decode/syntax', 'the answer is not valid JSON')
}

/** Does the text end inside a string, an object or a list? */
function endsOpen(text: string): boolean {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '"') {
      i = closing(text, i + 1)
      if (i < 0) return true
    } else if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') depth -= 1
  }
  return depth > 0
}

/** The closing quote's place; -1: there is none. */
function closing(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i += 1
    else if (text[i] === '"') return i
  }
  return -1
}
