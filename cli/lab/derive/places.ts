/** Where the requests of a connector go, as the endpoints of a twin file. */
import type { Connector, Json, RequestSpec, Setting, Stream } from '../../../runtime/types.ts'
import { pathOf } from './record.ts'

export type Settings = { readonly [name: string]: Json }

export function settingsOf(connector: Connector): Settings {
  const wanted = Object.entries(connector.settings).filter(([, one]) => one.type !== 'secret' && one.default === undefined)
  return Object.fromEntries(wanted.map(([name, one]) => [name, one.options?.[0] ?? one.example ?? madeUp(name, one)]))
}

function madeUp(name: string, { type }: Setting): Json {
  switch (type) {
    case 'url':
      return 'https://api.lab.test'
    case 'hostname':
      return 'api.lab.test'
    case 'integer':
      return 1
    case 'boolean':
      return true
    case 'list':
      return [`${name}-1`]
    default:
      return `${name}-1`
  }
}

/** Holes in a path by variable: `{group.id}` → which field of which list above. */
export type Hole = { readonly variable: string; readonly field: string }

const HOLE = /\{([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?\}/g

export function holesOf(path: string): readonly Hole[] {
  return [...path.matchAll(HOLE)].map(([, variable = '', field = 'id']) => ({ variable, field }))
}

/** `GET /groups/{group}/users`: holes of lists above by the name of the list alone; settings filled in where they stand in a host. */
export function keyOf({ method, path }: RequestSpec, settings: Settings): string {
  const shown = path.replaceAll(HOLE, (hole, variable: string, field: string | undefined) => {
    const setting = field === undefined ? settings[variable] : undefined
    return setting === undefined ? (field === undefined ? hole : `{${variable}}`) : String(setting)
  })
  return `${method} ${shown}`
}

/** Two keys that differ by the names of their holes alone are one. */
export const holeless = (key: string): string => key.replaceAll(/\{\w+\}/g, '{}')

/** Where a stored value of a record lies in the target's own: null where it is no plain place. `id`: ''. */
export function placeOf(stream: Stream, field: string): string | null {
  if (field === 'id') return ''
  return pathOf(stream.fields[field] ?? stream.keep[field])
}
