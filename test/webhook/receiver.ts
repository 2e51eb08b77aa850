/** An endpoint on loopback: keeps what came, answers as it is told, verifies with the library of Standard Webhooks. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

export type Came = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }
/** `hang`: no answer ever. */
export type Plan = (
  came: Came,
  n: number,
) => number | 'hang' | { readonly status: number; readonly headers: { readonly [name: string]: string } }

// biome-ignore lint/suspicious/noExplicitAny: a test looks into documents of every kind
type Doc = any
export type Receiver = {
  readonly url: string
  readonly came: Came[]
  answer: Plan
  /** Until one of this type came whose data is so; its body. Throws after `ms`. */
  readonly wait: (type: string, is?: (data: Doc) => boolean, ms?: number) => Promise<{ readonly came: Came; readonly doc: Doc }>
  readonly close: () => Promise<void>
}

export async function startReceiver(plan: Plan = () => 204): Promise<Receiver> {
  const came: Came[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString('utf8') }
      const n = came.push(one)
      const told = receiver.answer(one, n)
      if (told === 'hang') return
      const { status, headers } = typeof told === 'number' ? { status: told, headers: {} } : told
      response.writeHead(status, headers).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    came,
    answer: plan,
    async wait(type, is = () => true, ms = 8_000) {
      const end = Date.now() + ms
      for (;;) {
        for (const one of came) {
          const doc = JSON.parse(one.body) as Doc
          if (doc.type === type && is(doc.data)) return { came: one, doc }
        }
        if (Date.now() > end)
          throw new Error(`no ${type} came; there are ${came.map(({ body }) => JSON.parse(body).type).join(', ')}`)
        await new Promise((done) => setTimeout(done, 20))
      }
    },
    async close() {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
  return receiver
}

/** Throws where the signature does not hold. */
export const verified = (secret: string, { headers, body }: Came): Doc =>
  new Webhook(secret).verify(body, headers as { [name: string]: string })
