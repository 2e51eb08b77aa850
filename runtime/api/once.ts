import { createHmac } from 'node:crypto'
import type { Answered } from '../control/desk.ts'
import { Failure } from '../errors.ts'
import type { Ask, House, Route, Who } from './types.ts'

const KEY = /^[\x21-\x7e]{1,200}$/

/** The same key, the same answer: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
export async function once(
  house: House,
  route: Route,
  who: Who,
  request: Request,
  body: Ask['body'],
  work: () => Promise<Response>,
): Promise<Response> {
  const key = request.headers.get('idempotency-key')
  if (key === null || who.tenant === null) return await work()
  if (!KEY.test(key)) throw new Failure('api/input', 'idempotency-key', 'a key is 1 to 200 visible ASCII characters')
  const { desk } = await house.room(who.tenant)
  const asker = who.token ?? who.by
  const url = new URL(request.url)
  // A body may hold a password that can be guessed: keyed with the credential, which is kept nowhere, its hash cannot be tried out.
  const asked = createHmac('sha256', request.headers.get('authorization') ?? request.headers.get('cookie') ?? '')
    .update(JSON.stringify([route.method, url.pathname, url.search, body]))
    .digest()
  const before = desk.beginKey(asker, key, asked, new Date(house.now()).toISOString())
  if (before !== null) {
    if (!before.same) throw new Failure('api/idempotency', 'idempotency-key', 'the key was used for another request')
    if (before.answer === null)
      throw new Failure('api/under-way', 'idempotency-key', 'the first request is still being worked on')
    return again(before.answer)
  }
  try {
    const response = await work()
    const text = response.body === null ? null : await response.clone().text()
    const kept = route.shown_once === true && text !== null ? JSON.stringify({ ...JSON.parse(text), text: null }) : text
    desk.endKey(asker, key, { status: response.status, headers: keptHeaders(response), body: kept })
    return response
  } catch (error) {
    // What failed may be asked for again with the same key.
    desk.dropKey(asker, key)
    throw error
  }
}

const keptHeaders = (response: Response): Answered['headers'] =>
  Object.fromEntries(
    ['content-type', 'location', 'etag'].flatMap((name) =>
      response.headers.has(name) ? [[name, response.headers.get(name) ?? '']] : [],
    ),
  )

const again = ({ status, headers, body }: Answered): Response =>
  new Response(body, { status, headers: { ...headers, 'idempotency-replayed': 'true' } })
