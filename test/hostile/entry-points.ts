/** Where an address can come in from outside, each through the parts that really take it. What comes back is how it was refused. */
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import * as oidc from 'openid-client'
import { openGuardedFetch } from '../../runtime/api/guarded-fetch.ts'
import { Failure } from '../../runtime/errors.ts'
import type { Resolve } from '../../runtime/http/agents.ts'
import { feed } from '../../runtime/kinds/feed/index.ts'
import { pages } from '../../runtime/kinds/pages/index.ts'
import { buildRequest, settingNames } from '../../runtime/record/request.ts'
import type { Connector, KindOptions, Observation, RequestSpec } from '../../runtime/types.ts'
import { openNaming } from '../../runtime/watch/naming.ts'
import { clock, connector, get, json, room, type Target, target } from '../http/room.ts'

export type Form = { readonly form: string; readonly why: string; readonly answers?: readonly string[] }

/** Names lead where the form says; every other name is our own target. */
export const resolverOf =
  ({ answers }: Form): Resolve =>
  (_name, done) =>
    done(
      null,
      (answers ?? ['127.0.0.1']).map((address): LookupAddress => ({ address, family: isIP(address) })),
    )

export type Entry = {
  readonly name: string
  /** What the refusal was; null: it was asked. */
  readonly refused: (form: Form) => Promise<string | null>
}

const SECRET = { token: 'a-secret-that-stays' }
const SETTINGS: Connector['settings'] = { token: { type: 'secret', required: true }, url: { type: 'url', required: true } }
const BEARER = { kind: 'bearer', token: '{token}' } as const
const said = (seen: Observation): string | null => (seen.kind === 'answer' ? null : seen.code)
const urlOf = ({ form }: Form): string => `https://${form}/users?page=2`

/** The URL is the first thing that is asked: public addresses only, nothing declared keeps it back. */
async function first(form: Form, spec: Partial<Connector>, url: string): Promise<string | null> {
  let http: ReturnType<typeof room>
  try {
    const more = {
      settings: { url: `https://${form.form}` },
      secret: SECRET,
      allow_private: false,
      resolve: resolverOf(form),
      ...clock(),
    }
    http = room(connector('{url}', { settings: SETTINGS, auth: BEARER, ...spec }), more)
  } catch (error) {
    if (error instanceof Failure) return error.code
    throw error
  }
  const seen = await http.send(get(url), { lane: 'sync' })
  await http.close()
  return said(seen)
}

/**
 * The URL comes with an answer of our own target. Twice: where private addresses are allowed and only the declared origins keep it back,
 * and where its origin is even declared and only the address does.
 */
async function later(
  form: Form,
  ours: Target,
  next: (body: unknown, headers: { readonly [name: string]: string }) => string | null,
): Promise<string | null> {
  const http = room(connector(ours.url, { settings: SETTINGS, auth: BEARER }), {
    secret: SECRET,
    resolve: resolverOf(form),
    ...clock(),
  })
  const page = await http.send(get(`${ours.url}/next?to=${encodeURIComponent(urlOf(form))}`), { lane: 'sync' })
  if (page.kind !== 'answer') throw new Error(`our own target: ${page.code} ${page.because}`)
  const url = next(page.body, page.headers)
  const one = url === null ? 'pages/url' : said(await http.send(get(url), { lane: 'sync' }))
  await http.close()
  if (one === null || url === null) return one
  const origin = URL.parse(url)?.origin ?? 'https://nowhere.example'
  return await first(form, { base_url: 'https://public.example', origins: [origin] }, url)
}

const followed =
  (kind: string, options: KindOptions) =>
  (body: unknown, headers: { readonly [name: string]: string }): string | null => {
    const told = pages[kind]!.next(options, {}, { body, headers, received: 1, last: null, url: 'https://public.example/users' })
    return told.kind === 'page' ? String(told.state['url']) : null
  }

/** A target that says where to go next, in every way there is. */
export async function sayer(): Promise<Target> {
  return await target((q, r) => {
    const url = new URL(q.url ?? '/', 'http://x')
    const to = url.searchParams.get('to') ?? ''
    if (url.pathname === '/redirect') {
      // As bytes: a server may send any.
      r.writeHead(302, { location: Buffer.from(to.replace(/[\r\n]/g, ''), 'utf8').toString('latin1') }).end()
      return
    }
    const link = Buffer.from(`<${to.replace(/[\r\n]/g, '')}>; rel="next"`, 'utf8').toString('latin1')
    json(r, { next: to, users: [{ id: 'u1', meta: { location: to } }] }, 200, { link })
  })
}

const LIST: RequestSpec = {
  method: 'GET',
  path: '/files/{location}',
  query: [],
  headers: {},
  body: null,
  decode: { kind: 'json' },
  expect: [],
} as unknown as RequestSpec

/** Where a delta goes on by the mark that its last page gave. */
function marked(body: unknown): string | null {
  const options = { kind: 'delta', start: LIST, position: 'next', position_is: 'url' } as unknown as KindOptions
  const told = feed['delta']!.after(options, null, { body, now_ms: 0 })
  const ask = 'broken' in told ? null : feed['delta']!.ask(options, told.to, 0)
  return ask?.ask === 'list' ? ask.url : null
}

/** Null: it is no path segment. */
function built(id: string): ReturnType<typeof buildRequest> | null {
  try {
    return buildRequest(connector('https://public.example'), { ...LIST, path: '/users/{id}' }, { id })
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}

const named = openNaming([{ stream: 'users', id: '= ids', when: null }])

export function entryPoints(ours: Target): readonly Entry[] {
  return [
    { name: 'base_url from a setting', refused: (form) => first(form, {}, `https://${form.form}/users`) },
    {
      name: 'next link in the body',
      refused: (form) => later(form, ours, followed('next_url', { kind: 'next_url', path: 'next', end: 'absent' })),
    },
    { name: 'Link header', refused: (form) => later(form, ours, followed('link', { kind: 'link', end: 'no_next' })) },
    {
      name: 'redirect',
      async refused(form) {
        const http = room(connector(ours.url, { settings: SETTINGS, auth: BEARER }), {
          secret: SECRET,
          resolve: resolverOf(form),
          ...clock(),
        })
        const seen = await http.send(get(`${ours.url}/redirect?to=${encodeURIComponent(urlOf(form))}`), { lane: 'sync' })
        await http.close()
        return said(seen)
      },
    },
    {
      name: 'token endpoint',
      refused: (form) =>
        first(
          form,
          {
            base_url: 'https://public.example',
            auth: { kind: 'oauth2_client_credentials', token_url: '{url}/token', client_id: 'me', client_secret: '{token}' },
          },
          'https://public.example/users',
        ),
    },
    {
      name: 'link to a resource in a record',
      async refused(form) {
        const names = { ...settingNames({ url: ours.url }), location: urlOf(form), host: form.form }
        for (const path of ['/files/{location}', '/{host}', 'https://{host}/x']) {
          let request: ReturnType<typeof buildRequest>
          try {
            request = buildRequest(connector('https://public.example'), { ...LIST, path }, names)
          } catch (error) {
            if (error instanceof Failure) continue
            throw error
          }
          // As one percent-encoded segment it stays where it was; as a host it is judged like any other.
          if (path.startsWith('/')) {
            if (new URL(request.url).origin !== 'https://public.example') return null
          } else if (
            (await first(form, { base_url: 'https://public.example', origins: [`https://${form.form}`] }, request.url)) === null
          )
            return null
        }
        return 'stays'
      },
    },
    { name: 'mark of a delta', refused: (form) => later(form, ours, marked) },
    {
      name: 'id in a message that came in',
      async refused(form) {
        for (const { id } of named([{ ids: [urlOf(form), form.form] }]).touched) {
          const request = built(id)
          if (request !== null && new URL(request.url).origin !== 'https://public.example') return null
        }
        return 'stays'
      },
    },
    {
      name: 'webhook endpoint and OIDC issuer',
      async refused(form) {
        const ask = openGuardedFetch(false, resolverOf(form))
        try {
          await ask(`https://${form.form}/hook`, { method: 'POST', headers: { authorization: SECRET.token }, body: '{}' })
          return null
        } catch (error) {
          if (!(error instanceof Error)) throw error
        }
        const issuer = URL.parse(`https://${form.form}`)
        if (issuer === null) return 'no URL'
        try {
          await oidc.discovery(issuer, 'rollcall', {}, oidc.None(), {
            [oidc.customFetch]: ask as unknown as oidc.CustomFetch,
            timeout: 5,
          })
          return null
        } catch {
          return 'not asked'
        }
      },
    },
  ]
}
