/** A worker process of `crew.ts`: opens the benches of a module and plays what it is told, one after the other. */
import type { FromWorker, ToWorker } from './crew.ts'
import { playJob } from './play-job.ts'
import type { OpenBenches, Wanted } from './types.ts'

const [module = '', wanted = ''] = process.argv.slice(2)
const { openBenches } = (await import(module)) as { readonly openBenches: OpenBenches }
const benches = await openBenches(JSON.parse(wanted) as Wanted)
const say = (message: FromWorker): void => void process.send?.(message)

// One at a time: the clock that jumps, the store and the twin of a worker are shared by its runs.
let before: Promise<void> = Promise.resolve()
process.on('message', (message: ToWorker) => {
  before = before.then(async () => {
    if (message.kind === 'play') return say({ kind: 'played', index: message.index, played: await playJob(benches, message.job) })
    process.disconnect()
  })
})
// Whoever started it is gone, or has enough; stores and servers must not stay behind.
process.on('disconnect', () => void close().finally(() => process.exit()))
async function close(): Promise<void> {
  for (const bench of benches) await bench.close()
}
// Ctrl-C reaches the whole group; the parent says when to end.
process.on('SIGINT', () => undefined)
say({ kind: 'ready' })
