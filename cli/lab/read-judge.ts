/** What was said of a run of reading, beside what is so. */
import { type Evidence, hangingOn, rowsOf } from './again.ts'
import { compare, type Difference, isTrue, type StoredRow, told, truthOf } from './oracle/read.ts'
import { isCounted, lowest, type Synced, worst } from './read-said.ts'
import type { Truths } from './read-scene.ts'
import type { Store } from './rig.ts'
import type { Hit } from './scenarios/read-drawn.ts'
import type { ReadScenario } from './scenarios/read-types.ts'
import type { Dialect } from './twin/dialect.ts'
import type { Twin } from './twin/types.ts'
import type { Said } from './types.ts'

/** Of a run: what is asked here. */
type Scene = {
  readonly dialect: Dialect
  readonly twin: Twin
  readonly store: Store
  readonly connection: { readonly name: string }
  readonly only: readonly string[]
  readonly off: readonly string[]
}
type Played = { readonly result: (Synced & { readonly because?: string | null }) | null; readonly because: string | null }

export type Judged = {
  readonly said: Said
  /** Of which list. */
  readonly stream: string
  readonly because: string
  readonly false_success: boolean
  readonly differs: readonly string[]
  /** Streams that differ and are not `complete`. */
  readonly wrong: readonly string[]
}

export async function judge(
  stage: Scene,
  scenario: ReadScenario,
  { target, struck, must }: Hit,
  { before, moments }: { readonly before: Truths; readonly moments: readonly Truths[] },
  played: Played,
  earlier: { readonly truths: Truths; readonly verdict: Said } | null,
): Promise<Judged> {
  const { dialect, twin, store, connection } = stage
  const broken = (because: string): Judged => ({
    said: 'error',
    stream: target,
    because,
    false_success: false,
    differs: [],
    wrong: [],
  })
  const { result } = played
  if (twin.strangers.length > 0)
    return broken(`the twin was asked what it does not know: ${[...new Set(twin.strangers)].slice(0, 3).join('; ')}`)
  if (result === null || result.state === 'paused') return broken(played.because ?? result?.because ?? 'no result')
  if (earlier !== null && earlier.verdict !== 'complete') return broken(`the clean sync before is ${earlier.verdict}`)
  const differs: string[] = []
  const wrong: string[] = []
  let false_success = false
  for (const stream of stage.only) {
    const about = dialect.file.streams[stream]
    const read = result.streams[stream]
    if (about === undefined || read === undefined) continue
    const difference = differenceOf(stage, stream, before, moments, await rows(store, connection.name, stream, 'latest'))
    if (difference !== null) {
      if (read.verdict.is === 'complete') false_success = true
      else wrong.push(stream)
      // What was believed goes first.
      if (read.verdict.is === 'complete') differs.unshift(...told(difference, stream))
      else differs.push(...told(difference, stream))
    }
    // The last complete snapshot is never overwritten by a lesser one.
    const known = earlier?.truths.get(stream)
    if (read.verdict.is === 'complete' || known === undefined) continue
    const kept = compare(
      about,
      { before: known, after: known, ever: known },
      await rows(store, connection.name, stream, 'complete'),
    )
    if (!isTrue(kept)) {
      false_success = true
      differs.push(...told(kept, `${stream}, the last complete snapshot`))
    }
  }
  const faulty = scenario.class === 'faulty'
  const believed = must.find((stream) => result.streams[stream]?.verdict.is === 'complete')
  const worse = faulty ? lowest(result, struck) : worst(dialect, result, stage.only)
  const said: Said = false_success || believed !== undefined ? 'complete' : worse
  const stream = believed ?? (faulty ? struck : stage.only).find((one) => result.streams[one]?.verdict.is === said) ?? target
  const verdict = result.streams[stream]?.verdict
  const because = struck.length === 1 && faulty ? verdict?.because : `${stream}: ${verdict?.because}`
  if (scenario.holds === true && said === 'complete' && result.streams[target]?.verdict.hold === null)
    return broken('complete, and nothing is held although many are gone')
  return { said, stream, because: because ?? 'no verdict', false_success, differs: differs.slice(0, 5), wrong }
}

export const rows = (
  store: Store,
  connection: string,
  stream: string,
  which: 'latest' | 'complete',
): Promise<readonly StoredRow[]> => rowsOf((after, limit) => store.records(connection, stream, { which, after, limit }))

/** Null where they are as they were before, are now, or were at a moment between. */
export function differenceOf(
  { dialect, twin }: Scene,
  stream: string,
  truths: Truths,
  moments: readonly Truths[],
  stored: readonly StoredRow[],
): Difference | null {
  const about = dialect.file.streams[stream]
  if (about === undefined) return null
  const before = truths.get(stream) ?? new Map()
  const during = moments.flatMap((moment) => moment.get(stream) ?? [])
  const truth = { before, after: truthOf(twin, stream), ever: truthOf(twin, stream, true), during }
  const difference = compare(about, truth, stored)
  return isTrue(difference) ? null : difference
}

/** What the run hangs on; nothing of one that broke, or that was played without an item. */
export function hangsOn({ dialect, off, only }: Scene, evidence: Evidence, { said, wrong }: Judged, honest: boolean) {
  if (off.length > 0 || said === 'error') return {}
  const { streams } = dialect.connector
  const above = (stream: string) =>
    Object.values(streams[stream]?.each ?? {}).flatMap((each) => (each.from === 'stream' ? [each.stream] : []))
  const yes = honest && said === 'complete' ? only.filter((stream) => isCounted(dialect, stream)) : []
  return hangingOn(evidence, above, wrong, yes)
}
