/** A token endpoint as RFC 9700 asks: each refresh token works once; a second use ends the whole family. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export type OauthServer = {
  readonly url: string
  /** Token requests that came. */
  readonly asked: () => number
  /** Refresh tokens that came a second time. */
  readonly reused: () => number
  readonly alive: () => string
  /** Of requests with an access token. */
  readonly calls: { good: number; bad: number }
  /** Hands on what happens next. */
  readonly next: {
    /** The token is rotated, the answer is lost: this many times. */
    lose: number
    /** Milliseconds before the answer. */
    slow_ms: number
    /** An answer that was lost is given again for the token before. */
    grace: boolean
    /** Added to the time that it tells. */
    clock_ms: number
    /** After so many good calls the access token ends. */
    end_after: number
  }
  /** From now on the target refuses the access token that is out. */
  readonly end: () => void
  readonly close: () => Promise<void>
}

export async function startOauth(first: string): Promise<OauthServer> {
  let [n, asked, reused] = [0, 0, 0]
  let alive = first
  let before: string | null = null
  let access = ''
  let dead = false
  const calls = { good: 0, bad: 0 }
  const next = { lose: 0, slow_ms: 0, grace: false, clock_ms: 0, end_after: Number.POSITIVE_INFINITY }
  const server = createServer(async (request, response) => {
    const headers = { 'content-type': 'application/json', date: new Date(Date.now() + next.clock_ms).toUTCString() }
    if (request.url === '/whoami') {
      const good = request.headers.authorization === `Bearer ${access}`
      calls[good ? 'good' : 'bad']++
      if (good && calls.good % next.end_after === 0) access = ''
      response.writeHead(good ? 200 : 401, headers).end('{}')
      return
    }
    asked++
    const came = new URLSearchParams(await text(request)).get('refresh_token')
    const again = next.grace && came === before
    if (dead || (came !== alive && !again)) {
      reused++
      // Whoever uses a token twice may be a thief: nobody goes on.
      dead = !next.grace
      response.writeHead(400, headers).end(JSON.stringify({ error: 'invalid_grant' }))
      return
    }
    if (!again) {
      before = alive
      alive = `refresh-${++n}`
      access = `access-${n}`
    }
    const body = JSON.stringify({ access_token: access, refresh_token: alive, expires_in: 3600 })
    await new Promise((done) => setTimeout(done, next.slow_ms))
    if (next.lose > 0) {
      next.lose--
      response.destroy()
      return
    }
    response.writeHead(200, headers).end(body)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    reused: () => reused,
    alive: () => alive,
    calls,
    next,
    end: () => {
      access = ''
    },
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}

async function text(request: IncomingMessage): Promise<string> {
  let out = ''
  for await (const chunk of request) out += chunk
  return out
}
