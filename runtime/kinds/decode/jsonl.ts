import type { FromSchema } from 'json-schema-to-ts'
import type { Decoded, DecodeKind } from '../kind.ts'
import { emptyFault, failed } from './parts/fault.ts'
import { parseJson } from './parts/parse-json.ts'

const schema = {
  type: 'object',
  properties: { kind: { const: 'jsonl' } },
  required: ['kind'],
  additionalProperties: false,
} as const

/**
 * One JSON value a line; gives a list, `records: "[]"`. An empty body is a fault, and so is one bad line; a body cut exactly at a
 * line's end looks whole, so a total or a second pass must prove it.
 */
export const jsonl: DecodeKind<FromSchema<typeof schema>> = {
  kind: 'jsonl',
  description: 'The answer is one JSON value a line.',
  schema,
  example: { kind: 'jsonl' },
  media: [],
  decode: (_options, text) => emptyFault(text) ?? lines(text),
}

function lines(text: string): Decoded {
  const values: unknown[] = []
  const found = new Map<unknown, number>()
  let sum = 0
  let number = 0
  for (const line of text.split('\n')) {
    number += 1
    if (!/\S/.test(line)) continue
    const decoded = parseJson(line)
    if (!decoded.ok) return failed(decoded.code, `line ${number}: ${decoded.because}`)
    values.push(decoded.value)
    for (const [value, count] of decoded.duplicates ?? []) found.set(value, count)
    sum += decoded.duplicates?.get(decoded.value) ?? 0
  }
  return sum === 0 ? { ok: true, value: values } : { ok: true, value: values, duplicates: found.set(values, sum) }
}
