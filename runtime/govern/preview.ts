/** What a change would do: the live look before it, what would be sent, what would be looked at. Nothing is sent or kept. */
import type { Facet } from '../types.ts'
import { lookBefore } from '../write/before.ts'
import { compileAction } from '../write/compile.ts'
import { intentOf, type Wanted, type WriteContext } from '../write/engine.ts'
import { openWork } from '../write/work.ts'

export type Preview = {
  /** False: the target gave no usable answer. */
  readonly answered: boolean
  readonly now: string
  readonly already: boolean
  readonly stops: { readonly brake: string; readonly because: string } | null
  readonly would_send: readonly { readonly step: string; readonly request: string }[]
  readonly would_look: readonly {
    readonly facet: Facet
    readonly probe: string
    readonly within_s: number
    readonly agree: number
    readonly every_s: number
  }[]
}

export async function preview(ctx: WriteContext, wanted: Wanted): Promise<Preview> {
  const act = compileAction(ctx.connector, wanted.action)
  const before = await lookBefore(openWork(ctx, act, await intentOf(ctx, wanted), []))
  const would_look = act.action.verify.map(({ facet, probe, within_s, agree, every_s }) => ({
    facet,
    probe: probe.kind,
    within_s,
    agree,
    every_s,
  }))
  const sends = (skip: readonly string[]) =>
    act.action.steps
      .filter((step) => !skip.includes(step.name))
      .map(({ name, send }) => ({ step: name, request: `${send.method} ${send.path}` }))
  const base = { answered: true, already: false, stops: null, would_send: [], would_look }
  switch (before.is) {
    case 'seen': {
      const { record, already, skip } = before
      if (already) return { ...base, already, now: 'it is so already: nothing would be sent' }
      return {
        ...base,
        now: record === null ? 'there is none yet' : 'it is the one that was meant, and not so yet',
        would_send: sends(skip),
      }
    }
    case 'gone':
      return act.action.does.account === 'absent'
        ? { ...base, already: true, now: `it is gone already: ${before.because}` }
        : { ...base, now: before.because, stops: { brake: 'identity', because: before.because } }
    case 'refused':
      return { ...base, now: before.because, stops: { brake: before.brake, because: before.because } }
    case 'unanswered':
      return { ...base, answered: false, now: `not known: ${before.because}` }
  }
}
