import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse as parseCsv } from 'csv-parse/sync'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { sheetText } from '../../cli/review-sheet.ts'
import { safe } from '../../cli/text.ts'
import { esc } from '../../runtime/api/page.ts'
import { buildRequest } from '../../runtime/record/request.ts'
import type { RequestSpec } from '../../runtime/types.ts'
import { everyRole, furnish, openWorld } from '../api/world.ts'
import { clock, get, json, connector as plainConnector, target as plainTarget, room } from '../http/room.ts'
import { connector, journey, page, target, USERS } from '../journeys/lab.ts'
import { HOSTILE_TEXTS, PLAYS_A_TERMINAL } from './strings.ts'

let checked = 0
afterAll(() =>
  console.log(
    `injection: ${HOSTILE_TEXTS.length} hostile texts, ${checked} places held (terminal, JSON, CSV, events, HTML, header, path)`,
  ),
)

const rows = HOSTILE_TEXTS.map((text, i) => ({ id: `u${i}${text}`, login: text, on: true, name: text, title: text }))
const fields = { userName: 'login', displayName: 'name', active: 'on', title: 'title' }

test('no text of a target plays the terminal, whatever command shows it, and as JSON each comes out as it was', async () => {
  const t = await target((ask) =>
    ask.path === '/users'
      ? { body: page(rows, ask, 50) }
      : ask.path === '/bad'
        ? { status: 400, body: { message: HOSTILE_TEXTS.join(' ') } }
        : { status: 404, body: { message: ask.path } },
  )
  const j = journey()
  const declared = connector({
    users: { ...USERS, list: 'GET /users?limit=50', fields, prove: [{ kind: 'second_pass', query: { limit: '40' } }] },
    groups: { ...USERS, is: 'group', list: 'GET /bad', fields: { displayName: 'name' }, prove: undefined },
  })
  const run = await j.sync(declared, t.url)
  expect(run.streams['users']?.records).toBeGreaterThan(HOSTILE_TEXTS.length - 5)
  const store = ['--store', j.dir]
  const commands = [
    ['status', 'journey', ...store],
    ['status', 'journey', '--gaps', ...store],
    ['records', 'journey', 'users', ...store],
    ['changes', 'journey', ...store],
    ['connections', ...store],
    ['ledger', ...store],
    ['gate', 'journey', ...store],
    ...HOSTILE_TEXTS.filter((text) => !text.includes('\0')).flatMap((text) => [
      ['status', text, ...store],
      ['records', 'journey', text, ...store],
      [text],
    ]),
  ]
  const played: string[] = []
  for (const args of commands) {
    const said = await j.cli(args)
    checked++
    if (PLAYS_A_TERMINAL.test(said.out) || PLAYS_A_TERMINAL.test(said.err)) played.push(JSON.stringify(args))
  }
  expect(played).toEqual([])
  const said = await j.cli(['records', 'journey', 'users', '--json', '--limit', '1000', ...store])
  const { records } = JSON.parse(said.out) as {
    readonly records: readonly { readonly id: string; readonly fields: { readonly title?: string } }[]
  }
  const titles = new Set(records.map(({ fields }) => fields.title ?? ''))
  // NUL is stored as U+FFFD: not every engine takes it.
  const stored = HOSTILE_TEXTS.map((text) => text.replaceAll('\0', '\ufffd'))
  expect(stored.filter((text) => !titles.has(text)).map((text) => JSON.stringify(text).slice(0, 40))).toEqual([])
  expect(PLAYS_A_TERMINAL.test(said.out)).toBe(false)
}, 60_000)

test('a cell of a sheet is no formula in a spreadsheet, and comes back as it was', () => {
  const dir = journey().dir
  const sheet = HOSTILE_TEXTS.map(
    (text) => ({ connection: 'c', stream: 's', id: text, shows: text, decision: null, why: text, by: text }) as never,
  )
  const text = sheetText(sheet)
  const back = parseCsv(text, { columns: true }) as readonly { readonly [column in 'id' | 'shows' | 'why' | 'by']: string }[]
  const formula = /^[\s\0]*[=+\-@\uff1d\uff0b\uff0d\uff20]/
  expect(back.filter(({ id }) => formula.test(id))).toEqual([])
  expect(back.length).toBe(HOSTILE_TEXTS.length)
  expect(
    back.filter(({ shows, why, by }) => [shows, why, by].some((one) => formula.test(one) || PLAYS_A_TERMINAL.test(one))),
  ).toEqual([])
  checked += back.length * 4
  writeFileSync(join(dir, '..', 'sheet.csv'), text)
})

test('HTML: whatever is escaped opens no tag, ends no attribute and names no entity', () => {
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string({ unit: 'binary' })), (text) => {
      expect(esc(text)).not.toMatch(/[<>"']|&(?!#\d+;)/)
      expect(safe(text)).not.toMatch(PLAYS_A_TERMINAL)
      checked++
    }),
    { numRuns: 2_000, seed: 1 },
  )
})

test('headers: no value of a record, a setting or a credential makes another header', async () => {
  const server = await plainTarget((q, r) => json(r, { names: q.rawHeaders.filter((_, i) => i % 2 === 0) }))
  const spec = plainConnector(server.url, {
    settings: { s: { type: 'secret', required: true } },
    auth: { kind: 'header', name: 'X-Key', value: 'k {s}' },
  })
  const wrong: string[] = []
  const declared = {
    method: 'GET',
    path: '/x/{v}',
    query: [['q', '{v}']],
    headers: { 'X-From': '{v}' },
    body: null,
    decode: { kind: 'json' },
    expect: [],
  } as unknown as RequestSpec
  for (const text of HOSTILE_TEXTS) {
    const client = room(spec, { secret: { s: text }, ...clock() })
    const seen = await client.send(get(`${server.url}/users`), { lane: 'sync' })
    await client.close()
    if (seen.kind === 'answer' && (seen.body as { names: string[] }).names.some((name) => /set-cookie|script/i.test(name)))
      wrong.push(text)
    try {
      const built = buildRequest(spec, declared, { v: text })
      if (
        /[\r\n\0]/.test(`${built.url}${Object.values(built.headers).join('')}`) ||
        new URL(built.url).pathname.split('/').length !== 3
      )
        wrong.push(`built: ${text}`)
    } catch (error) {
      if ((error as { code?: string }).code !== 'value/template') wrong.push(`${text}: ${error}`)
    }
    checked += 2
  }
  await server.close()
  expect(wrong).toEqual([])
})

describe('through the API', () => {
  test('events, JSON and logs: one line a field, whatever a caller writes into reasons, names and headers', async () => {
    const world = await openWorld()
    try {
      const send = everyRole(world, 'acme')
      const acme = await furnish(world, 'acme')
      const token = world.token('acme', ['viewer', 'operator', 'auditor', 'admin', 'author', 'approver'])
      for (const text of HOSTILE_TEXTS) {
        await send('POST', `/v1/connections/${acme.connection}/pause`, { why: text })
        await send('POST', `/v1/connections/${acme.connection}/resume`, { why: text })
        await send('PATCH', `/v1/connections/${acme.connection}`, { owner: text })
        const got = await send('GET', '/v1/ledger?limit=5')
        expect([...got.headers].some(([name, value]) => /[\r\n]/.test(name + value))).toBe(false)
        checked += 3
      }
      const response = await world.app.request(`/v1/events?connection=${acme.connection}&from=start`, {
        headers: { authorization: `Bearer ${token}` },
      })
      const reader = response.body?.getReader()
      let text = ''
      for (let parts = 0; parts < 2 && reader !== undefined; parts++)
        text += new TextDecoder().decode((await reader.read()).value)
      await reader?.cancel()
      const lines = text.split('\n')
      expect(lines.filter((line) => line !== '' && !/^(?:id|event|data|retry): ?|^:/.test(line))).toEqual([])
      expect(lines.filter((line) => line.startsWith('event: ') && !/^event: (?:change|ledger)$/.test(line))).toEqual([])
      for (const line of lines.filter((one) => one.startsWith('data: '))) JSON.parse(line.slice(6))
      checked += lines.length
      expect(world.logs.some((line) => /[\u0000-\u001f\u007f-\u009f]/.test(line))).toBe(false)
      const seen = await world.as(token)('GET', '/v1/tenant', undefined, { 'x-request-id': 'a', 'user-agent': '\u001b[31m' })
      expect(seen.status).toBe(200)
    } finally {
      await world.close()
    }
  }, 60_000)
})
