/** The loopback server that twins stand behind, one at a time. It lives as long as the worker. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Connector } from '../../../runtime/types.ts'
import { newKey } from './auth.ts'
import { redirected } from './dialect.ts'
import type { Answer } from './types.ts'

export type Stage = {
  readonly origin: string
  /** Without its port, which no seed decides: for logs. */
  readonly placeless: (text: string) => string
  /** Who answers from now on. */
  readonly on: (play: ((request: Asked) => Answer) | null) => void
  readonly key: () => string
  /** The connector, pointed here; made once. */
  readonly pointed: (connector: Connector) => Connector
  readonly close: () => Promise<void>
}
export type Asked = {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

export async function openStage(): Promise<Stage> {
  let play: ((request: Asked) => Answer) | null = null
  let key: string | null = null
  const pointedHere = new Map<Connector, Connector>()
  const server = createServer((request, response) => {
    read(request)
      .then((body) => {
        const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
        send(response, play === null ? null : play({ method: request.method ?? 'GET', url: request.url ?? '/', headers, body }))
      })
      // A fault of the twin itself is no answer of a target: the run ends as an error.
      .catch((fault: unknown) => response.destroy(fault instanceof Error ? fault : new Error(String(fault))))
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    placeless: (text) => text.replaceAll(origin, '').replaceAll(`//localhost:${port}`, '//localhost'),
    pointed(connector) {
      const known = pointedHere.get(connector) ?? pointed(connector, origin)
      pointedHere.set(connector, known)
      return known
    },
    on: (next) => {
      play = next
    },
    key: () => (key ??= newKey()),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function send(response: ServerResponse, said: Answer | null): void {
  // The client's patience ends it.
  if (said?.cut === 'hang') return
  if (said === null || said.cut === 'before') {
    response.destroy()
    return
  }
  const length = String(Buffer.byteLength(said.text))
  response.writeHead(said.status, said.status === 204 ? said.headers : { ...said.headers, 'content-length': length })
  if (said.cut !== 'body') {
    // A text goes out with its head in one piece.
    response.end(said.status === 204 ? undefined : said.text)
    return
  }
  const bytes = Buffer.from(said.text)
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy())
}

/** A copy that speaks with the twin: no rate and one request at a time, so that a seed decides the order of everything. */
function pointed(connector: Connector, origin: string): Connector {
  const here = redirected(connector, origin) as Connector
  return { ...here, limits: { ...here.limits, requests_per_minute: null, concurrent: 1 } }
}

async function read(request: IncomingMessage): Promise<string> {
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) {
    request.resume()
    return ''
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
