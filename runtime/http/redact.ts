/** A value-based scrubber: what has been revealed once is masked in every text that leaves the room, in every form a target may echo. */
import { mark } from '../secret.ts'

export type Redact = {
  /** From now on this value is masked. Shorter than four characters it is no secret that masking could keep. */
  readonly learn: (value: string) => void
  readonly text: (text: string) => string
}

const MIN_LENGTH = 4
/** Tokens rotate for the life of a connection; the oldest are long dead. */
const MAX_VALUES = 500

export function openRedact(): Redact {
  const forms = new Map<string, readonly (readonly [form: string, mask: string])[]>()
  return {
    learn(value) {
      if (value.length < MIN_LENGTH || forms.has(value)) return
      const oldest = forms.keys().next()
      if (forms.size >= MAX_VALUES && oldest.done !== true) forms.delete(oldest.value)
      forms.set(
        value,
        formsOf(value).map((form) => [form, mark(value)] as const),
      )
    },
    text: (text) =>
      [...forms.values()]
        .flat()
        // The longest first, so that no shorter form leaves the rest of a longer one standing.
        .toSorted((a, b) => b[0].length - a[0].length)
        .reduce((done, [form, mask]) => done.replaceAll(form, mask), text),
  }
}

/** As it is, base64 in three alignments (it may stand inside a pair), base64url, percent-encoded in both cases, form-encoded, JSON- and HTML-escaped. */
export function formsOf(value: string): readonly string[] {
  const percent = encodeURIComponent(value)
  const json = JSON.stringify(value).slice(1, -1)
  const all = [
    value,
    percent,
    percent.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
    [...Buffer.from(value, 'utf8')].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    new URLSearchParams({ v: value }).toString().slice(2),
    json,
    json.replaceAll('/', '\\/'),
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    Buffer.from(value, 'utf8').toString('hex'),
    ...[0, 1, 2].flatMap((before) => base64Inside(value, before)),
  ]
  return [...new Set(all)].filter((form) => form.length >= MIN_LENGTH)
}

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
