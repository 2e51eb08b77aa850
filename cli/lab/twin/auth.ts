/** Whose request is it? As the connector's `auth` has it, from the side of the one who is asked. */
import { generateKeyPairSync } from 'node:crypto'
import type { Connector, Json, KindOptions } from '../../../runtime/types.ts'
import { at, put } from './path.ts'
import { scopeOf, text } from './template.ts'
import type { Ask, Native } from './types.ts'

export type Gate = {
  readonly admits: (ask: Pick<Ask, 'headers' | 'query'>) => boolean
  /** Method and URL path of the endpoint that gives tokens; null where there is none. */
  readonly token: { readonly method: string; readonly url: string } | null
  /** The answer of that endpoint; null: refused. */
  readonly grant: (ask: Ask) => { readonly body: Json; readonly headers: { readonly [name: string]: string } } | null
}
type Values = { readonly [name: string]: Json }

/** One for every setting that is a secret. A private key is a real one, made by the caller once. */
export function secretsFor(connector: Connector, pem: () => string): { readonly [name: string]: string } {
  const names = Object.entries(connector.settings).filter(([, setting]) => setting.type === 'secret')
  return Object.fromEntries(
    names.map(([name]) => [name, /key/.test(name) && needsKey(connector.auth) ? pem() : `lab-${name}-4711`]),
  )
}

const needsKey = (auth: Json): boolean => JSON.stringify(auth).includes('"private_key"')

export function newKey(): string {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

export function openGate(connector: Connector, settings: Values, secrets: { readonly [name: string]: string }): Gate {
  const scope = scopeOf({ ...settings, ...secrets, settings: { ...settings } })
  const say = (template: Json | undefined): string => String(text(String(template ?? ''), scope) ?? '')
  const options = chosen(connector.auth, settings)
  let token = 0
  const held = () => `access-${token}`
  const none = { token: null, grant: () => null }
  switch (options.kind) {
    case 'none':
      return { admits: () => true, ...none }
    case 'bearer':
      return { admits: (ask) => ask.headers['authorization'] === `Bearer ${say(options['token'])}`, ...none }
    case 'header':
      return { admits: (ask) => ask.headers[String(options['name']).toLowerCase()] === say(options['value']), ...none }
    case 'query':
      return { admits: (ask) => ask.query.get(String(options['name'])) === say(options['value'] ?? options['token']), ...none }
    case 'basic': {
      const pair = Buffer.from(`${say(options['username'])}:${say(options['password'] ?? '')}`).toString('base64')
      return { admits: (ask) => ask.headers['authorization'] === `Basic ${pair}`, ...none }
    }
  }
  const into = (options['into'] ?? { header: 'Authorization', value: 'Bearer {token}' }) as {
    readonly header: string
    readonly value: string
  }
  const cookie = options['cookie'] as string | undefined
  // A token that was given stays good when another one is given: requests under way hold the one before.
  const given = () => Array.from({ length: token }, (_, before) => `access-${before + 1}`)
  const admits: Gate['admits'] = (ask) =>
    given().some((one) =>
      cookie !== undefined
        ? (ask.headers['cookie'] ?? '').includes(`${cookie}=${one}`)
        : ask.headers[into.header.toLowerCase()] === into.value.replace('{token}', one),
    )
  const request = String(options['request'] ?? '').split(' ')
  const url = options.kind === 'login' ? absolute(say(request[1]), say(connector.base_url)) : say(options['token_url'])
  return {
    admits,
    token: { method: options.kind === 'login' ? String(request[0]) : 'POST', url },
    grant(ask) {
      if (!proven(options, ask, say)) return null
      token++
      const body: Native = { token_type: 'Bearer' }
      const place = options['token'] ?? 'access_token'
      const headers: { [name: string]: string } = {}
      if (cookie !== undefined) headers['set-cookie'] = `${cookie}=${held()}; HttpOnly`
      else if (typeof place === 'string') put(body, place, held())
      else headers[String(at(place, 'header')).toLowerCase()] = held()
      put(body, String(options['expires_in'] ?? 'expires_in'), 3600)
      if (options['scope'] !== undefined) body['scope'] = say(options['scope'])
      if (options['rotates'] === true) body['refresh_token'] = `refresh-${token}`
      return { body, headers }
    },
  }
}

function chosen(auth: KindOptions, settings: Values): KindOptions {
  if (auth.kind !== 'choose') return auth
  const options = auth['options'] as { readonly [value: string]: KindOptions }
  const value = String(settings[String(auth['by'])])
  const found = options[value]
  if (found === undefined) throw new Error(`no sign-in is declared for ${value}`)
  return found
}

const absolute = (path: string, base: string) => (/^https?:/.test(path) ? path : `${base}${path}`)

/** RFC 6749 §4.4, §6; RFC 7521 §4.2, RFC 7523 §2.1: enough that a wrong or missing proof is refused. */
function proven(options: KindOptions, ask: Ask, say: (template: Json | undefined) => string): boolean {
  const form = (ask.body ?? {}) as Values
  if (options.kind === 'login') return ask.body === null || !JSON.stringify(ask.body).includes('""')
  if (options.kind === 'jwt_bearer')
    return form['grant_type'] === 'urn:ietf:params:oauth:grant-type:jwt-bearer' && isJwt(form['assertion'])
  if (options.kind === 'oauth2_refresh' && form['grant_type'] !== 'refresh_token') return false
  if (options.kind === 'oauth2_client_credentials' && form['grant_type'] !== 'client_credentials') return false
  if (options['client_auth'] === 'private_key_jwt' || options['private_key'] !== undefined) return isJwt(form['client_assertion'])
  if (options['client_secret'] === undefined) return true
  const pair = Buffer.from(
    `${encodeURIComponent(say(options['client_id']))}:${encodeURIComponent(say(options['client_secret']))}`,
  ).toString('base64')
  return options['client_auth'] === 'basic'
    ? ask.headers['authorization'] === `Basic ${pair}`
    : form['client_id'] === say(options['client_id']) && form['client_secret'] === say(options['client_secret'])
}

const isJwt = (value: Json | undefined): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(String(value ?? ''))
