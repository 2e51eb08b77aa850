/**
 * Login of people: OpenID Connect, authorization code with PKCE (RFC 7636), by openid-client. The ID token's signature is checked against
 * the provider's keys with the one algorithm that is expected, although it comes over TLS from the token endpoint.
 */
import type { Context, Hono } from 'hono'
import * as oidc from 'openid-client'
import type { IdentityProvider } from '../control/types.ts'
import { Failure } from '../errors.ts'
import { openGuardedFetch } from './guarded-fetch.ts'
import type { Limit } from './limit.ts'
import { esc, PAGE_HEADERS } from './page.ts'
import { Wait } from './respond.ts'
import type { House } from './types.ts'
import { cookie, cookieName, csrfOf, namesOf } from './who.ts'

const LOGIN_MS = 600_000
const SESSION_MS = 28_800_000
const WAY = 'rollcall_login'

/** What `@hono/node-server` gives along; absent in tests by `app.request`. */
export type Env = {
  Bindings: { readonly incoming?: { readonly url?: string; readonly socket?: { readonly remoteAddress?: string } } }
}
export type From = (c: Context<Env>) => string

export function openLogin(app: Hono<Env>, house: House, strangers: Limit, fromOf: From): void {
  const at = (ms = 0): string => new Date(house.now() + ms).toISOString()
  const providers = new Map<string, Promise<oidc.Configuration>>()
  const guarded = openGuardedFetch(house.allow_private)
  const secure = house.public_url.startsWith('https:') ? '; Secure' : ''

  const knownIdp = (c: Context<Env>): IdentityProvider => {
    const id = c.req.param('idp') ?? ''
    // By address: by provider, anybody could keep a tenant's people out.
    const wait_ms = strangers.take(`login ${fromOf(c)}`, house.now())
    if (wait_ms > 0) throw new Wait(wait_ms)
    const idp = /^[0-9a-z]{12}$/.test(id) ? house.control.idp(id) : null
    if (idp === null) throw new Failure('api/no-route', '', 'there is no such login')
    return idp
  }
  const configured = (idp: IdentityProvider): Promise<oidc.Configuration> => {
    const known = providers.get(idp.idp) ?? discovered(house, guarded, idp)
    providers.set(idp.idp, known)
    // A provider that could not be reached is asked again next time.
    known.catch(() => providers.delete(idp.idp))
    return known
  }

  app.get('/login/:idp', async (c) => {
    const idp = knownIdp(c)
    const config = await configured(idp).catch(refused)
    const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()]
    const way = house.control.beginLogin({ idp: idp.idp, state, nonce, verifier, expires_at: at(LOGIN_MS) })
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: callback(house, idp),
      scope: 'openid email',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    })
    // Lax: it has to come back with the redirect of the provider. It is good for this one login.
    const set = `${WAY}=${way}; Path=/login/${idp.idp}; HttpOnly; SameSite=Lax; Max-Age=${LOGIN_MS / 1000}${secure}`
    return new Response(null, { status: 302, headers: { location: url.href, 'set-cookie': set } })
  })

  app.get('/login/:idp/callback', async (c) => {
    const idp = knownIdp(c)
    const way = cookie(c.req.raw, WAY)
    const login = way === null ? null : house.control.takeLogin(way, at())
    if (login === null || login.idp !== idp.idp)
      throw new Failure('api/login', '', 'no login was begun in this browser, or too long ago')
    const config = await configured(idp).catch(refused)
    const room = await house.room(idp.tenant)
    const from = `login ${fromOf(c)}`
    // The code is exchanged with it: written down before it leaves, like every secret.
    if (idp.client_secret !== null) {
      const detail = { secret: 'client_secret', origin: new URL(idp.issuer).origin }
      await room.store.enter({
        at: at(),
        by: 'rollcall',
        from,
        what: 'secret used',
        about: `login ${idp.idp}`,
        detail,
        why: 'login',
      })
    }
    const { search } = new URL(c.req.url)
    const tokens = await oidc
      .authorizationCodeGrant(config, new URL(callback(house, idp) + search), {
        pkceCodeVerifier: login.verifier,
        expectedState: login.state,
        expectedNonce: login.nonce,
        idTokenExpected: true,
      })
      .catch(refused)
    const claims = tokens.claims()
    if (claims === undefined || claims.iss !== idp.issuer)
      throw new Failure('api/login', '', 'the provider gave no ID token of its own')
    // An address that the provider has not verified is anybody's.
    const email = claims['email_verified'] === true && typeof claims['email'] === 'string' ? claims['email'].toLowerCase() : null
    const roles = house.control.rolesOf(idp.tenant, namesOf(claims.sub, email))
    const detail = { person: email ?? claims.sub, roles }
    const entry = { at: at(), by: email ?? claims.sub, from, about: 'logins', detail, why: 'login' }
    await room.store.enter({ ...entry, what: roles.length === 0 ? 'login refused' : 'login' })
    if (roles.length === 0) throw new Failure('api/login', '', 'nobody has given this person a role')
    const { tenant, issuer } = idp
    const times = { made_at: at(), used_at: at(), expires_at: at(SESSION_MS) }
    const session = house.control.makeSession({ tenant, idp: idp.idp, issuer, subject: claims.sub, email, ...times })
    const headers = new Headers(PAGE_HEADERS)
    headers.append(
      'set-cookie',
      `${cookieName(house)}=${session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SESSION_MS / 1000}${secure}`,
    )
    headers.append('set-cookie', `${WAY}=; Path=/login/${idp.idp}; Max-Age=0`)
    headers.set('cache-control', 'no-store')
    // No redirect: a strict cookie is not sent along a chain that another site began.
    const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=/"><title>logged in</title><p>Logged in as ${esc(email ?? claims.sub)}. <a href="/">Go on</a></p>\n`
    return new Response(page, { headers })
  })

  app.post('/logout', async (c) => {
    const text = cookie(c.req.raw, cookieName(house))
    if (c.req.header('origin') !== house.public_url || text === null || c.req.header('x-csrf-token') !== csrfOf(text))
      throw new Failure('api/csrf', '', 'the request does not come from our own origin')
    const session = house.control.session(text, at())
    if (session !== null) {
      const room = await house.room(session.tenant)
      const by = session.email ?? session.subject
      const entry = { at: at(), by, from: `login ${fromOf(c)}`, about: 'logins', detail: { person: by }, why: 'logout' }
      await room.store.enter({ ...entry, what: 'logout' })
    }
    house.control.endSession(text)
    const idp = session === null ? null : house.control.idp(session.idp)
    const body = { provider: idp === null ? null : providerLogout(await configured(idp).catch(() => null)) }
    return new Response(JSON.stringify(body), {
      headers: {
        'content-type': 'application/json',
        'set-cookie': `${cookieName(house)}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0${secure}`,
      },
    })
  })
}

/**
 * Where the browser goes to end the session at the provider too (OpenID Connect RP-Initiated Logout 1.0); null: this one has no such place.
 * Without `id_token_hint`: no ID token is kept, and the provider asks the person instead. Without `post_logout_redirect_uri`: where it is not
 * registered, providers refuse the logout.
 */
function providerLogout(config: oidc.Configuration | null): string | null {
  return config?.serverMetadata().end_session_endpoint === undefined ? null : oidc.buildEndSessionUrl(config).href
}

const callback = (house: House, idp: IdentityProvider): string => `${house.public_url}/login/${idp.idp}/callback`

async function discovered(
  house: House,
  guarded: ReturnType<typeof openGuardedFetch>,
  { issuer, client_id, client_secret }: IdentityProvider,
): Promise<oidc.Configuration> {
  const name = client_secret?.slice('env:'.length) ?? null
  const secret = name === null ? undefined : house.env[name]
  if (name !== null && (secret === undefined || secret === ''))
    throw new Failure('api/login', '', 'the client secret of this provider is not set at the server')
  const plain = issuer.startsWith('http:') && house.allow_private
  const execute = [...(plain ? [oidc.allowInsecureRequests] : []), oidc.enableNonRepudiationChecks]
  const metadata = { id_token_signed_response_alg: 'RS256' }
  const auth = secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret)
  return await oidc.discovery(new URL(issuer), client_id, metadata, auth, {
    execute,
    timeout: 10,
    [oidc.customFetch]: guarded as unknown as oidc.CustomFetch,
  })
}

/** What a provider says may hold anything: it is not shown. */
function refused(error: unknown): never {
  if (error instanceof Failure) throw error
  const code = (error as { readonly code?: unknown }).code
  const known = typeof code === 'string' && /^[A-Z_]{1,60}$/.test(code) ? ` (${code})` : ''
  throw new Failure('api/login', '', `the identity provider did not complete the login${known}`, { cause: error })
}
