/** What a whole answer means: data for the loop, no exception. Pure. */
import { isAscii, isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Decoded, DecodeKind, Duplicates } from '../kinds/kind.ts'
import type { FailureCode, HttpRequest, ResponseRule } from '../types.ts'
import type { Headers, Whole } from './exchange.ts'

export type Said =
  | { readonly said: 'answer'; readonly body: unknown; readonly duplicates: Duplicates | null; readonly digest: string }
  | { readonly said: 'refused'; readonly code: FailureCode; readonly because: string; readonly gap: boolean }
  | { readonly said: 'failed' | 'wait'; readonly code: FailureCode; readonly because: string; readonly body: unknown }
  /** 401: the credential may have expired. */
  | { readonly said: 'renew'; readonly because: string }

export type AnswerView = { readonly status: number; readonly headers: Headers; readonly body: unknown }
export type Test = (view: AnswerView) => unknown
export type CompiledRule = ResponseRule & { readonly test: Test | null }

/** The connector's own rules go first, whatever the status; then the defaults of connector-language.md 2. */
export function classify(
  request: Pick<HttpRequest, 'decode' | 'expect' | 'takes_duplicates'>,
  whole: Whole,
  o: { readonly word: DecodeKind | undefined; readonly rules: readonly CompiledRule[]; readonly expect: (text: string) => Test },
): Said {
  const { status, headers } = whole
  const decoded = decodeBody(request, whole, o.word)
  const view: AnswerView = { status, headers, body: decoded.ok ? decoded.value : looseBody(whole) }
  for (const rule of o.rules) {
    if (rule.status.includes(status) && (rule.test === null || holds(rule.test, view))) return byRule(rule, view)
  }
  if (status < 200 || status >= 300) return byStatus(view)
  if (!decoded.ok) return { said: 'refused', code: decoded.code, because: decoded.because, gap: false }
  const broken = request.expect.find((text) => !holds(o.expect(text), view))
  if (broken !== undefined) {
    return {
      said: 'refused',
      code: 'http/expect',
      because: `${status}, but not what \`expect\` declares: ${broken}${told(view.body)}`,
      gap: false,
    }
  }
  const duplicates = decoded.duplicates ?? null
  if (duplicates !== null && request.takes_duplicates !== true) {
    const because = 'an object of the answer names a key twice, and nothing says which of the values is meant'
    return { said: 'refused', code: 'decode/duplicate-key', because, gap: false }
  }
  return { said: 'answer', body: decoded.value, duplicates, digest: hash('sha256', whole.bytes) }
}

function byRule(rule: CompiledRule, view: AnswerView): Said {
  const because = `${view.status}, ${rule.because}${told(view.body)}`
  switch (rule.then) {
    case 'retry':
      return { said: 'failed', code: 'http/rule-retry', because, body: view.body }
    case 'wait':
      return { said: 'wait', code: 'http/rate-limited', because, body: view.body }
    case 'gap':
      return { said: 'refused', code: 'http/rule-gap', because, gap: true }
    case 'fail':
      return { said: 'refused', code: 'http/rule-fail', because, gap: false }
    case 'restart':
      return { said: 'refused', code: 'http/restart', because, gap: false }
  }
}

function byStatus(view: AnswerView): Said {
  const { status, headers, body } = view
  const because = `${status} ${STATUS_CODES[status] ?? ''}`.trim() + told(body)
  if (status === 401) return { said: 'renew', because }
  if (status === 429 || (status === 503 && headers['retry-after'] !== undefined))
    return { said: 'wait', code: 'http/rate-limited', because, body }
  if (status === 408 || status === 425 || status >= 500) return { said: 'failed', code: 'http/server-error', because, body }
  return { said: 'refused', code: CODES[status] ?? (status < 400 ? 'http/redirect' : 'http/refused'), because, gap: false }
}

const CODES: { readonly [status: number]: FailureCode } = { 403: 'http/forbidden', 404: 'http/not-found', 410: 'http/gone' }

/** An expression that fails says nothing: the answer is then judged by the stricter default. */
function holds(test: Test, view: AnswerView): boolean {
  try {
    return test(view) === true
  } catch {
    return false
  }
}

// ---------------------------------------------------------------- body

function decodeBody(request: Pick<HttpRequest, 'decode'>, whole: Whole, word: DecodeKind | undefined): Decoded {
  if (whole.status === 204 || whole.status === 205) return { ok: true, value: null }
  if (word === undefined)
    return { ok: false, code: 'decode/unknown', because: `there is no decode word \`${request.decode.kind}\`` }
  const text = wellFormed(whole.bytes)
  if (text === null) return { ok: false, code: 'decode/utf8', because: 'the body is not well-formed UTF-8' }
  const other = otherMedia(whole.headers['content-type'], text, word)
  return other ?? word.decode(request.decode, text)
}

/** Null where it is not UTF-8. Most pages are ASCII, and a one-byte string is made and parsed faster. */
function wellFormed(bytes: Buffer): string | null {
  if (isAscii(bytes)) return bytes.toString('latin1')
  if (!isUtf8(bytes)) return null
  const text = bytes.toString('utf8')
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}

/**
 * A login page with 200 is the commonest lie. Only what is clearly something else is refused by its type: JSON comes as `text/plain`,
 * `application/octet-stream` and even `text/html` from real APIs.
 */
function otherMedia(type: string | undefined, text: string, word: DecodeKind): (Decoded & { readonly ok: false }) | null {
  const media = (type ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (media !== '' && word.media.includes(media)) return null
  const page = media === 'text/html' || media === 'application/xhtml+xml'
  if (HTML.test(text.slice(0, 512)) || (page && !/^\s*[[{"]/.test(text.slice(0, 512)))) {
    const because = `an HTML page came where ${word.kind} was declared: often a login page or a proxy's`
    return { ok: false, code: 'decode/html', because }
  }
  return FOREIGN.test(media)
    ? { ok: false, code: 'decode/media-type', because: `${media} came where ${word.kind} was declared` }
    : null
}

const HTML = /^\s*(?:<!doctype html|<html[\s>])/i
const FOREIGN = /^(?:image|audio|video|font)\/|^application\/(?:pdf|zip|x-tar|vnd\.ms-|vnd\.openxml)|^multipart\//

/** The body of an answer that is not what was declared, for the rules: JSON where it is JSON, else its text. */
export function looseBody(whole: Whole): unknown {
  const text = whole.bytes.length > 65_536 ? '' : (wellFormed(whole.bytes) ?? '')
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** A line of the target's own words, from the places where targets put them. */
function told(body: unknown): string {
  for (const path of PLACES) {
    const value = path.reduce<unknown>(
      (at, step) => (typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Headers)[step] : undefined),
      body,
    )
    if (typeof value === 'string' && value.trim() !== '')
      return `: ${value
        .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
        .trim()
        .slice(0, 160)}`
  }
  return ''
}

const PLACES: readonly (readonly string[])[] = [
  ['error_description'],
  ['error', 'message'],
  ['errorSummary'],
  ['message'],
  ['detail'],
  ['errors', '0', 'message'],
  ['errors', '0', 'detail'],
  ['error'],
]
