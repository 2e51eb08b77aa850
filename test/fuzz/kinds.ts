import type { Kind } from './kind.ts'

/** Every kind of case, and its share of a run: a connector file costs as much as ten of the others. */
export const KINDS: { readonly [name: string]: { readonly open: () => Promise<Kind>; readonly share: number } } = {
  specs: { open: async () => (await import('./specs.ts')).openSpecs(), share: 0.1 },
  bodies: { open: async () => (await import('./bodies.ts')).openBodies(), share: 0.35 },
  webhooks: { open: async () => (await import('./webhooks.ts')).openWebhooks(), share: 0.2 },
  answers: { open: async () => (await import('./answers.ts')).openAnswers(), share: 0.35 },
}
