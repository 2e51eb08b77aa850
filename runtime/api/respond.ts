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
  if (house.check_answers === true && answer.stream === undefined && answer.text === undefined && answer.file === undefined) {
    const wrong = check.answer(answer.status, answer.body)
    if (wrong !== null) throw new Failure('api/unexpected', route.id, `answer of ${route.id}: ${wrong}`)
  }
  if (answer.stream !== undefined) {
    headers.set('content-type', 'text/event-stream')
    return new Response(answer.stream, { status: answer.status, headers })
  }
  if (answer.file !== undefined) {
    const { type, name, bytes } = answer.file
    headers.set('content-type', type)
    headers.set('content-length', String(bytes.length))
    headers.set('content-disposition', `attachment; filename="${name}"`)
    return new Response(inParts(bytes), { status: answer.status, headers })
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

const PART_BYTES = 65_536

/** As fast as it is taken: what a slow reader has not asked for waits here and in no buffer of a socket. */
function inParts(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(at, at + PART_BYTES))
      at += PART_BYTES
    },
  })
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
