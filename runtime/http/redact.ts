/** A value-based scrubber: what has been revealed once is masked in every text that leaves the room, in every form a target may echo it. */
import { mark } from '../secret.ts'

export type Redact = {
  /** From now on this value is masked. Shorter than four characters it is no secret that masking could keep. */
  readonly learn: (value: string) => void
  /** Words for people: every form, in any case of its letters. Mask before cutting, or a part of a secret is left standing. */
  readonly text: (text: string) => string
  /** A whole answer: every form as a program writes it, of values that nothing else is likely to be. */
  readonly body: (text: string) => string
  readonly headers: (headers: { readonly [name: string]: string }) => { readonly [name: string]: string }
  /** The same for what came of a body: every text and key below. Changes the value itself. */
  readonly value: (decoded: unknown) => unknown
}

const MIN_LENGTH = 4
/** In data a word or a number may be equal to a short secret by chance, and masking it would change the record of an account. */
const MIN_IN_DATA = 8
const MIN_NUMBER_IN_DATA = 16
/** Tokens rotate for the life of a connection; old ones are long dead. What was learnt first is the connection's own secrets, and stays. */
const MAX_VALUES = 500
const FIRST = 50
/** A target can only echo what still goes to it. */
const LAST_IN_DATA = 20

type Form = readonly [form: string, mask: string]

export function openRedact(): Redact {
  const values = new Map<string, readonly Form[]>()
  /** Found again after each value learnt: the longest first, so that no shorter form leaves the rest of a longer one standing. */
  let known: { readonly any_case: readonly Form[]; readonly in_data: readonly Form[] } | null = null

  const forms = (): NonNullable<typeof known> => {
    if (known !== null) return known
    const all = [...values]
    const live = [...new Set([...all.slice(0, FIRST), ...all.slice(-LAST_IN_DATA)])].filter(([value]) => isUnlike(value))
    known = {
      any_case: longestFirst(all.flatMap(([, its]) => its.map(([form, mask]) => [lower(form), mask] as const))),
      in_data: longestFirst(live.flatMap(([, its]) => its)).filter(([form]) => form.length >= MIN_IN_DATA),
    }
    return known
  }
  const body = (text: string): string =>
    forms().in_data.reduce((done, [form, mask]) => (done.includes(form) ? done.replaceAll(form, mask) : done), text)

  return {
    learn(value) {
      if (value.length < MIN_LENGTH || values.has(value)) return
      if (values.size >= MAX_VALUES) values.delete([...values.keys()][FIRST] as string)
      values.set(
        value,
        formsOf(value).map((form) => [form, mark(value)] as const),
      )
      known = null
    },
    text: (text) => forms().any_case.reduce((done, [form, mask]) => maskedInAnyCase(done, form, mask), text),
    body,
    headers(headers) {
      const all = Object.values(headers).join('\n')
      if (body(all) === all) return headers
      return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, body(value)]))
    },
    value: (decoded) => walked(decoded, body),
  }
}

const longestFirst = (forms: readonly Form[]): readonly Form[] => forms.toSorted((a, b) => b[0].length - a[0].length)
const isUnlike = (value: string): boolean => value.length >= (/^\d+$/.test(value) ? MIN_NUMBER_IN_DATA : MIN_IN_DATA)

/** Of ASCII alone, so that every place stays where it is. */
const lower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** A host name and a header's value come back in lower case. */
function maskedInAnyCase(text: string, form: string, mask: string): string {
  const low = lower(text)
  let out = ''
  let from = 0
  for (let at = low.indexOf(form); at >= 0; at = low.indexOf(form, from)) {
    out += text.slice(from, at) + mask
    from = at + form.length
  }
  return from === 0 ? text : out + text.slice(from)
}

function walked(at: unknown, masked: (text: string) => string): unknown {
  if (typeof at === 'string') return masked(at)
  if (typeof at !== 'object' || at === null) return at
  // In place: who marked an object of the answer finds it again.
  for (const [key, inner] of Object.entries(at)) {
    const name = Array.isArray(at) ? key : masked(key)
    if (name !== key) delete (at as { [key: string]: unknown })[key]
    const clean = walked(inner, masked)
    if (clean !== inner || name !== key)
      Object.defineProperty(at, name, { value: clean, enumerable: true, configurable: true, writable: true })
  }
  return at
}

/**
 * As it is, base64 in three alignments (it may stand inside a pair), base64url, hex, percent-encoded in both cases, form-encoded, HTML-escaped,
 * and JSON-escaped: the least, with slashes, and as Go and .NET do it; each also of what a request carries it as, since what is echoed is the request.
 */
export function formsOf(value: string): readonly string[] {
  const carried = [
    value,
    encodeURIComponent(value),
    new URLSearchParams({ v: value }).toString().slice(2),
    JSON.stringify(value).slice(1, -1),
  ]
  return [...new Set([...new Set(carried)].flatMap(writtenAs))].filter((form) => form.length >= MIN_LENGTH)
}

function writtenAs(value: string): readonly string[] {
  const percent = encodeURIComponent(value)
  const every_byte = [...Buffer.from(value, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  const json = JSON.stringify(value).slice(1, -1)
  const hex = Buffer.from(value, 'utf8').toString('hex')
  return [
    value,
    percent,
    percent.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
    every_byte,
    every_byte.toUpperCase(),
    new URLSearchParams({ v: value }).toString().slice(2),
    json,
    json.replaceAll('/', '\\/'),
    json.replace(/[<>&]/g, escaped),
    value.replace(/["&'+<>`\\\u007f-\uffff]/g, (unit) =>
      unit === '\\' ? '\\\\' : escaped(unit).replace(/[a-f]/g, (d) => d.toUpperCase()),
    ),
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].flatMap((before) => base64Inside(value, before)),
  ]
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** The part of the base64 text that depends on the value alone, whatever stands `before` bytes (mod 3) in front of it and behind it. */
function base64Inside(value: string, before: number): readonly string[] {
  const bytes = Buffer.from(value, 'utf8')
  const encoded = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const from = Math.ceil((before * 8) / 6)
  const to = Math.floor(((before + bytes.length) * 8) / 6)
  const inner = encoded.slice(from, to)
  return inner.length < 6 ? [] : [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
}
