/**
 * One measurement in a process of its own, so that peak memory is its own. Prints one JSON line.
 *   measure.ts URL DIR CONNECTOR    run twice on one DIR for the unchanged re-sync
 */
import { sync } from '../../runtime/read/sync.ts'
import { measured } from './figures.ts'
import { openBench } from './open.ts'

const [url, dir, file] = process.argv.slice(2) as [string, string, string]

await measured(async () => {
  const { store, http, ...bench } = await openBench(url, dir, file)
  const result = await sync({ ...bench, store, http, now: Date.now })
  await http.close()
  await store.close()
  const streams = Object.values(result.streams)
  return {
    records: streams.reduce((sum, stream) => sum + stream.facts.stored, 0),
    requests: streams.reduce((sum, stream) => sum + stream.facts.requests, 0),
    verdicts: streams.map((stream) => stream.verdict.is),
    because: streams.map((stream) => stream.verdict.because),
  }
})
