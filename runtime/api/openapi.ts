/** The description, OpenAPI 3.1, made from the table of routes: it cannot say anything else than what is checked. */
import { ERRORS, type ErrorEntry } from '../errors.ts'
import { YAML_IN_JSON } from './input.ts'
import { ref, SCHEMAS } from './schemas.ts'
import type { Route, Schema } from './types.ts'

export type Description = {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly components: object
  readonly [more: string]: unknown
}
export type Operation = {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: {
    readonly required: boolean
    readonly content: { readonly [type: string]: { readonly schema: Schema } }
  }
  readonly responses: { readonly [status: string]: object }
  readonly 'x-roles': readonly string[]
  readonly 'x-problems': readonly string[]
  readonly security: readonly object[]
}
type Parameter = {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: Schema
  readonly description?: string
}

const SESSION = 'of a person who logged in; `__Host-rollcall` where the server is reached over https, `rollcall` where it is not'

/** Of every route. */
const COMMON = [
  'api/path',
  'api/signed-out',
  'api/forbidden',
  'api/input',
  'api/too-often',
  'api/unexpected',
  'api/stopping',
] as const
const OF_WRITES = ['api/body', 'api/csrf', 'api/idempotency', 'api/media-type', 'api/too-large', 'api/under-way'] as const

export function problemsOf(route: Route): readonly string[] {
  const match = route.if_match === undefined ? [] : ['api/precondition']
  return [...new Set([...route.codes, ...match, ...(route.method === 'GET' ? [] : OF_WRITES), ...COMMON])]
}

/** `cookie`: the name that the session's cookie has here. */
export function openDescription(routes: readonly Route[], cookie = '__Host-rollcall'): Description {
  const paths: { [path: string]: { [method: string]: Operation } } = {}
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Rollcall control API',
      version: '1',
      description:
        'Every answer that is no success is an RFC 9457 problem with `code`, `cause` and `next_step`. The tenant comes from the credential and from nowhere else. Writes take an `Idempotency-Key`. Answers of GET have an `ETag`. Targets post to `/v1/inbound/{key}`, which takes no credential: an address is made by `makeInbound`.',
    },
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'an API token: `rct_…`' },
        session: { type: 'apiKey', in: 'cookie', name: cookie, description: SESSION },
      },
    },
  }
}

function operation(route: Route): Operation {
  const writes = route.method !== 'GET'
  const fields = (
    where: 'path' | 'query',
    of: Route['params'] = {},
    needs: readonly string[] | 'all' = [],
  ): readonly Parameter[] =>
    Object.entries(of).map(([name, schema]) => ({
      name,
      in: where,
      required: needs === 'all' || needs.includes(name),
      schema,
      ...(typeof schema['description'] === 'string' ? { description: schema['description'] } : {}),
    }))
  const header = (name: string, description: string): Parameter => ({
    name,
    in: 'header',
    required: false,
    schema: { type: 'string' },
    description,
  })
  const body = route.body
  return {
    operationId: route.id,
    summary: route.summary,
    description: `Roles: ${route.roles.join(', ')}${route.realm === 'installation' ? ', with a token of the installation' : ''}.`,
    tags: [route.area],
    parameters: [
      ...fields('path', route.params, 'all'),
      ...fields('query', route.query, route.needs),
      ...(writes ? [header('Idempotency-Key', 'the same key, the same answer, for a day')] : []),
      ...(route.if_match === undefined ? [] : [header('If-Match', `ETag of ${route.if_match}`)]),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content:
              body === 'yaml'
                ? { 'application/json': { schema: YAML_IN_JSON }, 'application/yaml': { schema: { type: 'string' } } }
                : { 'application/json': { schema: body } },
          },
        }),
    responses: responses(route),
    'x-roles': route.roles,
    'x-problems': problemsOf(route),
    security: [{ token: [] }, { session: [] }],
  }
}

function responses(route: Route): Operation['responses'] {
  const good = Object.entries(route.answers).map(([status, schema]) => [status, answer(schema)] as const)
  const codes = Map.groupBy(problemsOf(route), (code) =>
    String((ERRORS as { readonly [code: string]: ErrorEntry })[code]?.http ?? 500),
  )
  const bad = [...codes].map(([status, of]) => [status, problem(of)] as const)
  return Object.fromEntries([...bad, ...good, ['default', problem([])]])
}

function answer(schema: Route['answers'][string]): object {
  if (schema === null || schema === undefined) return { description: 'done' }
  if (schema === 'text') return { description: 'text', content: { 'text/plain': { schema: { type: 'string' } } } }
  if (schema === 'events') return { description: 'events', content: { 'text/event-stream': { schema: { type: 'string' } } } }
  if (schema === 'zip')
    return { description: 'a zip', content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } } }
  return { description: 'done', content: { 'application/json': { schema } } }
}

const problem = (codes: readonly string[]): object => ({
  description: codes.length === 0 ? 'any other problem' : codes.map((code) => `\`${code}\``).join(', '),
  content: { 'application/problem+json': { schema: ref('Problem') } },
})
