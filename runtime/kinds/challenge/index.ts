import type { ChallengeKind } from '../kind.ts'
import { json } from './json.ts'
import { text } from './text.ts'

/** How the address of a webhook is confirmed when it is registered. */
export const challenge: { readonly [kind: string]: ChallengeKind } = { json, text } as unknown as {
  readonly [kind: string]: ChallengeKind
}
