import { readFileSync } from 'node:fs'
import net from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clock, connector, get, json, room, type Target, target } from '../http/room.ts'
import { entryPoints, type Form, sayer } from './entry-points.ts'
import { watchSockets } from './sockets.ts'

const FORMS = JSON.parse(readFileSync(new URL('./address-forms.json', import.meta.url), 'utf8')) as readonly Form[]

let ours: Target
beforeAll(async () => {
  ours = await sayer()
})
afterAll(() => ours.close())

test('the watch sees a connection that is tried', async () => {
  const watch = watchSockets([ours.port])
  await new Promise((done) => net.connect({ host: '127.0.0.1', port: 1 }).on('error', done))
  const http = room(connector('http://127.0.0.1:2'), {})
  await http.send(get('http://127.0.0.1:2/users'), { lane: 'sync' })
  await http.close()
  watch.stop()
  expect(watch.tried()).toEqual(expect.arrayContaining(['127.0.0.1:1', '127.0.0.1:2']))
})

describe('odd forms of addresses', () => {
  let checked = 0
  let connected = 0
  // The table is made before the target listens: only names are needed of it.
  test.each(entryPoints({ url: 'http://127.0.0.1:1' } as Target).map(({ name }, n) => [name, n] as const))(
    'none connects: %s',
    async (_, n) => {
      const { refused } = entryPoints(ours)[n]!
      const watch = watchSockets([ours.port])
      const asked: string[] = []
      for (const form of FORMS) {
        checked++
        const code = await refused(form)
        if (code === null) asked.push(`${form.form} (${form.why})`)
      }
      watch.stop()
      connected += watch.tried().length
      expect({ asked, tried: watch.tried() }).toEqual({ asked: [], tried: [] })
      expect(ours.seen.every(({ headers }) => headers.host === `127.0.0.1:${ours.port}`)).toBe(true)
    },
    120_000,
  )
  afterAll(() =>
    console.log(
      `egress: ${FORMS.length} odd forms of addresses x ${entryPoints(ours).length} entry points = ${checked}, ${connected} connections`,
    ),
  )
})

test('the corpus has 300 forms, each once', () => {
  expect(FORMS.length).toBeGreaterThanOrEqual(300)
  expect(new Set(FORMS.map(({ form, answers }) => JSON.stringify([form, answers]))).size).toBe(FORMS.length)
})

const GOOD = ['127.0.0.1', '::ffff:127.0.0.1']
const BAD = [
  '169.254.169.254',
  '0.0.0.0',
  '::',
  'fe80::1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '::ffff:a9fe:a9fe',
  'fd00:ec2::254',
  '100.100.100.200',
]

test('a name that changes where it leads is judged anew for each socket, whatever the order of its answers', async () => {
  let sockets = 0
  const server = await target((_q, r) => json(r, { ok: true }, 200, { connection: 'close' }))
  const watch = watchSockets([])
  const answers = fc.array(fc.constantFrom(...GOOD.slice(0, 1), ...GOOD.slice(0, 1), ...BAD), { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(fc.array(answers, { minLength: 1, maxLength: 6 }), async (rounds) => {
      let n = 0
      const before = server.seen.length
      const url = `http://rebind.example:${server.port}`
      const http = room(connector(url), {
        ...clock(),
        resolve: (_name, done) =>
          done(
            null,
            (rounds[Math.min(n++, rounds.length - 1)] as string[]).map((address) => ({ address, family: net.isIP(address) })),
          ),
      })
      const good = rounds.map((round) => round.every((address) => GOOD.includes(address)))
      for (const [i, is_good] of good.entries()) {
        const seen = await http.send(get(`${url}/${i}`), { lane: 'sync' })
        expect(seen).toMatchObject(is_good ? { kind: 'answer' } : { kind: 'lost', code: 'egress/not-public' })
      }
      await http.close()
      sockets += rounds.length
      expect(server.seen.length - before).toBe(good.filter(Boolean).length)
    }),
    { numRuns: 150, seed: 20_261_121 },
  )
  watch.stop()
  await server.close()
  expect(new Set(watch.tried())).toEqual(new Set([`127.0.0.1:${server.port}`]))
  console.log(`dns rebinding: ${sockets} sockets of names that change, 0 to an address that is never opened`)
}, 60_000)
