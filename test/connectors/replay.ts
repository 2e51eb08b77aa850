/** Recorded real traffic in ../shared/recordings, served again on loopback. Bodies and Link headers are as recorded, but for the host. */
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { parse } from 'yaml'

export const RECORDINGS = resolve(import.meta.dirname, '../../../shared/recordings')
export const hasRecordings = existsSync(resolve(RECORDINGS, 'MANIFEST.md'))

export type Recorded = {
  readonly method: string
  readonly url: URL
  readonly status: number
  /** Names in lower case; several values of one name joined as HTTP allows. */
  readonly headers: { readonly [name: string]: string }
  readonly body: unknown
}

/** A go-vcr cassette of okta/terraform-provider-okta. */
export function readCassette(name: string): readonly Recorded[] {
  const text = readFileSync(resolve(RECORDINGS, 'okta-terraform-vcr', `${name}.oie-00.yaml`), 'utf8')
  const { interactions } = parse(text, { maxAliasCount: 0 }) as {
    readonly interactions: readonly {
      readonly request: { readonly url: string; readonly method: string }
      readonly response: {
        readonly body: string
        readonly code: number
        readonly headers: { readonly [name: string]: readonly string[] }
      }
    }[]
  }
  return interactions.map(({ request, response }) => ({
    method: request.method,
    url: new URL(request.url),
    status: response.code,
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([header, values]) => [header.toLowerCase(), values.join(', ')]),
    ),
    body: response.body === '' ? null : (JSON.parse(response.body) as unknown),
  }))
}

/** A scenario of octokit/fixtures. */
export function readScenario(name: string): readonly Recorded[] {
  const text = readFileSync(resolve(RECORDINGS, 'octokit-fixtures', name, 'raw-fixture.json'), 'utf8')
  const exchanges = JSON.parse(text) as readonly {
    readonly scope: string
    readonly method: string
    readonly path: string
    readonly status: number
    readonly response: unknown
    readonly rawHeaders: readonly string[]
  }[]
  return exchanges.map((one) => ({
    method: one.method,
    url: new URL(one.path, one.scope),
    status: one.status,
    headers: Object.fromEntries(pairs(one.rawHeaders)),
    body: one.response,
  }))
}

function pairs(raw: readonly string[]): [string, string][] {
  const out: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) out.push([(raw[at] as string).toLowerCase(), raw[at + 1] as string])
  return out
}

/** The last recorded answer to a GET of this path (and, where given, with this text in its query). */
export function last(recorded: readonly Recorded[], path: string, query = ''): Recorded {
  const found = recorded.findLast(
    (one) =>
      one.method.toUpperCase() === 'GET' && one.url.pathname === path && one.url.search.includes(query) && one.status === 200,
  )
  if (found === undefined) throw new Error(`nothing recorded for ${path} ${query}`)
  return found
}

/** First match answers; without one 404, as the vendor would say it.. */
export type Route = { readonly path: string; readonly query?: string; readonly give: Pick<Recorded, 'body'> & Partial<Recorded> }

export type Replay = { readonly origin: string; readonly asked: readonly URL[]; readonly close: () => Promise<void> }

export async function startReplay(host: string, routes: readonly Route[]): Promise<Replay> {
  const asked: URL[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', origin())
    asked.push(url)
    const route = routes.find((one) => url.pathname === one.path && url.search.includes(one.query ?? ''))
    const { link } = route?.give.headers ?? {}
    // The recorded host is not ours: only its origin is changed, the cursors in it stay.
    const headers = link === undefined ? {} : { link: link.replaceAll(`https://${host}`, origin()) }
    response.writeHead(route === undefined ? 404 : 200, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(route?.give.body ?? { errorCode: 'E0000007', errorSummary: 'Not found' }))
  })
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { origin: origin(), asked, close: () => new Promise((done) => server.close(() => done())) }
}
