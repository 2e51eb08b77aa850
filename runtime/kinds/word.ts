import type { JsonObject, KindOptions } from '../types.ts'

/** Every word of every family. `schema` is the JSON Schema of its options, `kind` included as a const. */
export type Word = {
  readonly kind: string
  /** One sentence; feeds the emitted schema, the docs and the editor's hover. */
  readonly description: string
  readonly schema: JsonObject
  /** Options that pass the schema. */
  readonly example: KindOptions
}
