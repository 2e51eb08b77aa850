/** Plays cases of one kind and tells what came of them; a find names the line that replays it. */
import { KINDS } from './kinds.ts'
import { randomOf } from './random.ts'

export type Find = { readonly n: number; readonly error: string; readonly replay: string; readonly text: string }
export type Played = { readonly taken: number; readonly refused: number; readonly finds: readonly Find[] }

/** Cases `first`, `first + step`, … below `first + count × step`. A kind that cannot be closed cleanly throws. */
export async function play(
  name: string,
  seed: number,
  o: { readonly first: number; readonly count: number; readonly step?: number; readonly onProgress?: (done: number) => void },
): Promise<Played> {
  const kind = await (KINDS[name] as (typeof KINDS)[string]).open()
  const finds: Find[] = []
  const ends = { taken: 0, refused: 0 }
  for (let i = 0; i < o.count; i++) {
    const n = o.first + i * (o.step ?? 1)
    const it = kind.make(randomOf(seed, n))
    try {
      ends[await kind.run(it)]++
    } catch (error) {
      const told = error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3).join('\n') : String(error)
      finds.push({ n, error: told, replay: replayOf(name, seed, n), text: it.text.slice(0, 2_000) })
      if (finds.length >= MOST_FINDS) break
    }
    if (i % 1_000 === 999) o.onProgress?.(i + 1)
  }
  await kind.close?.()
  return { ...ends, finds }
}

const MOST_FINDS = 10
export const replayOf = (name: string, seed: number, n: number): string =>
  `npm run fuzz -- --kind ${name} --seed ${seed} --case ${n}`
