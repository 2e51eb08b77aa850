import type { ToldKind } from '../kind.ts'
import { body } from './body.ts'
import { headers } from './headers.ts'
import { none } from './none.ts'

/** How a target tells its limits, and until when. */
export const told: { readonly [kind: string]: ToldKind } = { body, headers, none } as unknown as {
  readonly [kind: string]: ToldKind
}
