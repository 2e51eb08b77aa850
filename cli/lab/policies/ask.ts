/** Plain HTTP for the other policies: one request, tried again where nothing came, and nothing else. Shares no code with the runtime. */
import type { Json } from '../../../runtime/types.ts'

export type Asked = {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string | null
}
/** `status` 0: no whole answer came. `body` undefined: it is neither JSON nor CSV. */
export type Heard = {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: Json | undefined
}

/** As most programs have it: 429, 5xx and broken connections again, so often at most. Nobody waits; the twin's clock is not theirs. */
const TRIES = 5
const PATIENCE_MS = 300

export async function ask(request: Asked): Promise<Heard> {
  let heard: Heard = NOTHING
  for (let no = 0; no < TRIES; no++) {
    heard = await once(request)
    if (heard.status !== 0 && heard.status !== 429 && heard.status < 500) break
  }
  return heard
}

const NOTHING: Heard = { status: 0, headers: {}, body: undefined }

async function once({ method, url, headers, body }: Asked): Promise<Heard> {
  try {
    const answer = await fetch(url, {
      method,
      headers,
      ...(body === null ? {} : { body }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const text = await answer.text()
    const csv = answer.headers.get('content-type')?.startsWith('text/csv') === true
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: csv ? table(text) : json(text) }
  } catch {
    // Reset, cut, or too late: what it was makes no difference to any of them.
    return NOTHING
  }
}

/** As a lenient reader has it: the first line names the columns, whatever it says; what a line lacks is left out. */
function table(text: string): Json {
  const cells = (line: string): readonly string[] =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
    )
  const [header = [], ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map(cells)
  return rows.map((row) => Object.fromEntries(row.map((value, at) => [header[at] ?? String(at), value])))
}

function json(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
