/**
 * What the bench compares with, in a process of its own: a bare got loop, JSON.parse, one SQLite insert a record, 200 a transaction;
 * nothing else: no key, no index, which no real store could do without. It commits a page as we do (runtime/store/sqlite/database.ts, `process`). argv: URL, folder. Prints one JSON line.
 */
import { Agent } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import got from 'got'
import { measured } from './figures.ts'

const [url, dir] = process.argv.slice(2) as [string, string]

await measured(baseline)

async function baseline(): Promise<object> {
  const agent = { http: new Agent({ keepAlive: true }) }
  const db = new DatabaseSync(`${dir}/baseline.db`)
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE record (id TEXT, data TEXT)')
  const insert = db.prepare('INSERT INTO record VALUES (?, ?)')
  let records = 0
  for (let startIndex = 1, total = Number.POSITIVE_INFINITY; startIndex <= total; ) {
    const body = await got(`${url}/Users?startIndex=${startIndex}&count=200`, { agent, retry: { limit: 0 } }).text()
    const page = JSON.parse(body) as { totalResults: number; Resources: { id: string }[] }
    db.exec('BEGIN')
    for (const record of page.Resources) insert.run(record.id, JSON.stringify(record))
    db.exec('COMMIT')
    records += page.Resources.length
    startIndex += page.Resources.length
    total = page.totalResults
  }
  db.close()
  agent.http.destroy()
  return { records }
}
