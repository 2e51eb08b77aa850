/** Which streams of a dialect a lie about reading can strike. */
import { editable, simple } from '../faults/read-pages.ts'
import type { Dialect } from '../twin/dialect.ts'

type Fits = (dialect: Dialect, stream: string) => boolean

const told = (dialect: Dialect, name: string) => dialect.file.streams[name]
const declared = (dialect: Dialect, name: string) => dialect.connector.streams[name]
const kind = (dialect: Dialect, name: string) => declared(dialect, name)?.pages.kind ?? 'none'

export const any: Fits = () => true
/** Whose list the twin serves by pages. */
export const paged: Fits = (dialect, name) => kind(dialect, name) !== 'none'
/** By a cursor or a link: what comes next is the target's word. */
export const cursors: Fits = (dialect, name) => ['link', 'cursor', 'next_url', 'scim_cursor'].includes(kind(dialect, name))
/** Where the target gives the whole address of what comes next. */
export const linked: Fits = (dialect, name) => ['link', 'next_url'].includes(kind(dialect, name))
/** Where the next page is a free word of the target, and not a number. */
export const free: Fits = (dialect, name) => cursors(dialect, name) && servedBy(dialect, name)?.['by'] !== 'page'
export const numbered: Fits = (dialect, name) => ['offset', 'scim_index'].includes(kind(dialect, name))
/** Page numbers shift when a page holds fewer rows than was asked for. */
export const resizable: Fits = (dialect, name) =>
  paged(dialect, name) && kind(dialect, name) !== 'page_number' && servedBy(dialect, name)?.['by'] !== 'page'
export const users: Fits = (dialect, name) => told(dialect, name)?.role === 'users'
export const groups: Fits = (dialect, name) => told(dialect, name)?.role === 'groups'
export const edges: Fits = (dialect, name) => told(dialect, name)?.role === 'edges'
export const below: Fits = (dialect, name) =>
  Object.values(declared(dialect, name)?.each ?? {}).some((each) => each.from === 'stream')
/** Read part by part: below another list, or once for each of some values. */
export const parted: Fits = (dialect, name) => Object.keys(declared(dialect, name)?.each ?? {}).length > 0
export const nodes: Fits = (dialect, name) => !below(dialect, name) && (users(dialect, name) || groups(dialect, name))
/** Users whom an edge stream names. */
export const named: Fits = (dialect, name) =>
  users(dialect, name) && Object.values(dialect.file.streams).some((one) => one.role === 'edges')
export const readable: Fits = (dialect, name) => nodes(dialect, name) && declared(dialect, name)?.get !== null
export const editableRows: Fits = (dialect, name) => editable(declared(dialect, name)) !== null
export const singleId: Fits = (dialect, name) => {
  const stream = declared(dialect, name)
  return stream !== undefined && stream.id.length === 1 && simple(stream.id[0]) !== null && !below(dialect, name)
}
/** Where ids have letters whose case can differ. */
export const lettered: Fits = (dialect, name) => {
  const id = dialect.file.collections[told(dialect, name)?.of ?? '']?.id
  return (
    singleId(dialect, name) &&
    declared(dialect, name)?.id_is_case_sensitive === false &&
    typeof id === 'string' &&
    !/^\{digits\}$|^\{n\}$/.test(id)
  )
}
/** A part of them can be hidden as the vendor hides them: the proofs of scope say so too. */
export const restrictable: Fits = (dialect, name) =>
  users(dialect, name) && (dialect.connector.scope_proof.length === 0 || dialect.file.restricted !== undefined)
/** The credential is no account of the target's own. */
export const emptiable: Fits = (dialect, name) => users(dialect, name) && dialect.file.me === undefined
export const active: Fits = (dialect, name) => users(dialect, name) && told(dialect, name)?.fields['active'] !== undefined
/** Where a number is believed: the list ends at it, or a proof asks for it. */
export const totalled: Fits = (dialect, name) =>
  listTotalled(dialect, name) || declared(dialect, name)?.prove.some((proof) => proof.kind === 'count') === true
/** Where it stands in the list itself, on every page. */
export const listTotalled: Fits = (dialect, name) =>
  kind(dialect, name) === 'scim_index' ||
  declared(dialect, name)?.pages['total'] !== undefined ||
  declared(dialect, name)?.prove.some((proof) => proof.kind === 'total') === true
/** Whose list is asked for a second time, otherwise. */
export const twice: Fits = (dialect, name) =>
  declared(dialect, name)?.prove.some((proof) => proof.kind === 'second_pass') === true
/** Read below groups, of which there can be a thousand, in one answer each: by pages and twice that would be a tenth of all that the lab may take. */
export const crowded: Fits = (dialect, name) => edges(dialect, name) && !paged(dialect, name) && crowdOf(dialect, name) !== null
/** The collection of those groups. */
export function crowdOf(dialect: Dialect, name: string): string | null {
  const each = Object.values(declared(dialect, name)?.each ?? {}).find((one) => one.from === 'stream')
  return each?.from === 'stream' && groups(dialect, each.stream) ? (told(dialect, each.stream)?.of ?? null) : null
}
/** What edges name that are not read below it. */
export const entitlement: Fits = (dialect, name) =>
  !users(dialect, name) &&
  Object.entries(dialect.connector.streams).some(
    ([other, stream]) =>
      edges(dialect, other) &&
      stream.refers['entitlement']?.includes(name) === true &&
      !Object.values(stream.each).some((each) => each.from === 'stream' && each.stream === name),
  )
/** Whose list is written as CSV. */
export const csv: Fits = (dialect, name) =>
  dialect.endpoints.some(({ served }) => served.some(({ spec, streams }) => 'csv' in spec && streams.includes(name)))
/** Where a value can be of a wrong type: in CSV every one is a text. */
export const typed: Fits = (dialect, name) => !csv(dialect, name)
export const both =
  (...all: readonly Fits[]): Fits =>
  (dialect, name) =>
    all.every((one) => one(dialect, name))

function servedList(dialect: Dialect, name: string) {
  for (const endpoint of dialect.endpoints)
    for (const served of endpoint.served) if (served.list !== null && served.streams.includes(name)) return served.list
  return undefined
}
const servedBy = (dialect: Dialect, name: string) => servedList(dialect, name)?.pages
