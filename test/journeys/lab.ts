/** A strict loopback target, scripted by a test; a connector made from plain data; and the command line over both. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { dispatch } from '../../cli/dispatch.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { Change, Finding, Gap, StoredRecord } from '../../runtime/types.ts'

// ---------------------------------------------------------------- the target

export type Ask = {
  readonly method: string
  /** Decoded, without the query. */
  readonly path: string
  /** As it came. */
  readonly url: string
  readonly query: { readonly [name: string]: string }
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  /** How many requests came before this one. */
  readonly n: number
}
export type Reply = {
  readonly status?: number
  readonly headers?: http.OutgoingHttpHeaders
  /** JSON unless it is text or bytes. */
  readonly body?: unknown
  readonly after_ms?: number
  /** Never ends the answer. */
  readonly hang?: true
}
/** Null: nobody expected this request; the test fails. */
export type Answer = (ask: Ask) => Reply | null | Promise<Reply | null>

export type Target = {
  readonly url: string
  readonly asked: Ask[]
  readonly unexpected: string[]
  /** Most requests at once. */
  readonly peak: () => number
  /** Replaces the script. */
  play: (answer: Answer) => void
}

/** Closed with the test, which fails if a request came that the script did not expect. */
export async function target(script: Answer): Promise<Target> {
  let answer = script
  let open = 0
  let peak = 0
  const asked: Ask[] = []
  const unexpected: string[] = []
  const sockets = new Set<Socket>()
  const server = http.createServer((request, response) => {
    peak = Math.max(peak, ++open)
    response.on('close', () => open--)
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', async () => {
      const url = new URL(request.url ?? '/', 'http://target')
      const ask: Ask = {
        method: request.method ?? '',
        path: decodeURIComponent(url.pathname),
        url: request.url ?? '',
        query: Object.fromEntries(url.searchParams),
        headers: request.headers,
        body: Buffer.concat(parts).toString(),
        n: asked.length,
      }
      asked.push(ask)
      const reply = await answer(ask)
      if (reply === null) unexpected.push(`${ask.method} ${ask.url}`)
      const {
        status = 200,
        headers = {},
        body = {},
        after_ms = 0,
        hang,
      } = reply ?? { status: 418, body: { message: 'unexpected' } }
      if (hang === true) return
      const plain = typeof body === 'string' || Buffer.isBuffer(body)
      setTimeout(() => {
        response.writeHead(status, { 'content-type': plain ? 'text/plain' : 'application/json', ...headers })
        response.end(plain ? body : JSON.stringify(body))
      }, after_ms)
    })
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((done) => server.close(done))
    if (unexpected.length > 0) throw new Error(`nobody expected: ${unexpected.slice(0, 5).join(', ')}`)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    unexpected,
    peak: () => peak,
    play: (next) => {
      answer = next
    },
  }
}

/** `slice(list, ask)` by `?limit=&after=`, an index as cursor: `{data, next, total}`, next null at the end. */
export function page(
  rows: readonly unknown[],
  ask: Pick<Ask, 'query'>,
  size = 3,
): { data: readonly unknown[]; next: string | null; total: number } {
  const limit = Math.min(size, Number(ask.query['limit'] ?? size))
  const from = Number(ask.query['after'] ?? 0)
  const data = rows.slice(from, from + limit)
  return { data, next: from + limit < rows.length ? String(from + limit) : null, total: rows.length }
}

export const people = (n: number, from = 1) =>
  Array.from({ length: n }, (_, i) => ({ id: `u${from + i}`, login: `person${from + i}@acme.example`, on: true }))

// ---------------------------------------------------------------- the connector

export type Declared = { readonly [key: string]: unknown }

/** Users by cursor, proven by a second pass. */
export const USERS = {
  is: 'account',
  list: 'GET /users?limit=3',
  pages: { kind: 'cursor', from: 'next', into: { query: 'after' }, end: 'null' },
  records: 'data',
  id: 'id',
  fields: { userName: 'login', active: 'on' },
  prove: [{ kind: 'second_pass', query: { limit: 2 } }],
} as const satisfies Declared

/** JSON is YAML. Rates are not declared, so nothing waits. */
export function connector(streams: Declared, top: Declared = {}): Declared {
  return {
    connector: 'journey',
    version: 1,
    title: 'Journey',
    source: [{ url: 'https://developer.acme.example/docs', read: '2026-11-20' }],
    base_url: '{url}',
    auth: { kind: 'none' },
    ...top,
    limits: { concurrent: 8, attempts: 2, ...(top['limits'] as object | undefined) },
    settings: { url: { type: 'url' }, ...(top['settings'] as object | undefined) },
    streams,
  }
}

// ---------------------------------------------------------------- the command line

export type StreamJson = {
  readonly verdict: 'complete' | 'incomplete' | 'unproven'
  readonly because: string
  readonly records: number
  readonly requests: number
  readonly pages: number
  readonly created: number
  readonly updated: number
  readonly vanished: number
  readonly confirmed_deleted: number
  readonly evidence: readonly Finding[]
  readonly gaps: readonly Gap[]
  readonly more_gaps: number
  readonly filtered: { readonly [name: string]: number }
  readonly quarantined: { readonly [reason: string]: number }
  readonly next_steps: readonly string[]
  readonly hold: string | null
}
export type Run = {
  readonly exit: number
  readonly out: string
  readonly err: string
  readonly state: string
  readonly resumed: number
  readonly sync: number
  readonly streams: { readonly [name: string]: StreamJson }
  readonly error: { readonly code: string; readonly message: string } | null
}

export type Options = {
  readonly args?: readonly string[]
  readonly env?: { readonly [name: string]: string }
  readonly set?: { readonly [name: string]: string }
  readonly secret?: { readonly [name: string]: string }
  readonly attest?: boolean
  readonly now?: () => number
  /** Receives what Ctrl-C would call. */
  readonly onStop?: (stop: () => void) => void
}

export type Journey = {
  readonly dir: string
  readonly sync: (declared: Declared, url: string, options?: Options) => Promise<Run>
  readonly cli: (
    args: readonly string[],
    options?: Options,
  ) => Promise<{ readonly exit: number; readonly out: string; readonly err: string }>
  readonly records: (stream: string, which?: 'latest' | 'complete') => Promise<readonly StoredRecord[]>
  readonly changes: (after?: number) => Promise<readonly Change[]>
  readonly open: <T>(look: (store: Awaited<ReturnType<typeof openStore>>, connection: string) => Promise<T>) => Promise<T>
  /** Every byte that the store's folder holds. */
  readonly bytes: () => Buffer
}

const NAME = 'journey'

/** A store of its own, gone with the test. */
export function journey(): Journey {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-journey-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const store = join(dir, 'store')

  async function cli(args: readonly string[], options: Options = {}) {
    let out = ''
    let err = ''
    const exit = await dispatch(args, {
      out: (text) => (out += text),
      err: (text) => (err += text),
      env: { ROLLCALL_DEBUG: '1', ...options.env },
      now: options.now ?? Date.now,
      tty: false,
      color: false,
      width: Number.POSITIVE_INFINITY,
      onStop: (stop) => {
        options.onStop?.(stop)
        return () => undefined
      },
    })
    return { exit, out, err }
  }

  const open: Journey['open'] = async (look) => {
    const opened = await openStore(store, { create: false })
    try {
      return await look(opened, NAME)
    } finally {
      await opened.close()
    }
  }

  return {
    dir: store,
    cli,
    open,
    async sync(declared, url, options = {}) {
      const file = join(dir, 'connector.yaml')
      writeFileSync(file, JSON.stringify(declared, null, 1))
      const sets = Object.entries({ url, ...options.set }).flatMap(([name, value]) => ['--set', `${name}=${value}`])
      const secrets = Object.entries(options.secret ?? {}).flatMap(([name, ref]) => ['--secret', `${name}=${ref}`])
      const said = await cli(
        [
          'sync',
          ...['--connector', file, '--name', NAME, '--store', store, '--allow-private', '--json'],
          ...(options.attest === false ? [] : ['--attest-scope', 'Kim Park: the token reads all']),
          ...[...sets, ...secrets, ...(options.args ?? [])],
        ],
        options,
      )
      const json = (said.out === '' ? {} : JSON.parse(said.out)) as Partial<Run>
      return { state: '', resumed: 0, sync: 0, streams: {}, error: null, ...json, ...said }
    },
    records: (stream, which = 'latest') =>
      open((opened, connection) => opened.records(connection, stream, { which, after: 0, limit: 100_000 })),
    changes: (after = 0) => open((opened, connection) => opened.changes(connection, { after, limit: 100_000 })),
    bytes: () =>
      Buffer.concat(
        readdirSync(dir, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && entry.name !== 'connector.yaml')
          .map((entry) => readFileSync(join(entry.parentPath, entry.name))),
      ),
  }
}

/** The first finding of a check. */
export function finding(run: Run, stream: string, check: string): Finding | undefined {
  return run.streams[stream]?.evidence.find((one) => one.check === check)
}

export const verdicts = (run: Run) => Object.fromEntries(Object.entries(run.streams).map(([name, one]) => [name, one.verdict]))

export const ids = (records: readonly StoredRecord[]) => records.map(({ id }) => id).sort()
