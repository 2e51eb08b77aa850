/** What every partition of a read shares, and how it sends what is declared. */
import { Failure } from '../errors.ts'
import type { ReadSession } from '../store/port.ts'
import type { Connector, HttpRequest, Observation, PageRow, Send } from '../types.ts'
import type { CompiledStream } from './compile.ts'
import type { Names } from './request.ts'

export type ReadContext = {
  readonly connector: Connector
  readonly compiled: CompiledStream
  readonly names: Names
  readonly send: Send
  readonly session: ReadSession
  readonly now: () => number
  readonly signal: AbortSignal | undefined
  readonly onPage: (page: PageRow) => void
}

/** Times one stream is read in one sync before what moves under the read, or breaks off, counts against it. */
export const ATTEMPTS = 3

export type Partition = { readonly key: string; readonly vars: Names }

export type Refused = Extract<Observation, { kind: 'refused' }>

/** A request that cannot be built (an id that is no path segment) is refused before it is sent. */
export async function sendDeclared(
  context: Pick<ReadContext, 'send' | 'signal'>,
  build: () => HttpRequest,
): Promise<Observation> {
  let request: HttpRequest
  try {
    request = build()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { kind: 'refused', code: error.code, status: 0, because: error.message, gap: false, requests: 0, ms: 0 }
  }
  return context.send(request, context.signal === undefined ? { lane: 'sync' } : { lane: 'sync', signal: context.signal })
}

export function wantsRestart(observation: Observation, no: number): observation is Refused {
  if (observation.kind !== 'refused') return false
  return observation.code === 'http/restart' || (observation.status === 410 && no > 0)
}
