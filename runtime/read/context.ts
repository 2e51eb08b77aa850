/** What every partition of a read shares, and when it begins again. */
import type { CompiledStream } from '../record/compile.ts'
import type { Names } from '../record/request.ts'
import type { ReadSession } from '../store/port.ts'
import type { Connector, Observation, PageRow, Send } from '../types.ts'

export type ReadContext = {
  readonly connector: Connector
  readonly compiled: CompiledStream
  readonly names: Names
  readonly send: Send
  readonly session: ReadSession
  readonly now: () => number
  readonly signal: AbortSignal | undefined
  readonly onPage: (page: PageRow) => void
  /** Rows of the longest page of this read so far. */
  readonly longest: { rows: number }
}

/** Times one stream is read in one sync before what moves under the read, or breaks off, counts against it. */
export const ATTEMPTS = 3

export type Partition = { readonly key: string; readonly vars: Names }

export type Refused = Extract<Observation, { kind: 'refused' }>

export function wantsRestart(observation: Observation, no: number): observation is Refused {
  if (observation.kind !== 'refused') return false
  return observation.code === 'http/restart' || (observation.status === 410 && no > 0)
}
