/**
 * What verified writes are compared with, in a process of its own: a bare got loop that sends each deactivation and believes the status;
 * nothing durable, nothing looked at. As many at once as the connector is permitted. argv: URL, N, at once. Prints one JSON line.
 */
import { Agent } from 'node:http'
import got from 'got'
import { measured } from './figures.ts'

const [url, many, at_once] = process.argv.slice(2) as [string, string, string]
const agent = { http: new Agent({ keepAlive: true }) }
const list = (await got(`${url}/Users?count=200`).json()) as { Resources: { id: string; active: boolean }[] }
// Ids of the target are made from the place; who is already inactive costs the loop the same.
const ids = list.Resources.map(({ id }) => id)

await measured(async () => {
  let next = 0
  let sent = 0
  const one = async (): Promise<void> => {
    while (next < Number(many)) {
      const id = ids[next++ % ids.length] as string
      await got.patch(`${url}/Users/${id}`, {
        agent,
        retry: { limit: 0 },
        headers: { 'content-type': 'application/scim+json' },
        json: {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
          Operations: [{ op: 'replace', path: 'active', value: false }],
        },
      })
      sent++
    }
  }
  await Promise.all(Array.from({ length: Number(at_once) }, one))
  return { sent }
})
agent.http.destroy()
