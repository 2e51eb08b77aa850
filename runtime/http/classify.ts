/** What a whole answer means: data for the loop, no exception. Pure. */
import { isAscii, isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Decoded, DecodeKind, Duplicates } from '../kinds/kind.ts'
import type { FailureCode, HttpRequest, ResponseRule } from '../types.ts'
import type { Headers, Whole } from './exchange.ts'
import type { Redact } from './redact.ts'

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
  o: {
    readonly word: DecodeKind | undefined
    readonly rules: readonly CompiledRule[]
    readonly expect: (text: string) => Test
    /** Takes what is known to be secret out of the answer. */
    readonly redact: Redact
  },
): Said {
  const { status, headers } = whole
  const decoded = decodeBody(request, whole, o.word, o.redact)
  const view: AnswerView = { status, headers, body: decoded.ok ? decoded.value : looseBody(whole, o.redact) }
  for (const rule of o.rules) {
    if (rule.status.includes(status) && (rule.test === null || holds(rule.test, view))) return byRule(rule, view, o.redact)
  }
  if (status < 200 || status >= 300) return byStatus(view, o.redact)
  if (!decoded.ok) return { said: 'refused', code: decoded.code, because: decoded.because, gap: false }
  const broken = request.expect.find((text) => !holds(o.expect(text), view))
  if (broken !== undefined) {
    return {
      said: 'refused',
      code: 'http/expect',
      because: `${status}, but not what \`expect\` declares: ${broken}${told(view.body, o.redact)}`,
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

function byRule(rule: CompiledRule, view: AnswerView, redact: Redact): Said {
  const because = `${view.status}, ${rule.because}${told(view.body, redact)}`
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

function byStatus(view: AnswerView, redact: Redact): Said {
  const { status, headers, body } = view
  const because = `${status} ${STATUS_CODES[status] ?? ''}`.trim() + told(body, redact)
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

function decodeBody(request: Pick<HttpRequest, 'decode'>, whole: Whole, word: DecodeKind | undefined, redact: Redact): Decoded {
  if (whole.status === 204 || whole.status === 205) return { ok: true, value: null }
  if (word === undefined)
    return { ok: false, code: 'decode/unknown', because: `there is no decode word \`${request.decode.kind}\`` }
  const raw = wellFormed(whole.bytes)
  const text = raw === null ? null : redact.body(raw)
  if (text === null) return { ok: false, code: 'decode/utf8', because: 'the body is not well-formed UTF-8' }
  const other = otherMedia(whole.headers['content-type'], text, word)
  const decoded = other ?? word.decode(request.decode, text)
  // What was written with escapes is only seen now.
  return decoded.ok && (word.kind !== 'json' || text.includes('\\u'))
    ? { ...decoded, value: redact.value(decoded.value) }
    : decoded
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
  // Not the type as it came: it may be any text.
  const foreign = FOREIGN.exec(media)?.[0]
  return foreign === undefined
    ? null
    : { ok: false, code: 'decode/media-type', because: `${foreign} came where ${word.kind} was declared` }
}

const HTML = /^\s*(?:<!doctype html|<html[\s>])/i
const FOREIGN = /^(?:image|audio|video|font)\/|^application\/(?:pdf|zip|x-tar|vnd\.ms-|vnd\.openxml)|^multipart\//

/** The body of an answer that is not what was declared, for the rules: JSON where it is JSON, else its text. */
export function looseBody(whole: Whole, redact: Redact | null): unknown {
  const raw = whole.bytes.length > 65_536 ? '' : (wellFormed(whole.bytes) ?? '')
  const text = redact === null ? raw : redact.body(raw)
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** A line of the target's own words, from the places where targets put them. Masked before it is cut. */
function told(body: unknown, redact: Redact): string {
  for (const path of PLACES) {
    const value = path.reduce<unknown>(
      (at, step) => (typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Headers)[step] : undefined),
      body,
    )
    if (typeof value === 'string' && value.trim() !== '')
      return `: ${redact
        .text(value.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 4_096))
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
