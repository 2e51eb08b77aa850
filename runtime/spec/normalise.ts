/** A checked declaration → the `Connector` that every room reads. Defaults stand here and nowhere else. */
import { createHash } from 'node:crypto'
import { seconds } from '../kinds/duration.ts'
import type { Connector, Each, Json, JsonObject, Limits, RecordType, Setting, Stream } from '../types.ts'
import { list, mapped, type Open, request, word, wordWithRequests } from './declared.ts'
import { readAction } from './normalise-actions.ts'
import { readFeeds, readWebhook, watchSources } from './normalise-watch.ts'
import { texts } from './request.ts'
import { settingsForWatchingOnly } from './setting-use.ts'

const DAY_S = 86_400

export function normalise(data: Open): Connector {
  const streams = Object.fromEntries(
    Object.entries(data['streams'] as Open).map(([name, stream]) => [name, readStream(name, stream as Open, data)]),
  )
  const declared = {
    connector: data['connector'] as string,
    version: data['version'] as number,
    title: data['title'] as string,
    source: (data['source'] ?? []) as Connector['source'],
    settings: mapped(data['settings'], readSetting),
    base_url: data['base_url'] as string,
    origins: (data['origins'] ?? []) as readonly string[],
    auth: word('auth', data['auth']!),
    headers: (data['headers'] ?? {}) as Connector['headers'],
    limits: readLimits((data['limits'] ?? {}) as Open),
    responses: list(data['responses']).map((rule) => ({ when: null, ...(rule as Open) })) as unknown as Connector['responses'],
    expect: texts(data['expect']),
    whoami: data['whoami'] === undefined ? null : readWhoami(data['whoami'] as Open),
    scope_proof: list(data['scope_proof']).map((proof) => ({
      refuted_by: null,
      ...(proof as Open),
      request: request((proof as Open)['request']!),
    })) as unknown as Connector['scope_proof'],
    streams,
    order: orderOf(streams),
  }
  const actions = mapped(data['actions'], (action, name) => readAction(name, action as Open, streams))
  // Of what is read only: an edited action, feed or webhook must not void the baselines of reading.
  const unread = settingsForWatchingOnly(data)
  const settings = Object.fromEntries(Object.entries(declared.settings).filter(([name]) => !unread.has(name)))
  const fingerprint = `sha256:${sha256(canonical({ ...declared, settings } as unknown as Json))}`
  const watching = { feeds: readFeeds(data['feeds']), webhook: readWebhook(data['webhook']) }
  const source = [...declared.source, ...watchSources(data)]
  return frozen({ ...declared, source, actions, ...watching, fingerprint }) as Connector
}

function readSetting(setting: Json): Setting {
  const open = setting as Open
  return { ...open, required: (open['required'] ?? open['default'] === undefined) === true } as Setting
}

function readLimits(limits: Open): Limits {
  return {
    requests_per_minute: (limits['requests_per_minute'] ?? null) as number | null,
    concurrent: (limits['concurrent'] ?? 4) as number,
    told_by: limits['told_by'] === undefined ? null : word('told', limits['told_by']),
    timeout_ms: (limits['timeout_ms'] ?? 30_000) as number,
    max_bytes: (limits['max_bytes'] ?? 32 * 1024 * 1024) as number,
    attempts: (limits['attempts'] ?? 5) as number,
  }
}

function readWhoami(whoami: Open): Connector['whoami'] {
  return { request: request(whoami['request']!), id: whoami['id']! }
}

function readStream(name: string, stream: Open, data: Open): Stream {
  const each = mapped(stream['each'], readEach)
  return {
    name,
    is: stream['is'] as RecordType,
    title: (stream['title'] ?? name) as string,
    list: request(stream['list']!, texts(stream['expect'])),
    each,
    pages: word('pages', stream['pages']!),
    records: stream['records'] as string,
    empty: (stream['empty'] ?? null) as Stream['empty'],
    id: list(stream['id'], true),
    id_is_case_sensitive: stream['case_sensitive_ids'] === true,
    get: stream['get'] === undefined ? null : request(stream['get']),
    get_record: (stream['get_record'] ?? '[]') as string,
    gone: (stream['gone'] ?? null) as string | null,
    expand: stream['expand'] === undefined ? null : request(stream['expand']),
    fields: stream['fields'] as Stream['fields'],
    keep: (stream['keep'] ?? {}) as Stream['keep'],
    filters: list(stream['filters']) as unknown as Stream['filters'],
    covers: (stream['covers'] ?? {}) as JsonObject,
    refers: readRefers(stream, each, data['streams'] as Open),
    prove: list(stream['prove']).map((proof) => wordWithRequests('prove', proof, ['request', 'list'])),
    sorted_by: (stream['sorted_by'] ?? null) as string | null,
    floor: (stream['floor'] ?? {}) as Stream['floor'],
    fresh_for_s: stream['fresh_for'] === undefined ? DAY_S : seconds(String(stream['fresh_for'])),
    certified: stream['certified'] !== false,
  }
}

function readEach(each: Json): Each {
  if (Array.isArray(each)) return { from: 'values', values: each }
  const text = String(each)
  return text.startsWith('settings.')
    ? { from: 'setting', setting: text.slice('settings.'.length) }
    : { from: 'stream', stream: text }
}

/** Without a declaration: the parents of `each` where they are of the right type, else every stream of that type. */
function readRefers(stream: Open, each: Stream['each'], streams: Open): Stream['refers'] {
  const declared = Object.fromEntries(
    Object.entries((stream['refers'] ?? {}) as Open).map(([field, names]) => [field, texts(names)]),
  )
  const parents = Object.values(each).flatMap((one) => (one.from === 'stream' ? [one.stream] : []))
  const ofType = (names: readonly string[], types: readonly string[]) =>
    names.filter((name) => types.includes(String((streams[name] as Open | undefined)?.['is'])))
  const implied = (types: readonly string[]) => {
    const near = ofType(parents, types)
    return near.length > 0 ? near : ofType(Object.keys(streams), types)
  }
  const fields = (stream['fields'] ?? {}) as Open
  const out: { [field: string]: readonly string[] } = { ...declared }
  if (
    ['grant', 'session', 'credential'].includes(String(stream['is'])) &&
    out['account'] === undefined &&
    fields['account'] !== undefined
  )
    out['account'] = implied(['account'])
  if (stream['is'] === 'grant' && out['entitlement'] === undefined)
    out['entitlement'] = implied(['group', 'entitlement', 'license'])
  return Object.fromEntries(Object.entries(out).filter(([, names]) => names.length > 0))
}

/** Parents first; among streams that do not depend on each other nodes before edges, then as written. */
function orderOf(streams: { readonly [name: string]: Stream }): readonly string[] {
  const edges = ['grant', 'session', 'credential']
  const names = Object.keys(streams).sort(
    (a, b) => Number(edges.includes(streams[a]!.is)) - Number(edges.includes(streams[b]!.is)),
  )
  const done = new Set<string>()
  const visit = (name: string): void => {
    if (done.has(name)) return
    for (const each of Object.values(streams[name]!.each)) if (each.from === 'stream') visit(each.stream)
    done.add(name)
  }
  names.forEach(visit)
  return [...done]
}

/** JSON with sorted keys: the same for every order in which keys were written. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const open = value as Open
  return `{${Object.keys(open)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(open[key]!)}`)
    .join(',')}}`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** A deep copy without prototypes, frozen: no key of a file can be mistaken for something inherited. */
function frozen(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozen))
  if (typeof value !== 'object' || value === null) return value
  const copy: { [key: string]: unknown } = Object.create(null)
  for (const [key, inner] of Object.entries(value)) copy[key] = frozen(inner)
  return Object.freeze(copy)
}
