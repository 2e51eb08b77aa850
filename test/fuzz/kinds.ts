import { openAnswers } from './answers.ts'
import { openBodies } from './bodies.ts'
import type { Kind } from './kind.ts'
import { openSpecs } from './specs.ts'
import { openWebhooks } from './webhooks.ts'

/** Every kind of case, and its share of a run: a connector file costs as much as ten of the others. */
export const KINDS: { readonly [name: string]: { readonly open: () => Kind | Promise<Kind>; readonly share: number } } = {
  specs: { open: openSpecs, share: 0.25 },
  bodies: { open: openBodies, share: 0.25 },
  webhooks: { open: openWebhooks, share: 0.25 },
  answers: { open: openAnswers, share: 0.25 },
}
