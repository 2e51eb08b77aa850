/** Redirects × where credentials stand × what is sent: nothing goes anywhere else, with or without its credential. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Connector, HttpRequest } from '../../runtime/types.ts'
import { clock, connector, get, listening, room, type Target } from '../http/room.ts'

const STATUSES = [301, 302, 303, 307, 308]
const SECRET = 'S3cret+with/odd=signs'
const FORMS = [
  SECRET,
  encodeURIComponent(SECRET),
  Buffer.from(`me:${SECRET}`).toString('base64'),
  'token-from-login',
  'token-of-the-client',
]

/** How a credential goes along, and where the first request goes that meets a redirect. */
const PLACEMENTS: { readonly [name: string]: (url: string) => Connector['auth'] } = {
  'bearer in the header': () => ({ kind: 'bearer', token: '{secret}' }),
  'key in a header of its own': () => ({ kind: 'header', name: 'X-Api-Key', value: '{secret}' }),
  basic: () => ({ kind: 'basic', username: 'me', password: '{secret}' }),
  'key in the query': () => ({ kind: 'query', name: 'api_key', value: '{secret}' }),
  'cookie of a login': (url) => ({
    kind: 'login',
    request: `POST ${url}/login`,
    body: { kind: 'json', value: { p: '{secret}' } },
    cookie: 'sid',
  }),
  'token of a client, in a header of its own': (url) => ({
    kind: 'oauth2_client_credentials',
    token_url: `${url}/token`,
    client_id: 'me',
    client_secret: '{secret}',
    into: { header: 'x-token', value: '{token}' },
  }),
  'secret in the body of a login that is redirected': (url) => ({
    kind: 'login',
    request: `POST ${url}/redirected`,
    body: { kind: 'json', value: { p: '{secret}' } },
    token: 't',
  }),
  'secret in the form of a token request that is redirected': (url) => ({
    kind: 'oauth2_client_credentials',
    token_url: `${url}/redirected`,
    client_id: 'me',
    client_secret: '{secret}',
    client_auth: 'body',
  }),
  'refresh token in a form that is redirected': (url) => ({
    kind: 'oauth2_refresh',
    token_url: `${url}/redirected`,
    client_id: 'me',
    refresh_token: '{secret}',
  }),
}

type Place = {
  readonly name: string
  readonly to: (here: Target, other: Target) => string
  readonly origins?: (other: Target) => string[]
}
const PLACES: readonly Place[] = [
  { name: 'the same origin', to: () => '/moved' },
  { name: 'the same origin, in full', to: (here) => `${nameOf(here)}/moved` },
  { name: 'another port', to: (_, other) => `${other.url.replace('127.0.0.1', 'api.example')}/x` },
  { name: 'another host', to: (_, other) => `${other.url.replace('127.0.0.1', 'evil.example')}/x` },
  { name: 'a host below ours', to: (_, other) => `${other.url.replace('127.0.0.1', 'evil.api.example')}/x` },
  { name: 'another host, without a scheme', to: (_, other) => `//evil.example:${other.port}/x` },
  { name: 'another host, with back slashes', to: (_, other) => `\\\\evil.example:${other.port}\\x` },
  {
    name: 'another host behind our name as a user',
    to: (here, other) => `${nameOf(here).split('//')[0]}//api.example:x@evil.example:${other.port}/x`,
  },
  {
    name: 'another origin that is declared',
    to: (_, other) => `${other.url.replace('127.0.0.1', 'files.example')}/x`,
    origins: (other) => [other.url.replace('127.0.0.1', 'files.example')],
  },
  { name: 'plain http', to: (_, other) => `http://api.example:${other.port}/x` },
  { name: 'an address of a cloud’s metadata', to: () => 'http://169.254.169.254/latest/meta-data/' },
  { name: 'another scheme', to: () => 'ftp://evil.example/x' },
]
const nameOf = (here: Target): string => here.url.replace('127.0.0.1', 'api.example')

const KINDS: { readonly [name: string]: (url: string) => { request: HttpRequest; once: boolean } } = {
  GET: (url) => ({ request: get(url), once: false }),
  'POST that reads': (url) => ({
    request: get(url, { method: 'POST', body: { type: 'application/json', text: '{"q":1}' } }),
    once: false,
  }),
  write: (url) => ({
    request: get(url, { method: 'PATCH', body: { type: 'application/json', text: '{"active":false}' } }),
    once: true,
  }),
}

type Heard = { readonly host: string; readonly text: string }

async function server(
  secure: { key: string; cert: string } | null,
  heard: Heard[],
  answer: (q: http.IncomingMessage, r: http.ServerResponse) => void,
): Promise<Target> {
  const handle: http.RequestListener = (q, r) => {
    const parts: Buffer[] = []
    q.on('data', (part: Buffer) => parts.push(part))
    q.on('end', () => {
      heard.push({
        host: q.headers.host ?? '',
        text: `${q.method} ${q.url} ${JSON.stringify(q.rawHeaders)} ${Buffer.concat(parts)}`,
      })
      answer(q, r)
    })
  }
  return await listening(
    secure === null ? http.createServer(handle) : https.createServer(secure, handle),
    secure === null ? 'http' : 'https',
    [],
  )
}

const folder = mkdtempSync(join(tmpdir(), 'rollcall-redirects-'))
function certificate(): { key: string; cert: string } | null {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const made = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=api.example',
  ]
  try {
    execFileSync('openssl', [...made, '-addext', 'subjectAltName=DNS:api.example', '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } catch {
    console.warn('openssl is not on this machine: redirects from https are left out')
    return null
  }
}

const tls = certificate()
const here_heard: Heard[] = []
const other_heard: Heard[] = []
let location = ''
let status = 302
let other: Target
const heres: Target[] = []
beforeAll(async () => {
  other = await server(null, other_heard, (_q, r) => r.end('{}'))
  for (const secure of tls === null ? [null] : [null, tls])
    heres.push(
      await server(secure, here_heard, (q, r) => {
        const path = (q.url ?? '').split('?')[0]
        if (path === '/login')
          return void r.writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'sid=token-from-login' }).end('{}')
        if (path === '/token')
          return void r.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"token-of-the-client"}')
        if (path === '/moved') return void r.writeHead(200, { 'content-type': 'application/json' }).end('{"moved":true}')
        r.writeHead(status, { location }).end()
      }),
    )
})
afterAll(async () => {
  for (const each of [...heres, other]) await each.close()
  rmSync(folder, { recursive: true, force: true })
})

test('credentials never leave their origin, and neither does a request', async () => {
  let cells = 0
  let followed = 0
  const wrong: string[] = []
  for (const here of heres) {
    for (const [placement, auth] of Object.entries(PLACEMENTS)) {
      for (const place of PLACES) {
        for (status of STATUSES) {
          for (const [kind, make] of Object.entries(KINDS)) {
            location = place.to(here, other)
            const heard_before = here_heard.length
            const url = nameOf(here)
            const spec = connector(url, {
              settings: { secret: { type: 'secret', required: true } },
              auth: auth(url),
              origins: place.origins?.(other) ?? [],
            })
            const client = room(spec, {
              secret: { secret: SECRET },
              ...clock(),
              ...(tls === null ? {} : { ca: tls.cert }),
              resolve: (_name, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
            })
            const { request, once } = make(`${url}/list`)
            const seen = await (once ? client.sendOnce : client.send)(request, { lane: 'sync' })
            await client.close()
            cells++
            const at = `${placement}, ${status} to ${place.name}, ${kind}: `
            const mine = here_heard.slice(heard_before)
            if (!mine.some(({ text }) => FORMS.some((form) => text.includes(form))))
              wrong.push(`${at}the credential was not sent at all`)
            const same = place.name.startsWith('the same') && kind === 'GET' && !placement.includes('redirected')
            if (same !== (seen.kind === 'answer')) wrong.push(`${at}${seen.kind}`)
            if (same) followed++
            if (other_heard.length > 0) wrong.push(`${at}${other_heard.splice(0).map(({ host, text }) => `${host} ${text}`)[0]}`)
            if (JSON.stringify(seen).includes(SECRET)) wrong.push(`${at}the secret is in what it says`)
          }
        }
      }
    }
  }
  console.log(
    `redirects: ${STATUSES.length} statuses x ${PLACES.length} places x ${Object.keys(PLACEMENTS).length} credentials x ${Object.keys(KINDS).length} requests${tls === null ? '' : ' x http and https'} = ${cells}; ${followed} followed within the origin, 0 requests elsewhere`,
  )
  expect(wrong).toEqual([])
}, 240_000)
