/** Bodies that a target sends: through decoding, paging and mapping of every stream that ships. Every record is accounted for. */
import { globSync, readFileSync } from 'node:fs'
import { ERRORS } from '../../runtime/errors.ts'
import { classify } from '../../runtime/http/classify.ts'
import { openRedact } from '../../runtime/http/redact.ts'
import { decode } from '../../runtime/kinds/decode/index.ts'
import { compileCel } from '../../runtime/kinds/value/cel.ts'
import { type CompiledStream, compileStream } from '../../runtime/record/compile.ts'
import { openPage } from '../../runtime/record/page.ts'
import { takeRows, withoutDuplicates } from '../../runtime/record/rows.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { bitten } from './bodies.ts'
import type { Case, Kind } from './kind.ts'
import { BYTES, TEXTS, type Value, value } from './noise.ts'
import type { Random } from './random.ts'

const FILES = [...globSync('connectors/*.yaml'), ...globSync('test/connectors-for-tests/*.yaml')].sort()
const TYPES = [
  'application/json',
  'application/scim+json',
  'text/html',
  'text/csv',
  'application/xml',
  'image/png',
  '',
  'x\u00e9',
  'application/json; charset=latin1',
]

export function openAnswers(): Kind {
  const redact = openRedact()
  redact.learn('a-secret-that-targets-echo')
  const streams = FILES.flatMap((file) => {
    const { connector } = loadConnector(readFileSync(file), file)
    return connector === null
      ? []
      : Object.keys(connector.streams).map((name) => ({ connector, name, compiled: compileStream(connector, name) }))
  })
  const rules = new Map(
    streams.map(({ connector }) => [
      connector,
      connector.responses.map((rule) => ({ ...rule, test: rule.when === null ? null : expect(rule.when) })),
    ]),
  )
  return {
    name: 'answers',
    make(random) {
      const which = random.below(streams.length)
      const { compiled } = streams[which] as (typeof streams)[number]
      let text = page(random, compiled)
      if (random.chance(0.2)) text = bitten(random, text)
      if (random.chance(0.05)) text += random.one(BYTES)
      const status = random.chance(0.85) ? 200 : random.one([201, 204, 206, 302, 400, 401, 403, 404, 410, 429, 500, 503])
      const about = {
        stream: String(which),
        type: random.chance(0.8) ? 'application/json' : random.one(TYPES),
        status: String(status),
        link: random.chance(0.3) ? link(random) : '',
      }
      return { text, bytes: true, about }
    },
    run({ text, about }: Case) {
      const { connector, name, compiled } = streams[Number(about?.['stream'])] as (typeof streams)[number]
      // As UTF-8 where the characters allow it, so that bytes above 127 come in both readings.
      const bytes = /[^\0-\xff]/.test(text) ? Buffer.from(text, 'utf8') : Buffer.from(text, 'latin1')
      const headers = { 'content-type': about?.['type'] ?? '', ...(about?.['link'] ? { link: about['link'] } : {}) }
      const url = 'https://api.example/list'
      const whole = { ok: true, status: Number(about?.['status']), headers, cookies: [], bytes, url } as const
      const { list } = compiled.stream
      const said = classify(
        { decode: list.decode, expect: [...connector.expect, ...list.expect], takes_duplicates: true },
        whole,
        {
          word: decode[list.decode.kind],
          rules: rules.get(connector) ?? [],
          expect,
          redact,
        },
      )
      if (said.said !== 'answer') return refused(said.said === 'renew' ? 'http/unauthorized' : said.code, said.because)
      const answer = {
        kind: 'answer',
        status: whole.status,
        headers,
        body: said.body,
        ...(said.duplicates === null ? {} : { duplicates: said.duplicates }),
        digest: said.digest,
        bytes: bytes.length,
        url,
        requests: 1,
        ms: 0,
      } as const
      const opened = openPage(compiled, {}, answer)
      if (!opened.ok) return refused(opened.code, opened.because)
      if (opened.next.kind === 'broken') refused(opened.next.code, opened.next.because)
      const context = { compiled, vars: { settings: {} }, partition: '', page: 0 }
      const aside = withoutDuplicates(opened.records, said.duplicates ?? undefined, context)
      const taken = takeRows(aside.records, { ...context, last_sort: null })
      const kept_aside = [...aside.quarantined, ...taken.quarantined]
      const dropped = Object.values(taken.filtered).reduce((sum, n) => sum + n, 0)
      if (taken.rows.length + kept_aside.length + dropped !== opened.records.length) throw new Error(`${name}: a record is lost`)
      for (const { id, fields } of taken.rows) {
        if (typeof id !== 'string' || id === '') throw new Error(`${name}: a row without an id`)
        JSON.parse(fields)
      }
      for (const row of kept_aside) refused(row.reason, row.because)
      if (({} as { readonly isAdmin?: unknown }).isAdmin !== undefined) throw new Error('a prototype was changed')
      return taken.rows.length > 0 ? 'taken' : 'refused'
    },
  }
}

const known = new Map<string, ReturnType<typeof compileCel>>()
function expect(text: string): ReturnType<typeof compileCel> {
  const test = known.get(text) ?? compileCel(text, { variables: ['status', 'headers', 'body'] })
  known.set(text, test)
  return test
}

function refused(code: string, because: string): 'refused' {
  if (!Object.hasOwn(ERRORS, code)) throw new Error(`no such code: ${code}`)
  if (because === '') throw new Error(`${code} without a word`)
  return 'refused'
}

/** Where `records` looks for the list, with records that have some of what the fields read. */
function page(random: Random, { stream }: CompiledStream): string {
  const wanted = [stream.id, ...Object.values(stream.fields)].map((one) => JSON.stringify(one)).join(' ')
  const names = [...new Set(wanted.match(/[a-zA-Z_][\w]{1,30}/g) ?? ['id'])]
  const records = Array.from({ length: random.below(5) }, () => record(random, names))
  let body: Value = random.chance(0.9) ? records : value(random, 4)
  const steps = stream.records === '[]' ? [] : stream.records.split('.')
  for (const step of steps.toReversed())
    body = { [step]: body, ...(random.chance(0.3) ? { [random.one(names)]: value(random) } : {}) }
  if (random.chance(0.5) && !Array.isArray(body) && typeof body === 'object' && body !== null)
    body = {
      ...body,
      totalResults: random.one([0, 1, -1, '3', 1e21, null]),
      next: random.one(TEXTS),
      startIndex: 1,
      itemsPerPage: 2,
    }
  let text = JSON.stringify(body)
  if (random.chance(0.05)) text = text.replace('{', '{"__proto__":{"isAdmin":true},')
  if (random.chance(0.05)) text = text.replace('{', `{"id":"twice","id":9007199254740993,`)
  if (random.chance(0.01)) text = `${'['.repeat(150)}${text}${']'.repeat(150)}`
  return text
}

function record(random: Random, names: readonly string[]): Value {
  if (random.chance(0.05)) return value(random)
  const out: { [name: string]: Value } = { id: random.chance(0.9) ? `u${random.below(6)}` : value(random) }
  for (let n = 3 + random.below(8); n > 0; n--)
    out[random.one(names)] = random.chance(0.6) ? `v${random.below(9)}` : value(random)
  return out
}

function link(random: Random): string {
  const target = random.one(['https://api.example/list?page=2', '/list?page=2', ...TEXTS]).replace(/[\r\n\0]/g, '')
  return random.one([
    `<${target}>; rel="next"`,
    `<${target}>; rel=next, <x>; rel="next"`,
    `<${target}`,
    target,
    `<${target}>; rel="a next b"; title="x,y"`,
  ])
}
