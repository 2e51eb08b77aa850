/** One request on the wire, one whole answer or none. got with everything that decides by itself turned off. */
import got, { type Got } from 'got'
import type { HttpRequest } from '../types.ts'
import type { Agents } from './agents.ts'
import { ACCEPT_ENCODING, tooLarge, unpack } from './body.ts'
import { type Lost, lostBecause } from './lost.ts'

export type Headers = { readonly [name: string]: string }
export type Whole = {
  readonly ok: true
  readonly status: number
  readonly headers: Headers
  /** `Set-Cookie` fields as they came: they cannot be joined by commas, and nobody but a login may see them. */
  readonly cookies: readonly string[]
  readonly bytes: Buffer
  readonly url: string
}
export type Answer = Whole | ({ readonly ok: false } & Lost)
export type Exchange = (
  request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>,
  signal: AbortSignal | undefined,
) => Promise<Answer>

/** `timeout_ms` covers connecting, waiting and the last byte, so a body that drips is cut at it; `max_bytes` counts before and after unpacking. */
export function openExchange(o: { readonly agents: Agents; readonly timeout_ms: number; readonly max_bytes: number }): Exchange {
  const client = got.extend({
    agent: { http: o.agents.http, https: o.agents.https },
    retry: { limit: 0 },
    throwHttpErrors: false,
    followRedirect: false,
    decompress: false,
    responseType: 'buffer',
    timeout: { request: o.timeout_ms },
    headers: { 'user-agent': 'rollcall', 'accept-encoding': ACCEPT_ENCODING },
  })
  return async (request, signal) => {
    const received = await receive(client, request, signal, o)
    if (!received.ok) return received
    const unpacked = await unpack(received.bytes, received.headers['content-encoding'], o.max_bytes)
    return unpacked.ok ? { ...received, bytes: unpacked.bytes } : unpacked
  }
}

async function receive(
  client: Got,
  request: Parameters<Exchange>[0],
  signal: AbortSignal | undefined,
  o: { readonly timeout_ms: number; readonly max_bytes: number },
): Promise<Answer> {
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  let answering = false
  let large = false
  try {
    const type = request.body === null ? undefined : (request.headers['content-type'] ?? request.body.type)
    const sent = client(request.url, {
      method: request.method,
      headers: type === undefined ? request.headers : { ...request.headers, 'content-type': type },
      ...(request.body === null ? {} : { body: request.body.text }),
      signal: stop.signal,
    })
    sent.on('downloadProgress', (progress) => {
      answering = true
      if (progress.transferred <= o.max_bytes && (progress.total ?? 0) <= o.max_bytes) return
      large = true
      abort()
    })
    const response = await sent
    const raw = response.rawBody
    return {
      ok: true,
      status: response.statusCode,
      headers: joined(response.headers),
      cookies: response.headers['set-cookie'] ?? [],
      bytes: Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength),
      url: request.url,
    }
  } catch (error) {
    if (large) return { ok: false, ...tooLarge(o.max_bytes) }
    if (signal?.aborted) return { ok: false, code: 'http/aborted', because: 'the request was called off', final: true }
    return { ok: false, ...lostBecause(error, answering, o.timeout_ms) }
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function joined(headers: { readonly [name: string]: string | readonly string[] | undefined }): Headers {
  const out: { [name: string]: string } = {}
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || name === 'set-cookie' || name === '__proto__') continue
    out[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return out
}
