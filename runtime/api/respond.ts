/** Answers and problems as HTTP has them. */
import { createHash } from 'node:crypto'
import { ERRORS, Failure } from '../errors.ts'
import type { Check } from './input.ts'
import { problemOf } from './problems.ts'
import type { Answer, House, Route } from './types.ts'

export const etagOf = (body: unknown): string =>
  `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`
export const tagsOf = (header: string): readonly string[] => header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))

export function respond(house: House, route: Route, check: Check, answer: Answer, request: Request): Response {
  const headers = new Headers(answer.headers)
  if (house.check_answers === true && answer.stream === undefined && answer.text === undefined) {
    const wrong = check.answer(answer.status, answer.body)
    if (wrong !== null) throw new Failure('api/unexpected', route.id, `answer of ${route.id}: ${wrong}`)
  }
  if (answer.stream !== undefined) {
    headers.set('content-type', 'text/event-stream')
    return new Response(answer.stream, { status: answer.status, headers })
  }
  if (answer.text !== undefined) {
    headers.set('content-type', answer.text.type)
    return new Response(answer.text.text, { status: answer.status, headers })
  }
  if (answer.body === undefined) return new Response(null, { status: answer.status, headers })
  const text = JSON.stringify(answer.body)
  headers.set('content-type', 'application/json')
  if (answer.status === 200) headers.set('etag', etagOf(answer.body))
  const known = request.headers.get('if-none-match')
  if (route.method === 'GET' && known !== null && tagsOf(known).includes(headers.get('etag') ?? ''))
    return new Response(null, { status: 304, headers })
  return new Response(text, { status: answer.status, headers })
}

/** With how long to wait. */
export class Wait extends Failure {
  readonly wait_s: number
  constructor(wait_ms: number) {
    super('api/too-often', '', `wait ${Math.ceil(wait_ms / 1000)} s`)
    this.wait_s = Math.ceil(wait_ms / 1000)
  }
}

export function problem(failure: Failure, headers: { readonly [name: string]: string } = {}): Response {
  const told = problemOf(failure)
  const wait =
    failure instanceof Wait
      ? failure.wait_s
      : (ERRORS as { readonly [code: string]: { readonly again: boolean } })[failure.code]?.again === true && told.status !== 502
        ? 1
        : null
  return new Response(JSON.stringify(told), {
    status: told.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(wait === null ? {} : { 'retry-after': String(wait) }),
      ...(told.status === 401 ? { 'www-authenticate': 'Bearer realm="rollcall"' } : {}),
      ...headers,
    },
  })
}
