/** A declared action → closures, compiled once. Pure. */
import { Failure } from '../errors.ts'
import { compileCel } from '../kinds/value/cel.ts'
import { compileRecords, type RecordsFound } from '../kinds/value/records.ts'
import { compileValue, type Value } from '../kinds/value/value.ts'
import { type CompiledStream, compileStream } from '../record/compile.ts'
import type { Action, Connector, Step } from '../types.ts'
import { type Part, partsOf } from './kept-parts.ts'

/** True, false, or null where the expression has no answer. */
export type Says = (context: { readonly [name: string]: unknown }) => boolean | null

export type CompiledStep = { readonly step: Step; readonly accepted: Says | null; readonly when: Says | null }

export type CompiledAction = {
  readonly action: Action
  readonly on: CompiledStream
  readonly already: Says | null
  readonly protect: readonly { readonly name: string; readonly when: Says }[]
  readonly steps: readonly CompiledStep[]
  /** Of each `verify`, in its order. */
  readonly speaks: readonly (Says | null)[]
  /** What of the target's record its steps and probes name. */
  readonly parts: readonly Part[]
  readonly find: { readonly records: (body: unknown) => RecordsFound; readonly id: Value; readonly match: Says } | null
  readonly job: { readonly done: Says; readonly failed: Says | null } | null
  readonly invited: Says | null
}

/** What CEL of an action sees, and what it sees over an answer. */
export const RECORD_NAMES: readonly string[] = ['record', 'input', 'id', 'settings', 'before']
const ANSWER_NAMES: readonly string[] = ['status', 'headers', 'body', 'record', 'input', 'id', 'settings', 'before']

/** Throws `Failure` write/unknown-action. */
export function actionOf(connector: Connector, name: string): Action {
  const action = Object.hasOwn(connector.actions, name) ? connector.actions[name] : undefined
  if (action !== undefined) return action
  const known = Object.keys(connector.actions).join(', ')
  const has = known === '' ? 'it declares none' : `it has ${known}`
  throw new Failure('write/unknown-action', `actions.${name}`, `connector ${connector.connector} has no action ${name}; ${has}`)
}

export function compileAction(connector: Connector, name: string): CompiledAction {
  const action = actionOf(connector, name)
  const on = compileStream(connector, action.on)
  const { find, job, invitation } = action
  return {
    action,
    on,
    already: maybe(action.already, RECORD_NAMES),
    protect: action.protect.map((rule) => ({ name: rule.name, when: says(rule.when, RECORD_NAMES) })),
    steps: action.steps.map((step) => ({
      step,
      accepted: maybe(step.accepted, ANSWER_NAMES),
      when: maybe(step.when, RECORD_NAMES),
    })),
    speaks: action.verify.map((verify) => maybe(verify.when, RECORD_NAMES)),
    parts: partsOf(action),
    find:
      find === null
        ? null
        : {
            records: find.one === true ? oneRecord : compileRecords(find.records, on.stream.empty),
            id: compileValue(find.id, ['input']),
            match: says(find.match, RECORD_NAMES),
          },
    job: job === null ? null : { done: says(job.done, ANSWER_NAMES), failed: maybe(job.failed, ANSWER_NAMES) },
    invited: invitation === null ? null : says(invitation.when, ANSWER_NAMES),
  }
}

const oneRecord = (body: unknown): RecordsFound =>
  typeof body === 'object' && body !== null && !Array.isArray(body)
    ? { ok: true, records: [body] }
    : { ok: false, what: 'type', because: 'the answer is no object, and one record was declared' }

const maybe = (text: string | null, variables: readonly string[]): Says | null => (text === null ? null : says(text, variables))

function says(text: string, variables: readonly string[]): Says {
  const run = compileCel(text, { variables })
  return (context) => {
    try {
      const value = run(context)
      return typeof value === 'boolean' ? value : null
    } catch (error) {
      if (error instanceof Failure) return null
      throw error
    }
  }
}
