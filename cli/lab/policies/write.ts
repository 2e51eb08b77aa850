/**
 * The other way of writing, as POLICY ALONE: send it, and a status of success means that it happened. It sends the very requests that the
 * runtime sends to an honest target, one after the other, and never looks.
 */
import { ask, type Asked as Request } from './ask.ts'

export const STATUS_MEANS_SUCCESS = 'status code means success'

/** Success: every request got a 2xx in the end; tried again where none came. */
export async function sendAll(requests: readonly Request[]): Promise<'success' | 'error'> {
  for (const request of requests) {
    const { status } = await ask(request)
    if (status < 200 || status > 299) return 'error'
  }
  return 'success'
}
