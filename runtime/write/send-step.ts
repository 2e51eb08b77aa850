/** One step on the wire, once: durable as `sending` with its audit entry first, and what came back right after. */

import { Failure } from '../errors.ts'
import { compileCel } from '../kinds/value/cel.ts'
import { compilePath } from '../kinds/value/path.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { HttpRequest, Observation } from '../types.ts'
import type { IntentEvent } from '../write-types.ts'
import type { CompiledStep } from './compile.ts'
import { buildLook, buildWrite } from './request.ts'
import { append, asking, at, boundary, namesOf, type Work } from './work.ts'

type Answered = Extract<IntentEvent, { kind: 'answered' }>
/** Why nothing was sent. */
export type NotSent = { readonly not_sent: string; readonly code: string }

export async function sendStep(work: Work, compiled: CompiledStep, attempt: number): Promise<Answered | NotSent> {
  const { ctx, intent } = work
  const { step } = compiled
  let request: HttpRequest
  try {
    request = buildWrite(ctx.connector, step.send, namesOf(work))
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { not_sent: error.message, code: error.code }
  }
  const left = Promise.withResolvers<void>()
  let durable = false
  // When its turn among the others has come, and not before: what waits may still be stopped or withdrawn, and nothing of it was sent.
  const ready = async (): Promise<void> => {
    if (durable) return
    // If this fails nothing leaves: no audit, no action.
    await append(
      work,
      { kind: 'sending', at: at(ctx), step: step.name, attempt },
      `${intent.action}: send ${step.name}, attempt ${attempt}`,
    )
    durable = true
    await boundary(ctx, 'sending')
    left.resolve()
  }
  const options = ctx.signal === undefined ? { lane: intent.lane } : { lane: intent.lane, signal: ctx.signal }
  const sending = ctx.http.sendOnce(request, { ...options, ready })
  await Promise.race([left.promise, sending])
  if (durable) await boundary(ctx, 'sent')
  const observation = await sending
  if (!durable) {
    ctx.signal?.throwIfAborted()
    // It never left (no credential, a breaker that is open): it counts as tried, and the looks say the rest.
    await ready()
  }
  await boundary(ctx, 'answered')
  const answered = readAnswer(work, compiled, observation)
  await append(work, answered, `${intent.action}: ${step.name} ${answered.result}`)
  await boundary(ctx, 'recorded')
  return answered
}

function readAnswer(work: Work, { step, accepted }: CompiledStep, observation: Observation): Answered {
  const base = { kind: 'answered', at: at(work.ctx), step: step.name, job: null, invited: false } as const
  const { because } = observation.kind === 'answer' ? { because: '' } : observation
  switch (observation.kind) {
    case 'lost': {
      // Asked too often is a no that may be asked again; anything else may have been applied.
      const { code, status = 0 } = observation
      if (code === 'http/rate-limited' && status < 500) return { ...base, result: 'refused', status: 429, code, because }
      return { ...base, result: 'lost', status, code, because }
    }
    case 'refused': {
      const { status, code } = observation
      if (step.already_status.includes(status)) {
        return { ...base, result: 'accepted', status, code: null, because: `${because}; declared to mean that it is so already` }
      }
      return { ...base, result: 'refused', status, code, because }
    }
    case 'answer': {
      const { status } = observation
      const context = contextOf(work, observation)
      if (accepted !== null && accepted(context) !== true) {
        return {
          ...base,
          result: 'refused',
          status,
          code: 'write/not-accepted',
          because: `${status}, but not what \`accepted\` declares`,
        }
      }
      const job = jobOf(work, context)
      const invited = work.act.invited?.(context) === true
      const what = job !== null ? `${status}; a job is under way` : invited ? `${status}; an invitation` : `${status}`
      return { ...base, result: 'accepted', status, code: null, because: what, job, invited }
    }
  }
}

const contextOf = (work: Work, { status, headers, body }: Extract<Observation, { kind: 'answer' }>) => ({
  ...namesOf(work),
  status,
  headers,
  body,
})

/** A target that answers without a job's id has done it at once, or has not: the looks say. */
function jobOf(work: Work, context: ReturnType<typeof contextOf>): string | null {
  const { job } = work.act.action
  if (job === null) return null
  try {
    const value = job.id.startsWith('=')
      ? compileCel(job.id, { variables: ['status', 'headers', 'body'] })(context)
      : compilePath(job.id)(context.body)
    return (typeof value === 'string' && value !== '') || Number.isSafeInteger(value) ? String(value) : null
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return null
  }
}

/** Asks once how the job is; its "done" is an echo. */
export async function pollJob(work: Work, step: string, job: string): Promise<void> {
  const { ctx, act, intent } = work
  const declared = act.action.job
  if (declared === null || act.job === null) throw new Failure('write/unknown-action', act.action.name, 'the action has no `job`')
  const observation = await sendDeclared(asking(work), () => buildLook(ctx.connector, declared.poll, { ...namesOf(work), job }))
  const base = { kind: 'answered', at: at(ctx), step, code: null, invited: false } as const
  if (observation.kind !== 'answer') {
    const status = observation.kind === 'refused' ? observation.status : 0
    await append(
      work,
      { ...base, result: 'accepted', status, because: `the job was not told: ${observation.because}`, job },
      `${intent.action}: poll`,
    )
    return
  }
  const context = contextOf(work, observation)
  const { status } = observation
  const failed = act.job.failed?.(context) === true
  const done = !failed && act.job.done(context) === true
  const event: Answered = failed
    ? { ...base, result: 'refused', status, code: 'write/job-failed', because: 'the target says that its job failed', job: null }
    : {
        ...base,
        result: 'accepted',
        status,
        because: done ? 'the target says that its job is done' : 'the job is under way',
        job: done ? null : job,
      }
  await append(work, event, `${intent.action}: poll`)
}
