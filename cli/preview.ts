import type { FirstPage } from '../runtime/read/first-page.ts'
import type { SampleFinding } from '../runtime/read/sample/judge.ts'
import type { Ceiling, KindOptions } from '../runtime/types.ts'
import { COMMON, type CommandSpec, STORE, whole } from './args.ts'
import { unknownStream } from './attest.ts'
import { command } from './command.ts'
import { CONNECTION, type Target } from './compose.ts'
import { droppedKeys } from './dropped.ts'
import { nextOfCode } from './failure.ts'
import { EXIT, type Io, JSON_VERSION } from './io.ts'
import { sideBySide } from './side-by-side.ts'
import { jsonLine, type Paint, painter, plural, safe } from './text.ts'
import { withTarget } from './with-target.ts'

const spec = {
  name: 'preview',
  about:
    'One page of a stream, as the target gives it and as it is mapped; what is dropped; the request, secrets masked; what would prove that it is all.\nNothing is stored. Exit 1 where the page or one of its records cannot be read.',
  words: '[NAME] STREAM',
  takes: [1, 2],
  flags: { ...CONNECTION, limit: { type: 'string', value: 'N', about: 'records to show (default 3)' }, ...STORE, ...COMMON },
  examples: [
    ['rollcall preview acme users', 'of a stored connection'],
    [
      'rollcall preview users --connector ./acme.yaml --set domain=acme.example --secret token=env:TOKEN',
      'while writing a connector',
    ],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words }, unguarded) => {
  const [name, stream] = words.length === 2 ? [words[0], words[1] ?? ''] : [undefined, words[0] ?? '']
  const limit = whole('--limit', flags.limit, 3, [1, 1000])
  const [{ openFirstPages, said }, { nearest }, { ceiling }] = await Promise.all([
    import('../runtime/read/first-pages.ts'),
    import('../runtime/spec/nearest.ts'),
    import('../runtime/judge/ceiling.ts'),
  ])
  return withTarget(
    name,
    flags,
    unguarded,
    async (target, http, io) => {
      const declared = target.connector.streams[stream]
      if (declared === undefined) throw unknownStream(target.connector, stream)
      const looked = await openFirstPages(target, http, nearest)(stream)
      const auth = maskedAuth(target)
      const best = ceiling(target.connector).find((c) => c.stream === stream) ?? null
      if ('blocked' in looked) {
        if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'preview', stream, problem: looked.blocked }))
        else io.out(`${safe(stream)}: ${safe(looked.blocked)}\n`)
        return EXIT.findings
      }
      const { page, findings } = looked
      const dropped = droppedKeys(
        declared,
        page.records.map((r) => r.raw),
      )
      const bad = page.observation.kind !== 'answer' || findings.some(({ severity }) => severity === 'error')
      const findingLines = findings.map((f): Line => ({ severity: f.severity, text: said(f) }))
      if (flags.json)
        io.out(
          jsonLine({
            version: JSON_VERSION,
            command: 'preview',
            stream,
            ...previewJson(page, auth, limit),
            findings,
            dropped,
            proof: best,
          }),
        )
      else io.out(previewText(page, auth, limit, findingLines, dropped, best, io, painter(io.color)))
      return bad ? EXIT.findings : EXIT.fine
    },
    'preview',
  )
})

function previewJson(page: FirstPage, auth: string, limit: number): object {
  const { observation: o } = page
  const answer =
    o.kind === 'answer' ? { kind: o.kind, status: o.status, bytes: o.bytes } : { kind: o.kind, code: o.code, because: o.because }
  return {
    request: page.request === null ? null : { ...page.request, auth },
    answer,
    received: page.records.length,
    total: page.total,
    next: page.next,
    problem: page.problem,
    records: page.records.slice(0, limit),
  }
}

type Line = { readonly severity: SampleFinding['severity']; readonly text: string }

function previewText(
  page: FirstPage,
  auth: string,
  limit: number,
  findings: readonly Line[],
  dropped: readonly string[],
  best: Ceiling | null,
  io: Io,
  paint: Paint,
): string {
  const { observation: o } = page
  const label = (text: string): string => paint.dim(text.padEnd(9))
  const out: string[] = []
  if (page.request !== null) out.push(`${label('request')}${page.request.method} ${safe(page.request.url)}`)
  out.push(`${label('auth')}${safe(auth)}`)
  const total = page.total === null ? '' : `, declared total ${page.total.toLocaleString('en-US')}`
  out.push(
    `${label('answer')}${o.kind === 'answer' ? `${o.status}, ${plural(o.bytes, 'byte')}, ${plural(page.records.length, 'record')}${total}` : paint.red(`${o.code}: ${safe(o.because)}`)}`,
  )
  if (page.next !== null) out.push(`${label('next')}${nextText(page.next)}`)
  for (const record of page.records.slice(0, limit)) {
    const mapped =
      record.fields === null ? [] : Object.entries(record.fields).map(([field, value]) => `${field}: ${JSON.stringify(value)}`)
    const right = [`id: ${record.id ?? '(none)'}`, ...mapped, ...(record.problem === null ? [] : [`! ${record.problem}`])]
    out.push(
      '',
      sideBySide(JSON.stringify(record.raw, null, 2).split('\n'), right, io.width)
        .map((line) => `  ${line}`)
        .join('\n'),
    )
  }
  const more = page.records.length - limit
  if (more > 0) out.push('', paint.dim(`  and ${plural(more, 'record')} more on this page`))
  for (const { severity, text } of findings)
    out.push(`${label(severity)}${(severity === 'error' ? paint.red : paint.yellow)(safe(text))}`)
  const advice = o.kind === 'answer' ? null : nextOfCode(o.code)
  if (advice !== null) out.push(`${label('next')}${advice}`)
  const odd = page.records.filter((r) => r.problem !== null)
  if (odd.length > 0)
    out.push(
      `${label('aside')}${paint.yellow(`${odd.length} of ${page.records.length} records are not mapped`)}: ${safe(odd[0]?.problem ?? '')}`,
    )
  out.push('', `${label('dropped')}${dropped.length === 0 ? 'nothing' : dropped.map(safe).join(', ')}`)
  if (best !== null) {
    out.push(`${label('proof')}at best ${best.best}`)
    for (const line of new Set(best.because)) out.push(`${label('')}${safe(line)}`)
    for (const need of best.needs) out.push(`${label('')}needs ${safe(need)}`)
  }
  return `${out.join('\n')}\n`
}

function nextText(next: NonNullable<FirstPage['next']>): string {
  switch (next.kind) {
    case 'page':
      return `another page, from ${safe(JSON.stringify(next.state)).slice(0, 200)}`
    case 'end':
      return `the end, by its declared mark: ${safe(next.mark)}`
    case 'broken':
      return `broken: ${safe(next.because)}`
  }
}

/** Where the credential stands in a request; never what it is, not even where an author wrote it into the file. */
function maskedAuth({ connector, connection }: Target): string {
  const auth = picked(connector.auth, connection.settings)
  switch (auth.kind) {
    case 'none':
      return 'none'
    case 'bearer':
      return 'authorization: Bearer [secret]'
    case 'basic':
      return 'authorization: Basic [secret]'
    case 'header':
      return `${String(auth['name']).toLowerCase()}: [secret]`
    case 'query':
      return `?${String(auth['name'])}=[secret]`
    default:
      return `[token by ${auth.kind}]`
  }
}

function picked(auth: KindOptions, settings: Target['connection']['settings']): KindOptions {
  if (auth.kind !== 'choose') return auth
  const options = auth['options'] as { readonly [value: string]: KindOptions }
  return options[String(settings[String(auth['by'])])] ?? auth
}
