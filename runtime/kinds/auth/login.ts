import type { FromSchema } from 'json-schema-to-ts'
import type { Json } from '../../types.ts'
import type { AuthKind, AuthView, TokenAsk } from '../kind.ts'
import { readLife, refusalIn, tokenOf } from './token/answer.ts'
import { BEARER, INTO, place } from './token/place.ts'
import { valueAt } from './token/value-at.ts'

const texts = { type: 'object', additionalProperties: { type: 'string' } } as const

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'login' },
    request: { type: 'string', pattern: '^(GET|POST) \\S+$', description: '`POST /login`, relative to `base_url`, or absolute.' },
    headers: { ...texts, description: 'Headers of the login request; the values are templates.' },
    basic: {
      type: 'object',
      description: 'User name and password as HTTP Basic, for logins that want it so.',
      properties: { username: { type: 'string' }, password: { type: 'string' } },
      required: ['username', 'password'],
      additionalProperties: false,
    },
    body: {
      type: 'object',
      description: 'What is sent; texts in it are templates.',
      required: ['kind'],
      discriminator: { propertyName: 'kind' },
      oneOf: [
        {
          properties: { kind: { const: 'json' }, value: { description: 'Any JSON.' } },
          required: ['kind', 'value'],
          additionalProperties: false,
        },
        { properties: { kind: { const: 'form' }, fields: texts }, required: ['kind', 'fields'], additionalProperties: false },
      ],
    },
    token: {
      type: ['string', 'object'],
      minLength: 1,
      properties: { header: { type: 'string', minLength: 1 } },
      required: ['header'],
      additionalProperties: false,
      description: 'Path of the token in the answer, or `{header: name}` of the answer.',
    },
    cookie: { type: 'string', minLength: 1, description: 'Name of the cookie that is the token; it goes back as a cookie.' },
    expires_in: { type: 'string', minLength: 1, description: 'Path of the life in seconds in the answer.' },
    expires_in_s: {
      type: 'number',
      exclusiveMinimum: 0,
      description: 'The life in seconds, where only the documentation tells it.',
    },
    into: INTO,
  },
  required: ['kind', 'request'],
  if: { not: { required: ['cookie'] } },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema
  then: { required: ['token'] },
  additionalProperties: false,
} as const

/** `value` may be any JSON, and `token` a text or an object: more than inference can say. */
type Options = Omit<FromSchema<typeof schema>, 'body' | 'token'> & {
  readonly body?: Body
  readonly token?: string | { readonly header: string }
}
type Body =
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'form'; readonly fields: { readonly [name: string]: string } }

/** A session from a login request of the target's own making: its token or cookie goes with every further request. */
export const login: AuthKind<Options> = {
  kind: 'login',
  description: 'Sends a login request and uses the token or cookie of its answer.',
  schema,
  example: {
    kind: 'login',
    request: 'POST /session',
    body: { kind: 'json', value: { user: '{username}', password: '{password}' } },
    token: 'session.id',
    into: { header: 'X-Session', value: '{token}' },
    expires_in_s: 1200,
  },
  async ask(options, view) {
    const [method, path] = options.request.split(' ') as ['GET' | 'POST', string]
    const headers: { [name: string]: string } = { accept: 'application/json' }
    for (const [name, text] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = view.render(String(text))
    if (options.basic !== undefined) {
      const pair = `${view.render(options.basic.username)}:${view.render(options.basic.password)}`
      headers['authorization'] = `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
    }
    return { method, url: absolute(view, path), headers, body: write(options.body, view), repeatable: true }
  },
  accept(options, view, answer) {
    const secrets = [...leaves(options.body), ...Object.values(options.basic ?? {}), ...Object.values(options.headers ?? {})]
    const refusal = refusalIn(
      answer.status,
      answer.body,
      secrets.map((text) => view.render(String(text))),
    )
    if (refusal !== null) return refusal
    const value = found(options, answer)
    if (typeof value !== 'string' || value === '') {
      return { failed: 'auth/no-token', because: `the login's answer (${answer.status}) has no ${describe(options)}` }
    }
    const told = options.expires_in === undefined ? options.expires_in_s : valueAt(answer.body, options.expires_in)
    return tokenOf(value, readLife(told, view.now_ms))
  },
  apply(options, view, token) {
    const into =
      options.into ?? (options.cookie === undefined ? BEARER : { header: 'cookie', value: `${options.cookie}={token}` })
    return place(into, view, token)
  },
}

function absolute(view: AuthView, path: string): string {
  const rendered = view.render(path)
  return /^https?:\/\//i.test(rendered) ? rendered : `${view.base_url.replace(/\/+$/, '')}/${rendered.replace(/^\/+/, '')}`
}

function write(body: Body | undefined, view: AuthView): TokenAsk['body'] {
  if (body === undefined) return null
  if (body.kind === 'json') return { type: 'application/json', text: JSON.stringify(filled(body.value, view)) }
  const form = new URLSearchParams()
  for (const [name, text] of Object.entries(body.fields)) form.set(name, view.render(text))
  return { type: 'application/x-www-form-urlencoded', text: form.toString() }
}

function filled(value: Json, view: AuthView): Json {
  if (typeof value === 'string') return view.render(value)
  if (Array.isArray(value)) return value.map((item: Json) => filled(item, view))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, filled(inner, view)]))
}

/** Texts of a body that may hold a secret: those with a template. */
function leaves(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return value.includes('{') ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : []
}

function found(
  options: Options,
  answer: { readonly headers: { readonly [name: string]: string }; readonly body: unknown },
): unknown {
  if (options.cookie !== undefined) return cookieIn(answer.headers['set-cookie'] ?? '', options.cookie)
  if (typeof options.token === 'object') return answer.headers[options.token.header.toLowerCase()]
  return valueAt(answer.body, options.token ?? '')
}

/** Several Set-Cookie lines arrive joined by a comma or a line break; a comma within `Expires` is followed by no `name=`. */
function cookieIn(lines: string, name: string): string | undefined {
  const at = lines.split(/\n|,(?=\s*[^;,=\s]+=)/).find((line) => line.trim().startsWith(`${name}=`))
  return at
    ?.trim()
    .slice(name.length + 1)
    .split(';')[0]
    ?.trim()
}

function describe(options: Options): string {
  if (options.cookie !== undefined) return `cookie \`${options.cookie}\``
  return typeof options.token === 'object' ? `header \`${options.token.header}\`` : `text at \`${options.token}\``
}
