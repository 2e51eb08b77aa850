/** Asking for one record by its id: alive, gone, or no answer. An error is never "gone". */
import type { Connector, Observation } from '../types.ts'
import type { CompiledStream } from './compile.ts'
import { buildRequest, type Names } from './request.ts'
import { type Asking, sendDeclared } from './send-declared.ts'

export type ById = 'alive' | 'gone' | 'unanswered'

export type AskById = (id: string) => Promise<ById>

/** Null where the stream declares no `get`. Each id is asked once; answers are kept for the sync. */
export function openById(
  context: Asking & { readonly connector: Connector; readonly compiled: CompiledStream; readonly names: Names },
): AskById | null {
  const { get } = context.compiled.stream
  if (get === null) return null
  const known = new Map<string, Promise<ById>>()
  return (id) => {
    const asked =
      known.get(id) ??
      sendDeclared(context, () => buildRequest(context.connector, get, { ...context.names, id })).then((observation) =>
        readById(context.compiled, observation, context.names),
      )
    known.set(id, asked)
    return asked
  }
}

export function readById(compiled: CompiledStream, observation: Observation, names: Names): ById {
  switch (observation.kind) {
    case 'lost':
      return 'unanswered'
    case 'refused':
      return observation.status === 404 || observation.status === 410 ? 'gone' : 'unanswered'
    case 'answer': {
      const record = compiled.get_record(observation.body)
      if (typeof record !== 'object' || record === null) return 'unanswered'
      if (compiled.gone === null) return 'alive'
      return saysGone(compiled.gone, record, names)
    }
  }
}

function saysGone(gone: NonNullable<CompiledStream['gone']>, record: object, names: Names): ById {
  try {
    return gone(record, names) === true ? 'gone' : 'alive'
  } catch {
    // The expression has no answer for this record: that is no statement about its life.
    return 'unanswered'
  }
}

export type ByIdSummary = { readonly alive: readonly string[]; readonly gone: number; readonly unanswered: number }

/** A few at a time; the limiter of the connection bounds them anyway. */
export async function askAll(ask: AskById, ids: readonly string[]): Promise<ByIdSummary> {
  const answers = await Promise.all(ids.map(ask))
  return {
    alive: ids.filter((_, index) => answers[index] === 'alive'),
    gone: answers.filter((answer) => answer === 'gone').length,
    unanswered: answers.filter((answer) => answer === 'unanswered').length,
  }
}
