import type { BodyKind } from '../kind.ts'
import { form } from './form.ts'
import { graphql } from './graphql.ts'
import { json } from './json.ts'
import { jsonrpc } from './jsonrpc.ts'

/** Every body word by its kind. The options a word sees have passed its schema, so the table may forget their types. */
export const body: { readonly [kind: string]: BodyKind } = Object.freeze({ json, form, graphql, jsonrpc } as unknown as {
  readonly [kind: string]: BodyKind
})
