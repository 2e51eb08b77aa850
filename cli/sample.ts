/** Recorded answers against a connector file: what of it leads nowhere, told at its place in the YAML. */
import { Failure } from '../runtime/errors.ts'
import { decode } from '../runtime/kinds/decode/index.ts'
import { MODELS } from '../runtime/kinds/model.ts'
import { type SampleFinding, sampleFindings } from '../runtime/read/sample/judge.ts'
import { compileStream } from '../runtime/record/compile.ts'
import type { Answer } from '../runtime/record/page.ts'
import { openPage } from '../runtime/record/page.ts'
import { type Names, settingNames } from '../runtime/record/request.ts'
import { idOrNull, takeRows } from '../runtime/record/rows.ts'
import { type Diagnostic, diagnose, show } from '../runtime/spec/diagnostic.ts'
import { nearest } from '../runtime/spec/nearest.ts'
import type { Connector, Json, Setting } from '../runtime/types.ts'
import { unknownStream } from './attest.ts'
import { readBytes } from './connector-file.ts'
import { openPlaces } from './places.ts'

/** `STREAM=page.json` taken apart, in the order given. Throws `cli/usage`, `cli/file`. */
export function readSamples(given: readonly string[], connector: Connector): ReadonlyMap<string, SampleFile> {
  const samples = new Map<string, SampleFile>()
  for (const text of given) {
    const at = text.indexOf('=')
    const [stream, path] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
    if (at < 1 || path === '')
      throw new Failure('cli/usage', '--sample', '--sample takes STREAM=FILE, for example users=page.json')
    if (!Object.hasOwn(connector.streams, stream)) throw unknownStream(connector, stream)
    if (samples.has(stream)) throw new Failure('cli/usage', '--sample', `--sample is given twice for ${stream}`)
    samples.set(stream, { path, bytes: readBytes(path, path) })
  }
  return samples
}

type SampleFile = { readonly path: string; readonly bytes: Uint8Array }

/** One diagnostic a fault, in the order of the connector's file. */
export function sampleDiagnostics(
  connector: Connector,
  samples: ReadonlyMap<string, SampleFile>,
  source: Uint8Array,
  file: string,
): readonly Diagnostic[] {
  const answers = new Map([...samples].map(([stream, sample]) => [stream, answerOf(connector, stream, sample)]))
  const places = openPlaces(source)
  const problems = [...answers].flatMap(([stream, answer]) => {
    const found = 'message' in answer ? [answer] : findings(connector, stream, answer, answers)
    return found.map(({ code, severity, message, help, at }) => {
      const path = ['streams', stream, ...at]
      return { code, severity, message: show(message, 300), help, ...places.of(path) }
    })
  })
  return diagnose(problems, places.text, file)
}

type Answers = ReadonlyMap<string, Answer | Refused>
type Refused = Omit<SampleFinding, 'code'> & { readonly code: 'sample/answer' }

function findings(connector: Connector, stream: string, answer: Answer, answers: Answers): readonly SampleFinding[] {
  const { vars, assumed } = standIns(connector, stream, answers)
  return sampleFindings({ compiled: compileStream(connector, stream), answer, vars, assumed, recorded: true, nearest })
}

/** The body alone, or `{ status, headers, body }`; read by the stream's own `decode`, so that long ids stay whole. */
function answerOf(connector: Connector, stream: string, { path, bytes }: SampleFile): Answer | Refused {
  const refused = (message: string, help: string | null): Refused => ({
    code: 'sample/answer',
    severity: 'error',
    message: `${path}: ${message}`,
    help,
    at: ['list'],
  })
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refused('it is not UTF-8 text', 'record the decoded body')
  }
  const word = connector.streams[stream]?.list.decode ?? { kind: 'json' }
  const read = (kind: { readonly kind: string }, body: string) => decode[kind.kind]?.decode(kind, body)
  const whole = read({ kind: 'json' }, text)
  const wrapped = whole?.ok === true ? envelope(whole.value) : null
  const body =
    wrapped === null
      ? read(word, text)
      : typeof wrapped.body === 'string' && word.kind !== 'json'
        ? read(word, wrapped.body)
        : { ok: true as const, value: wrapped.body }
  if (body === undefined || !body.ok)
    return refused(
      `it is no answer of this list: ${body?.because ?? word.kind}`,
      'give the body as it came, or { status, headers, body }',
    )
  const status = wrapped?.status ?? 200
  if (status < 200 || status > 299)
    return refused(`it is an answer with status ${status}, not a page`, 'record a page of the list')
  return {
    kind: 'answer',
    status,
    headers: wrapped?.headers ?? {},
    body: body.value,
    digest: '',
    bytes: bytes.length,
    url: 'https://sample.example/',
    requests: 0,
    ms: 0,
  }
}

type Envelope = { readonly status: number; readonly headers: { readonly [name: string]: string }; readonly body: unknown }

function envelope(value: unknown): Envelope | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'body')) return null
  const { status, headers, ...rest } = value as { readonly [key: string]: unknown }
  if (Object.keys(rest).length > 1 || (status === undefined && headers === undefined)) return null
  const plain = Object.entries(typeof headers === 'object' && headers !== null ? headers : {})
  return {
    status: typeof status === 'number' ? status : 200,
    headers: Object.fromEntries(
      plain.map(([name, header]) => [name.toLowerCase(), Array.isArray(header) ? header.join(', ') : String(header)]),
    ),
    body: rest['body'],
  }
}

/** Settings and parents that a recorded answer does not tell: examples where there are, made-up values elsewhere; and which are made up. */
function standIns(
  connector: Connector,
  stream: string,
  answers: Answers,
): { readonly vars: Names; readonly assumed: readonly string[] } {
  const settings = Object.fromEntries(
    Object.entries(connector.settings).flatMap(([name, setting]) =>
      setting.type === 'secret' ? [] : [[name, exampleOf(setting)]],
    ),
  )
  const vars: { [name: string]: unknown } = { ...settingNames(settings) }
  const assumed = ['settings']
  for (const [variable, each] of Object.entries(connector.streams[stream]?.each ?? {})) {
    if (each.from === 'values') vars[variable] = each.values[0]
    if (each.from === 'setting') vars[variable] = ([settings[each.setting]].flat() as readonly Json[])[0]
    if (each.from !== 'stream') continue
    const parent = parentOf(connector, each.stream, answers)
    vars[variable] = parent ?? madeUp(connector, each.stream)
    if (parent === null) assumed.push(variable)
  }
  return { vars, assumed }
}

function exampleOf(setting: Setting): Json {
  const value = setting.default ?? setting.example ?? setting.options?.[0]
  if (value !== undefined) return value
  return {
    text: 'sample',
    secret: '',
    hostname: 'sample.example',
    url: 'https://sample.example',
    integer: 1,
    boolean: true,
    list: ['sample'],
  }[setting.type]
}

/** The first record of the parent's own sample, in our fields. */
function parentOf(connector: Connector, stream: string, answers: Answers): object | null {
  const answer = answers.get(stream)
  if (answer === undefined || 'message' in answer) return null
  const compiled = compileStream(connector, stream)
  const opened = openPage(compiled, compiled.pages.first(compiled.stream.pages), answer)
  const { vars } = standIns(connector, stream, answers)
  for (const record of opened.ok ? opened.records : []) {
    const [row] = takeRows([record], { compiled, vars, partition: '', page: 0, last_sort: null }).rows
    if (row === undefined) continue
    const { keep, ...fields } = JSON.parse(row.fields) as { readonly keep?: object }
    return { ...fields, ...keep, id: idOrNull(compiled, record, vars) }
  }
  return null
}

function madeUp(connector: Connector, stream: string): object {
  const declared = connector.streams[stream]
  if (declared === undefined) return { id: 'sample' }
  const { properties } = MODELS[declared.is] as { readonly properties: { readonly [field: string]: { readonly type: string } } }
  const value = (field: string) => ({ boolean: true, integer: 1, array: [] })[properties[field]?.type ?? ''] ?? 'sample'
  const fields = Object.keys(declared.fields).map((field) => [field, value(field)])
  return { ...Object.fromEntries([...fields, ...Object.keys(declared.keep).map((name) => [name, 'sample'])]), id: 'sample' }
}
