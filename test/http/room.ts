/** A loopback target scripted by a test, and a room that talks to it. The target fails on nothing and judges nothing. */
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { type Http, type HttpOptions, openHttp } from '../../runtime/http/open.ts'
import { Secret } from '../../runtime/secret.ts'
import type { Connector, HttpRequest, Limits } from '../../runtime/types.ts'

export type Target = {
  readonly port: number
  readonly url: string
  readonly seen: http.IncomingMessage[]
  readonly close: () => Promise<void>
}

export async function target(
  answer: (request: http.IncomingMessage, response: http.ServerResponse, n: number) => void,
): Promise<Target> {
  const seen: http.IncomingMessage[] = []
  const server = http.createServer((request, response) => {
    seen.push(request)
    request.resume()
    answer(request, response, seen.length)
  })
  return await listening(server, 'http', seen)
}

export async function listening(server: http.Server, scheme: string, seen: http.IncomingMessage[]): Promise<Target> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

export const json = (
  response: http.ServerResponse,
  body: unknown,
  status = 200,
  headers: http.OutgoingHttpHeaders = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** Time that passes at once where the room sleeps, and as always elsewhere. */
export function clock() {
  let skipped = 0
  const slept: number[] = []
  return {
    slept,
    now: () => Date.now() + skipped,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted()
      slept.push(ms)
      skipped += ms
      await turn()
    },
  }
}

export const LIMITS: Limits = {
  requests_per_minute: null,
  concurrent: 4,
  told_by: null,
  timeout_ms: 2000,
  max_bytes: 20_000_000,
  attempts: 3,
}

export function connector(base_url: string, more: Partial<Connector> = {}): Connector {
  return {
    connector: 'acme',
    version: 1,
    title: 'Acme',
    source: [],
    settings: {},
    base_url,
    origins: [],
    auth: { kind: 'none' },
    headers: {},
    limits: LIMITS,
    responses: [],
    expect: [],
    whoami: null,
    scope_proof: [],
    actions: {},
    feeds: {},
    webhook: null,
    streams: {},
    order: [],
    fingerprint: 'sha256:0',
    ...more,
  }
}

export function room(
  spec: Connector,
  more: Partial<HttpOptions> & { readonly secret?: { readonly [name: string]: string } } = {},
): Http {
  const { secret, ...options } = more
  return openHttp({
    connector: spec,
    settings: {},
    secrets: async (name) => new Secret(secret?.[name] ?? ''),
    allow_private: true,
    now: Date.now,
    kept: { read: async () => ({}), keep: async () => {} },
    random: () => 0.5,
    ...options,
  })
}

export function get(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url, headers: {}, body: null, decode: { kind: 'json' }, expect: [], where: 'GET /users', ...more }
}
