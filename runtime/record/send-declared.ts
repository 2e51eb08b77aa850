/** How a declared request leaves: built or refused before it is sent, in the lane of whoever asks. */
import { Failure } from '../errors.ts'
import type { HttpRequest, Lane, Observation, Send } from '../types.ts'

/** Who asks: through which door, how urgently, and until when. */
export type Asking = { readonly send: Send; readonly signal: AbortSignal | undefined; readonly lane?: Lane }

/** A request that cannot be built (an id that is no path segment) is refused before it is sent. */
export async function sendDeclared(asking: Asking, build: () => HttpRequest): Promise<Observation> {
  let request: HttpRequest
  try {
    request = build()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { kind: 'refused', code: error.code, status: 0, because: error.message, gap: false, requests: 0, ms: 0 }
  }
  const { send, signal, lane = 'sync' } = asking
  return send(request, signal === undefined ? { lane } : { lane, signal })
}
