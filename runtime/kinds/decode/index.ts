import type { DecodeKind } from '../kind.ts'
import { csv } from './csv.ts'
import { json } from './json.ts'
import { jsonl } from './jsonl.ts'
import { xml } from './xml.ts'

/** Every decoding word by its kind. The options a word sees have passed its schema, so the table may forget their types. */
export const decode: { readonly [kind: string]: DecodeKind } = Object.freeze({ json, jsonl, csv, xml } as unknown as {
  readonly [kind: string]: DecodeKind
})
