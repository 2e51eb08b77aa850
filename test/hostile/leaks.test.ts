/** What a target echoes of a credential, in ways that the masking of plain words misses. Each was a leak. */
import type http from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { openRedact } from '../../runtime/http/redact.ts'
import type { Connector } from '../../runtime/types.ts'
import { clock, connector, get, json, room, target } from '../http/room.ts'

const SECRET = 'S3cr3tKey9Qx7ZpLmNv'
const SETTINGS: Connector['settings'] = { secret: { type: 'secret', required: true } }
const open: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function saidOf(
  answer: (q: http.IncomingMessage, r: http.ServerResponse) => void,
  auth: Connector['auth'] = { kind: 'bearer', token: '{secret}' },
) {
  const server = await target(answer)
  const client = room(connector(server.url, { settings: SETTINGS, auth }), { secret: { secret: SECRET }, ...clock() })
  open.push(server, client)
  return await client.send(get(`${server.url}/users`), { lane: 'sync' })
}

/** Half of it is enough to be a leak; so is another case. */
const hasPart = (text: string): boolean =>
  Array.from({ length: SECRET.length - 7 }, (_, i) => SECRET.slice(i, i + 8).toLowerCase()).some((part) =>
    text.toLowerCase().includes(part),
  )

test('a message that is cut in the middle of the secret', async () => {
  for (const before of [130, 140, 145, 150, 155]) {
    const said = await saidOf((_q, r) => json(r, { message: `${'x'.repeat(before)}${SECRET}` }, 400))
    expect(hasPart(JSON.stringify(said))).toBe(false)
  }
})
test('a message with the secret in another case', async () => {
  for (const form of [SECRET.toLowerCase(), SECRET.toUpperCase(), Buffer.from(SECRET).toString('hex').toUpperCase()])
    expect(JSON.stringify(await saidOf((_q, r) => json(r, { message: `no ${form}` }, 400)))).not.toContain(form)
})
test('a content coding, a media type and a host that are the secret', async () => {
  const answers = [
    (r: http.ServerResponse) => r.writeHead(200, { 'content-encoding': SECRET }).end('x'),
    (r: http.ServerResponse) => r.writeHead(200, { 'content-type': `image/${SECRET}` }).end('x'),
    (r: http.ServerResponse) => r.writeHead(302, { location: `https://${SECRET}.evil.example/` }).end(),
    (r: http.ServerResponse) => r.writeHead(302, { location: `https://evil.example:1/${SECRET}` }).end(),
  ]
  for (const answer of answers) expect(hasPart(JSON.stringify(await saidOf((_q, r) => void answer(r))))).toBe(false)
})
test.each<readonly [string, string]>([
  ['as it is', SECRET],
  ['base64', Buffer.from(`me:${SECRET}`).toString('base64')],
  ['base64url', Buffer.from(SECRET).toString('base64url')],
  ['percent-encoded', [...SECRET].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')],
  ['in a link with the key in it', `https://x.example/users?page=2&api_key=${SECRET}&z=1`],
])('an answer of 200 that echoes it (%s) is read without it', async (_, echo) => {
  const said = await saidOf((_q, r) =>
    json(r, { data: [{ id: 'u1', name: `a ${echo} b` }], next: echo }, 200, {
      link: `<${encodeURI(echo)}>; rel="next"`,
      'x-echo': SECRET,
    }),
  )
  expect(said).toMatchObject({
    kind: 'answer',
    body: { data: [{ id: 'u1', name: expect.stringMatching(/^a .*\[secret:[0-9a-f]{4}\].* b$/) }] },
  })
  expect(JSON.stringify(said)).not.toContain(SECRET)
  expect(JSON.stringify(said)).not.toContain(echo)
})
test('also written with escapes of JSON', async () => {
  const escaped = [...SECRET].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  const said = await saidOf((_q, r) =>
    r.writeHead(200, { 'content-type': 'application/json' }).end(`{"data":[{"id":"u1","name":"${escaped}","${escaped}":1}]}`),
  )
  expect(JSON.stringify(said)).not.toContain(SECRET)
})
test('what is too short to be a secret alone, or a mere number, changes no data', async () => {
  const server = await target((_q, r) => json(r, { id: '10000001', name: 'admin', n: 10000001 }))
  for (const value of ['admin', '10000001']) {
    const client = room(connector(server.url, { settings: SETTINGS, auth: { kind: 'bearer', token: '{secret}' } }), {
      secret: { secret: value },
      ...clock(),
    })
    expect(await client.send(get(`${server.url}/users`), { lane: 'sync' })).toMatchObject({
      body: { id: '10000001', name: 'admin', n: 10000001 },
    })
    await client.close()
  }
  await server.close()
})
test('a secret is masked for ever, however many tokens came after it', () => {
  const redact = openRedact()
  redact.learn(SECRET)
  for (let n = 0; n < 2_000; n++) redact.learn(`token-number-${n}-of-many`)
  expect(redact.text(`a ${SECRET} b`)).not.toContain(SECRET)
  expect(redact.text('token-number-1999-of-many')).not.toContain('1999')
})
test.each<readonly [string, (form: string) => string]>([
  ['as it is', (form) => form],
  ['percent-encoded again', encodeURIComponent],
  ['base64', (form) => Buffer.from(form).toString('base64')],
  ['JSON-escaped', (form) => JSON.stringify(form)],
])('a token request that is refused with its own form in the words (%s) tells nothing of it', async (_, echo) => {
  const odd = `${SECRET}/+="&<${SECRET}`
  const server = await target((q, r) => {
    const parts: Buffer[] = []
    q.on('data', (part: Buffer) => parts.push(part))
    q.on('end', () =>
      json(r, { error: 'invalid_request', error_description: `${'x'.repeat(200)}${echo(Buffer.concat(parts).toString())}` }, 400),
    )
  })
  const auth = {
    kind: 'oauth2_client_credentials',
    token_url: `${server.url}/token`,
    client_id: '{id}',
    client_secret: '{secret}',
  } as const
  const settings = { ...SETTINGS, id: { type: 'secret', required: true } } as const
  const client = room(connector(server.url, { settings, auth }), { secret: { secret: odd, id: `${odd}-id` }, ...clock() })
  open.push(server, client)
  const said = await client.send(get(`${server.url}/users`), { lane: 'sync' })
  expect(said.kind).not.toBe('answer')
  expect(hasPart(JSON.stringify(said))).toBe(false)
})
