/** A connector of somebody's own that has no twin file: derived, tried once without a lie, and what does not come out well left out, with the reason. */
import type { Connector } from '../../../runtime/types.ts'
import { type Dialect, openDialect } from '../twin/dialect.ts'
import type { StreamTruth, TwinFile } from '../twin/types.ts'
import { deriveTwin } from './twin.ts'

/** What an honest read of each stream comes to. `differs`: the store beside the truth. */
export type Tried = {
  /** Requests that the twin did not know. */
  readonly strangers: readonly string[]
  readonly streams: {
    readonly [stream: string]: { readonly is: string; readonly because: string; readonly differs: readonly string[] }
  }
}
export type Try = (dialect: Dialect) => Promise<Tried>
export type OwnDialect = { readonly dialect: Dialect; readonly assumed: readonly string[] }

/** A list that is left out may take others with it. */
const TRIES = 6

export async function deriveDialect(connector: Connector, openapi: string | null, trying: Try): Promise<OwnDialect> {
  let without: { readonly [stream: string]: string } = {}
  for (let round = 0; ; round++) {
    const { file, assumed } = deriveTwin(connector, without)
    const dialect = openDialect(connector, file, null, openapi)
    if (Object.keys(file.streams).length === 0) return { dialect, assumed }
    const tried = await trying(dialect)
    const bad = round === TRIES ? {} : worse(tried, file)
    if (Object.keys(bad).length === 0)
      return { dialect: { ...dialect, file: { ...file, streams: capped(file, tried) } }, assumed }
    without = { ...without, ...bad }
  }
}

/** Streams that an honest target does not get through: then the guess is wrong, and not the connector. */
function worse({ streams, strangers }: Tried, file: TwinFile): { readonly [stream: string]: string } {
  const [stranger] = strangers
  const wrong = Object.entries(streams).filter(
    ([name, one]) => file.streams[name] !== undefined && (!WELL.has(one.is) || one.differs.length > 0),
  )
  // Somebody asked what the twin does not know: one of those that nothing confirmed.
  const bad =
    wrong.length > 0 || stranger === undefined ? wrong : Object.entries(streams).filter(([, one]) => one.is !== 'complete')
  if (bad.length === 0 && stranger !== undefined) throw new Error(`nothing can be derived for ${stranger}: write a twin file`)
  return Object.fromEntries(
    bad.map(([name, one]) => [
      name,
      `what was derived of it is not enough: ${WELL.has(one.is) ? (one.differs[0] ?? one.because) : one.because}${stranger === undefined ? '' : ` (it was asked ${stranger})`}`,
    ]),
  )
}

const WELL: ReadonlySet<string> = new Set(['complete', 'unproven'])

/** Where nothing confirms an honest list, it is never more than unproven: that is so of the connector, and no finding. */
function capped(file: TwinFile, { streams }: Tried): TwinFile['streams'] {
  return Object.fromEntries(
    Object.entries(file.streams).map(([name, truth]): readonly [string, StreamTruth] => {
      const tried = streams[name]
      return [name, tried?.is === 'unproven' ? { ...truth, best: { is: 'unproven', because: tried.because } } : truth]
    }),
  )
}
