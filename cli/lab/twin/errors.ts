/** Refusals in the vendor's words. */
import { render, scopeOf } from './template.ts'
import type { Answer, ErrorName, ErrorSpec, TwinFile } from './types.ts'

const PLAIN: { readonly [what in ErrorName]: ErrorSpec } = {
  bad_request: { status: 400, body: { error: 'bad request' } },
  unauthorized: { status: 401, body: { error: 'unauthorized' } },
  forbidden: { status: 403, body: { error: 'forbidden' } },
  not_found: { status: 404, body: { error: 'not found' } },
  conflict: { status: 409, body: { error: 'conflict' } },
  expired: { status: 410, body: { error: 'the cursor expired' } },
  too_many: { status: 429, body: { error: 'too many requests' } },
  quota: { status: 403, body: { error: 'quota exceeded' } },
  server: { status: 500, body: { error: 'internal error' } },
}

export function errorAnswer(
  file: Pick<TwinFile, 'errors' | 'content_type'>,
  what: ErrorName,
  headers: Answer['headers'] = {},
): Answer {
  const spec = file.errors[what] ?? PLAIN[what]
  const ground = { scope: scopeOf({}), random: null, lists: null }
  const own = Object.entries(spec.headers ?? {}).map(([name, value]) => [name.toLowerCase(), render(value, ground) ?? null])
  const all = Object.entries({ 'content-type': file.content_type ?? 'application/json', ...headers, ...Object.fromEntries(own) })
  const body = render(spec.body, ground)
  return {
    status: spec.status,
    headers: Object.fromEntries(all.flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]]))),
    text: body === null || body === undefined ? '' : JSON.stringify(body),
  }
}
