/** Asks the connector's scope proofs: may this credential see everyone? */

import { Failure } from '../errors.ts'
import type { ScopeAnswer } from '../judge/scope.ts'
import { compileCel } from '../kinds/value/cel.ts'
import { sendDeclared } from './context.ts'
import { buildRequest, settingNames } from './request.ts'
import type { SyncOptions } from './run.ts'

export async function askScope(
  context: Pick<SyncOptions, 'connector' | 'connection' | 'http' | 'signal'>,
): Promise<readonly ScopeAnswer[]> {
  const names = settingNames(context.connection.settings)
  return Promise.all(
    context.connector.scope_proof.map(async (proof) => {
      const observation = await sendDeclared({ send: context.http.send, signal: context.signal }, () =>
        buildRequest(context.connector, proof.request, names),
      )
      const asked = { shows: proof.shows, where: `${proof.request.method} ${proof.request.path}` }
      if (observation.kind === 'lost') return { ...asked, held: null, because: observation.because }
      // A refusal is an answer too: `status == 200` is then false, and a rate limit or an outage never looks like a missing right.
      if (
        observation.kind === 'refused' &&
        (observation.status === 429 || observation.status >= 500 || observation.status === 0)
      ) {
        return { ...asked, held: null, because: observation.because }
      }
      const body = observation.kind === 'answer' ? observation.body : null
      const headers = observation.kind === 'answer' ? observation.headers : {}
      return { ...asked, ...expectation(proof.expect, { status: observation.status, headers, body }) }
    }),
  )
}

function expectation(expect: string, answer: object): { readonly held: boolean | null; readonly because: string | null } {
  try {
    return compileCel(expect, { variables: ['status', 'headers', 'body'] })(answer) === true
      ? { held: true, because: null }
      : { held: false, because: null }
  } catch (error) {
    if (error instanceof Failure) return { held: false, because: error.message }
    throw error
  }
}
