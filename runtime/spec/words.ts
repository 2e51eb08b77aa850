/** The families of the shelf that a connector file names by `kind`. */
import { auth } from '../kinds/auth/index.ts'
import { body } from '../kinds/body/index.ts'
import { challenge } from '../kinds/challenge/index.ts'
import { decode } from '../kinds/decode/index.ts'
import { feed } from '../kinds/feed/index.ts'
import type { Word } from '../kinds/kind.ts'
import { pages } from '../kinds/pages/index.ts'
import { probe } from '../kinds/probe/index.ts'
import { prove } from '../kinds/prove/index.ts'
import { told } from '../kinds/told/index.ts'
import { verify_webhook } from '../kinds/verify-webhook/index.ts'

export const WORDS = Object.freeze({ auth, pages, decode, body, told, prove, probe, feed, verify_webhook, challenge }) satisfies {
  readonly [family: string]: { readonly [kind: string]: Word }
}
export type Family = keyof typeof WORDS
