/** Asks the connector's scope proofs: may this credential see everyone? */

import { Failure } from '../errors.ts'
import type { ScopeAnswer } from '../judge/scope.ts'
import { compileCel } from '../kinds/value/cel.ts'
import { buildRequest, settingNames } from '../record/request.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { Connector } from '../types.ts'
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
      const asked = { shows: proof.shows, where: `${proof.request.method} ${proof.request.path}`, because: null }
      if (observation.kind === 'lost') return { ...asked, result: 'unanswered', because: observation.because }
      if (observation.kind === 'refused' && !isRefusal(observation.status))
        return { ...asked, result: 'unanswered', because: observation.because }
      const body = observation.kind === 'answer' ? observation.body : null
      const headers = observation.kind === 'answer' ? observation.headers : {}
      const answer = { status: observation.status, headers, body }
      if (proof.refuted_by !== null && isTrue(proof.refuted_by, answer)) return { ...asked, result: 'refuted' }
      return { ...asked, result: isTrue(proof.expect, answer) ? 'held' : 'not_shown' }
    }),
  )
}

/** Where every list broke off, as of a target that is down: no answer could make anything complete. */
export function unaskedScope(connector: Connector): readonly ScopeAnswer[] {
  return connector.scope_proof.map(({ shows, request }) => ({
    shows,
    where: `${request.method} ${request.path}`,
    result: 'unanswered',
    because: 'not asked, for every list broke off',
  }))
}

/**
 * A no of the target is an answer too: `status == 200` is then false. An outage or a rate limit is none, and neither is a 200 that
 * is not what the connector expects: asked for its status alone, an error envelope or a login page would hold.
 */
function isRefusal(status: number): boolean {
  return status >= 300 && status < 500 && status !== 429
}

/** An expression that fails on this answer shows nothing. */
function isTrue(expression: string, answer: object): boolean {
  try {
    return compileCel(expression, { variables: ['status', 'headers', 'body'] })(answer) === true
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}
