/** What a sync says for a person: the worst of what counts. */
import type { Dialect } from './twin/dialect.ts'
import type { Said } from './types.ts'

export type Synced = {
  readonly state: string
  readonly streams: {
    readonly [stream: string]: { readonly verdict: { readonly is: Said; readonly because: string; readonly hold: unknown } }
  }
}

const ORDER: readonly Said[] = ['error', 'incomplete', 'unproven', 'complete']

/** Of what counts for the gate and can be proven at all. */
export function worst(dialect: Dialect, result: Synced | null, streams: readonly string[]): Said {
  if (result === null || result.state === 'paused') return 'error'
  return lowest(
    result,
    streams.filter((stream) => isCounted(dialect, stream)),
  )
}

export function lowest(result: Synced, streams: readonly string[]): Said {
  const said = streams.map((stream): Said => result.streams[stream]?.verdict.is ?? 'error')
  return ORDER.find((one) => said.includes(one)) ?? 'complete'
}

export function isCounted({ connector, file }: Dialect, stream: string): boolean {
  const about = file.streams[stream]
  return connector.streams[stream]?.certified === true && about !== undefined && about.best === undefined
}
