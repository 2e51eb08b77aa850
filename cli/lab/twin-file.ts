/** Is this a twin file? Clear words for its author where it is not. */
import { ERROR_NAMES, type TwinFile } from './twin/types.ts'

const KEYS = [
  'twin',
  'source',
  'settings',
  'variants',
  'collections',
  'endpoints',
  'streams',
  'errors',
  'headers',
  'content_type',
  'me',
  'attested',
  'actions',
  'feeds',
  'webhook',
  'not_played',
  'official',
  'restricted',
  'named_in_links',
]
const COLLECTION = ['count', 'links', 'spread', 'id', 'record', 'first', 'show', 'removed']
const ENDPOINT = [
  'when',
  'streams',
  'headers',
  'list',
  'where',
  'as',
  'views',
  'filters',
  'at',
  'pages',
  'total',
  'total_when',
  'size',
  'around',
  'select',
  'absent_when_empty',
  'csv',
  'below',
  'get',
  'feed',
  'or',
  'id',
  'by',
  'answer',
  'status',
  'effects',
  'on',
  'also',
]
const STREAM = ['of', 'where', 'fields', 'key', 'id', 'role', 'best']
const OFFICIAL = ['file', 'at', 'below', 'ignore', 'open', 'elsewhere']
const FORMS = ['list', 'get', 'feed', 'answer', 'effects']
const FEED = ['of', 'token', 'latest', 'around']
const TELLING = ['as', 'gone', 'names', 'lie']

type Open = { readonly [key: string]: unknown }

/** Throws with every fault, a line each. */
export function checkTwinFile(data: unknown, file: string): TwinFile {
  const wrong: string[] = []
  const open = (value: unknown, where: string): Open => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Open
    wrong.push(`${where}: must be a mapping`)
    return {}
  }
  const known = (value: Open, keys: readonly string[], where: string): void => {
    for (const key of Object.keys(value)) if (!keys.includes(key)) wrong.push(`${where}: unknown key \`${key}\``)
  }
  const top = open(data, 'the file')
  known(top, KEYS, 'the file')
  for (const key of ['twin', 'source', 'collections', 'endpoints', 'streams', 'errors'])
    if (top[key] === undefined) wrong.push(`the file: \`${key}\` is missing`)
  if (!Array.isArray(top['source']) || top['source'].length === 0) wrong.push('source: at least one fact needs its source')
  const collections = open(top['collections'] ?? {}, 'collections')
  for (const [name, value] of Object.entries(collections)) {
    const one = open(value, `collections.${name}`)
    known(one, COLLECTION, `collections.${name}`)
    for (const key of ['id', 'record']) if (one[key] === undefined) wrong.push(`collections.${name}: \`${key}\` is missing`)
    for (const [link, target] of Object.entries(open(one['links'] ?? {}, `collections.${name}.links`)))
      if (collections[String(target)] === undefined)
        wrong.push(`collections.${name}.links.${link}: there is no collection \`${String(target)}\``)
  }
  const exists = (name: unknown, where: string): void => {
    if (name !== undefined && collections[String(name)] === undefined)
      wrong.push(`${where}: there is no collection \`${String(name)}\``)
  }
  for (const [request, value] of Object.entries(open(top['endpoints'] ?? {}, 'endpoints'))) {
    const where = `endpoints.${request}`
    if (!/^(GET|POST|PUT|PATCH|DELETE) (\/|https:\/\/)/.test(request)) wrong.push(`${where}: must be a method and a path`)
    for (const one of (Array.isArray(value) ? value : [value]).map((spec) => open(spec, where))) {
      known(one, ENDPOINT, where)
      if (!FORMS.some((form) => one[form] !== undefined))
        wrong.push(`${where}: one of ${FORMS.join(', ')} must say what it serves`)
      exists(one['list'], where)
      exists(one['get'], where)
      if (one['feed'] !== undefined && open(top['feeds'] ?? {}, 'feeds')[String(one['feed'])] === undefined)
        wrong.push(`${where}: \`feeds\` says nothing of ${String(one['feed'])}`)
    }
  }
  for (const [name, value] of Object.entries(open(top['streams'] ?? {}, 'streams'))) {
    const one = open(value, `streams.${name}`)
    known(one, STREAM, `streams.${name}`)
    exists(one['of'] ?? '', `streams.${name}`)
  }
  const tells = (value: unknown, where: string): void => {
    const one = open(value, where)
    known(one, FEED, where)
    for (const [of, telling] of Object.entries(open(one['of'] ?? {}, `${where}.of`))) {
      exists(of, `${where}.of`)
      const told = open(telling, `${where}.of.${of}`)
      known(told, TELLING, `${where}.of.${of}`)
      for (const named of Object.keys(open(told['names'] ?? {}, `${where}.of.${of}.names`)))
        exists(named, `${where}.of.${of}.names`)
    }
  }
  const feeds = open(top['feeds'] ?? {}, 'feeds')
  for (const [name, value] of Object.entries(feeds)) tells(value, `feeds.${name}`)
  if (top['webhook'] !== undefined) tells(top['webhook'], 'webhook')
  for (const [place, value] of (Array.isArray(top['official']) ? (top['official'] as unknown[]) : []).entries()) {
    const one = open(value, `official[${place}]`)
    known(one, OFFICIAL, `official[${place}]`)
    for (const key of ['file', 'at']) if (typeof one[key] !== 'string') wrong.push(`official[${place}]: \`${key}\` is missing`)
  }
  for (const name of Object.keys(open(top['errors'] ?? {}, 'errors')))
    if (!(ERROR_NAMES as readonly string[]).includes(name))
      wrong.push(`errors: unknown error \`${name}\`; known: ${ERROR_NAMES.join(', ')}`)
  if (wrong.length > 0) throw new Error(wrong.map((line) => `${file}: ${line}`).join('\n'))
  return data as TwinFile
}
