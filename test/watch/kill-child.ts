/** One round of watching that dies where it is told to. Argv: store, connector file, url, boundary, now in ms. */
import { readFileSync } from 'node:fs'
import { openHttp } from '../../runtime/http/open.ts'
import { Secret } from '../../runtime/secret.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { Send } from '../../runtime/types.ts'
import { watchOnce } from '../../runtime/watch/once.ts'

const [dir = '', file = '', url = '', boundary = '', now = '0'] = process.argv.slice(2)
const { connector } = loadConnector(readFileSync(file), 'watched.yaml')
if (connector === null) throw new Error('the connector is not valid')
const store = await openStore(dir, { create: false })
const connection = await store.connection('acme')
if (connection === null) throw new Error('no connection')
const http = openHttp({
  connector,
  settings: { url },
  secrets: async () => new Secret(''),
  allow_private: true,
  now: Date.now,
  kept: { read: async () => ({}), keep: async () => {} },
})

let looks = 0
const die = async (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL')
  // The signal may take a moment; nothing more may be done in it.
  return await new Promise(() => {})
}
const send: Send = async (request, options) => {
  const look = request.url.includes('/users/')
  if (look && boundary === 'before the first look') await die()
  const got = await http.send(request, options)
  if (look && ++looks === 3 && boundary === 'after an answer, before it is written down') await die()
  if (!look && boundary === 'after the feed answered, before its position is written down') await die()
  return got
}
await watchOnce({ connector, connection, store, send, now: () => Number(now), signal: undefined })
await http.close()
await store.close()
