/**
 * `npm run fuzz`: a million cases over all cores. `-- --cases N --seed N --kind specs|bodies|webhooks|answers`; `--kind K --seed S --case N` plays
 * one again and shows it. Exit code 1 where anything was found.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { KINDS } from './kinds.ts'
import { type Played, play, replayOf } from './play.ts'
import { randomOf } from './random.ts'

type Part = {
  readonly name: string
  readonly seed: number
  readonly first: number
  readonly count: number
  readonly step: number
}

if (isMainThread) process.exitCode = await main()
else {
  const part = workerData as Part
  const played = await play(part.name, part.seed, { ...part, onProgress: (done) => parentPort?.postMessage({ done }) })
  parentPort?.postMessage({ played })
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kind: { type: 'string' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      cases: { type: 'string', default: '1000000' },
      case: { type: 'string' },
    },
  })
  const seed = Number(values.seed)
  const names = Object.keys(KINDS).filter((name) => values.kind === undefined || values.kind === name)
  if (names.length === 0 || !Number.isSafeInteger(seed)) {
    console.error(`--kind is one of ${Object.keys(KINDS).join(', ')}; --seed is a whole number`)
    return 2
  }
  if (values.case !== undefined) return await replay(names[0] as string, seed, Number(values.case))
  console.log(`seed ${seed}`)
  const shares = names.reduce((sum, name) => sum + (KINDS[name] as (typeof KINDS)[string]).share, 0)
  let found = 0
  let all = 0
  for (const name of names) {
    const count = Math.round((Number(values.cases) * (KINDS[name] as (typeof KINDS)[string]).share) / shares)
    const started = Date.now()
    const { taken, refused, finds } = await spread(name, seed, count)
    const seconds = ((Date.now() - started) / 1000).toFixed(0)
    console.log(
      `${name}: ${taken + refused + finds.length} cases in ${seconds} s, ${taken} taken, ${refused} refused, ${finds.length} finds`,
    )
    for (const find of finds) console.log(`  ${find.error}\n  again: ${find.replay}`)
    found += finds.length
    all += taken + refused + finds.length
  }
  console.log(`${all} cases, ${found} crashes or unplaced errors`)
  return found === 0 ? 0 : 1
}

/** Each core takes every n-th case, so a case's number says what it is whatever the cores. */
async function spread(name: string, seed: number, count: number): Promise<Played> {
  const cores = Math.max(1, Math.min(availableParallelism(), Math.ceil(count / 1_000)))
  const done = new Array<number>(cores).fill(0)
  const tell = setInterval(() => {
    const so_far = done.reduce((sum, n) => sum + n, 0)
    process.stderr.write(`${name}: ${so_far} of ${count} (${Math.floor((100 * so_far) / count)} %)\n`)
  }, 10_000)
  const parts = await Promise.all(
    done.map(
      (_, core) =>
        new Promise<Played>((resolve, reject) => {
          const part: Part = { name, seed, first: core, count: Math.floor((count - core + cores - 1) / cores), step: cores }
          const worker = new Worker(new URL(import.meta.url), { workerData: part })
          worker.on('message', (said: { done?: number; played?: Played }) => {
            if (said.done !== undefined) done[core] = said.done
            if (said.played !== undefined) resolve(said.played)
          })
          worker.on('error', reject)
          worker.on('exit', (code) => reject(new Error(`a worker ended with ${code}`)))
        }),
    ),
  )
  clearInterval(tell)
  return {
    taken: parts.reduce((sum, one) => sum + one.taken, 0),
    refused: parts.reduce((sum, one) => sum + one.refused, 0),
    finds: parts.flatMap((one) => one.finds),
  }
}

async function replay(name: string, seed: number, n: number): Promise<number> {
  const kind = await (KINDS[name] as (typeof KINDS)[string]).open()
  const it = kind.make(randomOf(seed, n))
  console.log(JSON.stringify(it.about ?? {}), `${it.text.length} characters\n${JSON.stringify(it.text)}`)
  try {
    console.log(await kind.run(it))
    return 0
  } catch (error) {
    console.log(error)
    console.log(replayOf(name, seed, n))
    return 1
  } finally {
    await kind.close?.()
  }
}
