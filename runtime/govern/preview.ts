/** What a change would do: the live look before it, what would be sent, what would be looked at. Nothing is sent or kept. */
import { Failure } from '../errors.ts'
import type { Names } from '../record/request.ts'
import type { Facet, JsonObject, Step } from '../types.ts'
import { lookBefore } from '../write/before.ts'
import { compileAction } from '../write/compile.ts'
import { intentOf, type Wanted, type WriteContext } from '../write/engine.ts'
import { buildWrite } from '../write/request.ts'
import { namesOf, openWork } from '../write/work.ts'
import { SECRET } from './plan-item.ts'

export type Preview = {
  /** False: the target gave no usable answer. */
  readonly answered: boolean
  readonly now: string
  readonly already: boolean
  readonly stops: { readonly brake: string; readonly because: string } | null
  /** As it would leave, without headers; what may be a secret is masked. `as_declared`: why it cannot be built yet. */
  readonly would_send: readonly {
    readonly step: string
    readonly request: string
    readonly body: string | null
    readonly as_declared: string | null
  }[]
  readonly would_look: readonly {
    readonly facet: Facet
    readonly probe: string
    readonly within_s: number
    readonly agree: number
    readonly every_s: number
  }[]
}

function sendOf(ctx: WriteContext, { name, send }: Step, names: Names): Preview['would_send'][number] {
  try {
    const { method, url, body } = buildWrite(ctx.connector, send, names)
    return { step: name, request: `${method} ${url}`, body: body?.text ?? null, as_declared: null }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { step: name, request: `${send.method} ${send.path}`, body: null, as_declared: error.message }
  }
}

/** A password that is to be set is nobody's to read on a screen. */
function masked(names: Names, input: JsonObject): Names {
  const entries = Object.keys(input).flatMap((name) => (SECRET.test(name) ? [[name, '…'] as const] : []))
  return { ...names, input: { ...(names['input'] as JsonObject), ...Object.fromEntries(entries) } }
}

export async function preview(ctx: WriteContext, wanted: Wanted): Promise<Preview> {
  const act = compileAction(ctx.connector, wanted.action)
  const work = openWork(ctx, act, await intentOf(ctx, wanted), [])
  const before = await lookBefore(work)
  const would_look = act.action.verify.map(({ facet, probe, within_s, agree, every_s }) => ({
    facet,
    probe: probe.kind,
    within_s,
    agree,
    every_s,
  }))
  const sends = (skip: readonly string[], record: object | null) => {
    const names = masked({ ...namesOf(work), record, before: record }, work.intent.input)
    return act.action.steps.filter((step) => !skip.includes(step.name)).map((step) => sendOf(ctx, step, names))
  }
  const base = { answered: true, already: false, stops: null, would_send: [], would_look }
  switch (before.is) {
    case 'seen': {
      const { record, already, skip } = before
      if (already) return { ...base, already, now: 'it is so already: nothing would be sent' }
      return {
        ...base,
        now: record === null ? 'there is none yet' : 'it is the one that was meant, and not so yet',
        would_send: sends(skip, record),
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
