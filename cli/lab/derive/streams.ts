/** One stream → the collection behind it, where it is served, and its truth; or why that is more than the connector tells. */
import type { Connector, Each, Stream } from '../../../runtime/types.ts'
import { WORDS } from '../twin/pages/words.ts'
import { put } from '../twin/path.ts'
import type { CollectionSpec, EndpointSpec, Native, StreamTruth, Template, Where } from '../twin/types.ts'
import { holeless, holesOf, keyOf, placeOf, type Settings } from './places.ts'
import { makeRecord, pathOf } from './record.ts'
import { satisfy } from './satisfy.ts'

export type Derived = {
  readonly collection: CollectionSpec
  readonly endpoints: readonly (readonly [key: string, spec: EndpointSpec])[]
  readonly truth: StreamTruth
  /** A list that lies within the record of another collection: `members` of a group. */
  readonly within: { readonly of: string; readonly show: Template } | null
  readonly untold: readonly string[]
}
/** What is told of it, or why it cannot be played. */
export type Told = Derived | { readonly because: string }

type Ground = {
  readonly connector: Connector
  readonly settings: Settings
  readonly played: ReadonlySet<string>
  readonly gets: ReadonlySet<string>
}
type Parent = { readonly variable: string; readonly stream: string }

export function deriveStream(stream: Stream, o: Ground): Told {
  const parents = Object.entries(stream.each).map(([variable, each]) => ({ variable, each }))
  const because = refused(stream, parents, o)
  if (because !== null) return { because }
  const parent =
    parents.flatMap(({ variable, each }) => (each.from === 'stream' ? [{ variable, stream: each.stream }] : []))[0] ?? null
  const links = linksOf(stream, parent, o)
  const edge = links.size > 0 && stream.is === 'grant'
  const own: Native = {}
  const place = (path: string | null, value: Template): void => void (path !== null && path !== '' && put(own, path, value))
  for (const [link, { path }] of links) place(path, `{link.${link}.id}`)
  // What of the id is no name of another record is its own.
  const ids = stream.id.map(pathOf)
  for (const path of ids) if (path !== null && ![...links.values()].some((one) => one.path === path)) place(path, '{id}')
  const own_id = [...links].find(([, one]) => one.path !== null && ids.length === 1 && one.path === ids[0])?.[0]
  const { record, truth, untold } = makeRecord(
    stream,
    parents.map(({ variable }) => variable),
    own,
  )
  const fields: { [field: string]: Template } = { ...truth }
  for (const field of ['account', 'entitlement', 'member', 'of']) {
    const found = [...links].find(([, one]) => one.field === field)
    if (found !== undefined) fields[field] = `{link.${found[0]}.id}`
  }
  if (parent !== null)
    for (const [field, value] of Object.entries(stream.fields)) {
      const told = typeof value === 'string' ? above(value, parent, o) : null
      if (told !== null) fields[field] = told
    }
  const keys = ['account', 'entitlement'].filter((field) => fields[field] !== undefined)
  return {
    collection: {
      ...sizeOf(stream, links, parent),
      // What is known by another one's id has that id.
      id: own_id === undefined ? '{hex}' : `{link.${own_id}.id}`,
      record,
    },
    ...servedAt(stream, parent, record, o),
    truth: {
      of: stream.name,
      fields,
      ...(edge && keys.length === 1 ? { key: keys } : {}),
      ...(edge && keys.length > 0 ? {} : { id: idOf(stream, parent, o) }),
      ...roleOf(stream, edge),
    },
    untold: untold.filter((field) => fields[field] === undefined).map((field) => `${stream.name}.${field}`),
  }
}

/** Several values are one id, with a slash between. */
function idOf(stream: Stream, parent: Parent | null, o: Ground): string {
  if (stream.id.length === 1) return '{id}'
  const parts = stream.id.map((value) => {
    const path = pathOf(value)
    return path !== null ? `{record.${path}}` : parent !== null && typeof value === 'string' ? above(value, parent, o) : null
  })
  return parts.includes(null) ? '{id}' : parts.join('/')
}

/** `= group.id`: what the list above says of its record. */
function above(value: string, parent: Parent, { connector }: Ground): string | null {
  const [, variable, field = ''] = /^=\s*([A-Za-z_]\w*)\.([A-Za-z_]\w*)$/.exec(value) ?? []
  const stream = connector.streams[parent.stream]
  if (variable !== parent.variable || stream === undefined) return null
  const place = placeOf(stream, field)
  return place === null ? null : place === '' ? `{link.${parent.variable}.id}` : `{link.${parent.variable}.${place}}`
}

function refused(
  stream: Stream,
  parents: readonly { readonly variable: string; readonly each: Each }[],
  { connector, played }: Ground,
): string | null {
  const { list, pages } = stream
  if (list.body !== null && list.body.kind !== 'json')
    return `its list is asked by ${list.body.kind}: which question gets which answer is not in the connector`
  if (list.decode.kind !== 'json') return `its answers are ${list.decode.kind}: the twin writes JSON`
  if (stream.records.includes('[*]')) return 'its records lie in lists within lists'
  if (WORDS[pages.kind] === undefined) return `the twin does not page by ${pages.kind}`
  if (parents.length > 1) return 'it is read below two lists at once'
  const [parent] = parents
  if (parent !== undefined && parent.each.from !== 'stream')
    return 'it is read once a value of a setting: who belongs to which is not in the connector'
  if (parent?.each.from === 'stream' && !played.has(parent.each.stream)) return `${parent.each.stream}, above it, is not played`
  if (stream.expand !== null && stream.expand.body !== null) return 'each record is completed by a request with a body'
  for (const { variable, field } of holesOf(list.path)) {
    if (connector.settings[variable] !== undefined) continue
    const above =
      parent?.each.from === 'stream' && parent.variable === variable ? connector.streams[parent.each.stream] : undefined
    if (above === undefined || placeOf(above, field) === null)
      return `where \`{${variable}.${field}}\` of its path comes from is an expression`
  }
  return null
}

/** Records that are nothing but what ties others together, or belong to one. */
const TIES: ReadonlySet<string> = new Set(['grant', 'license', 'session', 'credential'])

type Link = { readonly to: string; readonly path: string | null; readonly field: string | null }

/** Names of other records in it: the list it is read below, and the fields that refer. */
function linksOf(stream: Stream, parent: Parent | null, { played }: Ground): ReadonlyMap<string, Link> {
  const links = new Map<string, Link>()
  const field = (name: string) => (typeof stream.fields[name] === 'string' ? stream.fields[name] : '')
  if (parent !== null) {
    const named = Object.keys(stream.refers).find(
      (name) => field(name).startsWith('=') && new RegExp(`\\b${parent.variable}\\.id\\b`).test(field(name)),
    )
    links.set(parent.variable, { to: parent.stream, path: null, field: named ?? null })
  }
  for (const [name, targets] of Object.entries(TIES.has(stream.is) ? stream.refers : {})) {
    const path = pathOf(stream.fields[name])
    const to = targets.find((one) => played.has(one))
    if (path !== null && to !== undefined) links.set(name, { to, path, field: name })
  }
  return links
}

function sizeOf(stream: Stream, links: ReadonlyMap<string, Link>, parent: Parent | null): Omit<CollectionSpec, 'id' | 'record'> {
  const names = [...links.keys()]
  if (names.length === 0) return { count: stream.is === 'account' ? 'population' : { share: 0.15, least: 3 } }
  const per = parent?.variable ?? (links.has('entitlement') ? 'entitlement' : (names[0] as string))
  const to = names.find((name) => name !== per)
  return {
    links: Object.fromEntries([...links].map(([name, one]) => [name, one.to])),
    spread: to === undefined ? { per } : { per, to },
  }
}

function servedAt(stream: Stream, parent: Parent | null, record: Native, o: Ground): Pick<Derived, 'endpoints' | 'within'> {
  const { connector, settings } = o
  const key = keyOf(stream.list, settings)
  const parentStream = parent === null ? undefined : connector.streams[parent.stream]
  const hole = parent === null ? undefined : holesOf(stream.list.path).find(({ variable }) => variable === parent.variable)
  const place = parentStream === undefined || hole === undefined ? null : placeOf(parentStream, hole.field)
  const at = stream.records === '[]' ? '' : stream.records
  const around = satisfy([...connector.expect, ...stream.list.expect], 'body')
  if (parent !== null && o.gets.has(holeless(key)))
    return {
      endpoints: [],
      within: { of: parent.stream, show: wrapped(at, { $list: stream.name, where: { [parent.variable]: '{id}' } }) },
    }
  const param = parent === null ? '' : `{param.${parent.variable}}`
  const where: Where | null =
    parent === null || place === null ? null : { [place === '' ? parent.variable : `${parent.variable}.${place}`]: param }
  const list = {
    list: stream.name,
    ...(where === null ? {} : { where }),
    ...(parent === null || place === null
      ? {}
      : { below: { of: parent.stream, id: param, ...(place === '' ? {} : { by: [place] }) } }),
    ...(Object.keys(around).length === 0 ? {} : { around }),
    ...(stream.empty === 'absent' ? { absent_when_empty: true } : {}),
  } as EndpointSpec
  const single = [stream.get, stream.expand].filter((one) => one !== null && one.body === null)
  const gets = single.map((one): readonly [string, EndpointSpec] => {
    const names = holesOf((one as NonNullable<typeof one>).path).map(({ variable }) => variable)
    const own = names.find((name) => connector.settings[name] === undefined && name !== parent?.variable) ?? 'id'
    const as = satisfy([...connector.expect, ...(one as NonNullable<typeof one>).expect], 'body')
    const within = one === stream.get && stream.get_record !== '[]' ? stream.get_record : ''
    const shape = {
      ...as,
      ...(within === ''
        ? Object.fromEntries(Object.keys(record).map((name) => [name, `{record.${name}}`]))
        : wrapped(within, '{record}')),
    }
    const plain = within === '' && Object.keys(as).length === 0
    return [
      keyOf(one as NonNullable<typeof one>, settings),
      { get: stream.name, id: `{param.${own}}`, ...(plain ? {} : { as: shape }) } as EndpointSpec,
    ]
  })
  return { endpoints: [[key, list], ...gets], within: null }
}

function wrapped(path: string, inner: Template): Native {
  const out: Native = {}
  if (path === '' || path === '[]') return inner as Native
  put(out, path, inner)
  return out
}

function roleOf(stream: Stream, edge: boolean): Pick<StreamTruth, 'role'> {
  if (stream.is === 'account') return { role: 'users' }
  if (edge && stream.is === 'grant') return { role: 'edges' }
  return stream.is === 'group' ? { role: 'groups' } : {}
}
