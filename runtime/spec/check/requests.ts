/** Every request of the file: its path, query, headers and body, and what its templates may name. */
import { show } from '../diagnostic.ts'
import { parseLine } from '../request.ts'
import type { Data } from '../tree.ts'
import { checkAddress, checkDeclared } from './addresses.ts'
import { checkAnswerCel, checkCel, checkMembers, isCel } from './expressions.ts'
import { asMap, entries, type Look, own, texts } from './look.ts'
import { checkTemplate, type Names, PLAIN } from './templates.ts'

export function checkRequests(look: Look): void {
  checkHeaders(look, look.data['headers'], '/headers', PLAIN)
  checkAnswerCel(look, look.data['expect'], '/expect')
  const whoami = asMap(look.data['whoami'])
  checkRequest(look, own(whoami, 'request'), '/whoami/request', PLAIN)
  for (const { value, pointer } of entries(look.data['scope_proof'], '/scope_proof')) {
    checkRequest(look, own(asMap(value), 'request'), `${pointer}/request`, PLAIN)
    checkAnswerCel(look, own(asMap(value), 'expect'), `${pointer}/expect`)
    checkAnswerCel(look, own(asMap(value), 'refuted_by'), `${pointer}/refuted_by`)
  }
  for (const { value, pointer } of entries(look.data['responses'], '/responses'))
    checkAnswerCel(look, own(asMap(value), 'when'), `${pointer}/when`)
  for (const { value, pointer } of entries(look.data['streams'], '/streams')) {
    const stream = asMap(value)
    const variables = variablesOf(look, own(stream, 'each'))
    const inside: Names = { ...PLAIN, variables }
    checkRequest(look, own(stream, 'list'), `${pointer}/list`, inside)
    // Ids come from snapshots, edges and canaries: where one is asked for, there is no record yet.
    checkRequest(look, own(stream, 'get'), `${pointer}/get`, { ...PLAIN, variables: { id: null } })
    checkRequest(look, own(stream, 'expand'), `${pointer}/expand`, { ...inside, record: true })
    checkAnswerCel(look, own(stream, 'expect'), `${pointer}/expect`)
    for (const proof of entries(own(stream, 'prove'), `${pointer}/prove`)) {
      checkRequest(look, own(asMap(proof.value), 'request'), `${proof.pointer}/request`, PLAIN)
      checkRequest(look, own(asMap(proof.value), 'list'), `${proof.pointer}/list`, inside)
    }
    checkAsksById(look, own(stream, 'get'), `${pointer}/get`)
  }
}

/** A name that is not known is told already: it may have been meant to be the id. */
function checkAsksById(look: Look, get: Data | undefined, pointer: string): void {
  if (get === undefined) return
  const settings = asMap(look.data['settings'])
  const names = texts(get, '').flatMap(({ text }) =>
    [...text.matchAll(/\{([^{}]+)\}/g)].map((found) => found[1]!.replace(/^settings\./, '')),
  )
  if (names.every((name) => own(settings, name) !== undefined)) {
    look.report('spec/get-without-id', pointer, '`get` asks for the same thing whatever the id', {
      help: 'put {id} in its path, query or body',
    })
  }
}

/** Variables of `each` and what a parent stream gives: its id, its fields, what it keeps. */
export function variablesOf(look: Look, each: Data | undefined): Names['variables'] {
  const streams = asMap(look.data['streams'])
  const out: { [variable: string]: readonly string[] | null } = {}
  for (const [variable, from] of Object.entries(asMap(each))) {
    const parent = typeof from === 'string' && !from.startsWith('settings.') ? own(streams, from) : undefined
    const members = ['id', ...Object.keys(asMap(own(asMap(parent), 'fields'))), ...Object.keys(asMap(own(asMap(parent), 'keep')))]
    const unknown_parent = typeof from === 'string' && !from.startsWith('settings.') && parent === undefined
    // An unknown parent is told once, where it is named.
    out[variable] = unknown_parent ? ANY : parent === undefined ? null : members
  }
  return out
}

/** Stands for a parent that is not known: whatever is asked of it is let pass. */
const ANY: readonly string[] = Object.freeze(Object.assign([], { includes: () => true }))

/** What a request is for: a read may not change anything. */
export type Use = 'read' | 'write'

export function checkRequest(look: Look, declared: Data | undefined, pointer: string, known: Names, use: Use = 'read'): void {
  const full = asMap(declared)
  const short = typeof declared === 'string'
  const at = short ? pointer : `${pointer}/request`
  const text = short ? declared : own(full, 'request')
  if (typeof text === 'string') checkLine(look, text, at, known, use)
  for (const { value, pointer: here } of entries(own(full, 'query'), `${pointer}/query`)) {
    for (const one of texts(value, here)) checkTemplate(look, one.pointer, one.text, 0, known, 'query')
  }
  checkHeaders(look, own(full, 'headers'), `${pointer}/headers`, known)
  checkAnswerCel(look, own(full, 'expect'), `${pointer}/expect`)
  const body = own(full, 'body')
  for (const one of texts(body, `${pointer}/body`))
    if (!isVerbatim(one.pointer, asMap(body))) checkBodyText(look, one.pointer, one.text, known)
  const method = typeof text === 'string' ? parseLine(text)?.method : undefined
  if (body !== undefined && method === 'GET')
    look.report('spec/get-with-body', `${pointer}/body`, 'a GET with a body: many servers drop it', {
      where: { on: 'key' },
      help: 'use POST if the target documents it',
      severity: 'warning',
    })
}

/** In an action a text that is CEL as a whole gives a typed value. */
function checkBodyText(look: Look, pointer: string, text: string, known: Names): void {
  if (known.cel === null || !isCel(text)) {
    checkTemplate(look, pointer, text, 0, known, 'body')
    return
  }
  checkCel(look, text, pointer, known.cel)
  checkMembers(look, text, pointer, known.variables)
}

/** The text of a GraphQL query has braces of its own, and names of methods and kinds are not templates. */
function isVerbatim(pointer: string, body: { readonly [key: string]: Data }): boolean {
  return (
    pointer.endsWith('/body/kind') ||
    pointer.endsWith('/body/method') ||
    (body['kind'] === 'graphql' && pointer.endsWith('/body/query'))
  )
}

function checkLine(look: Look, text: string, pointer: string, known: Names, use: Use): void {
  const line = parseLine(text)
  if (line === null) return
  const part = (offset: number, length: number) => ({ on: 'value', offset, length }) as const
  if (use === 'read' && line.method !== 'GET' && line.method !== 'POST') {
    look.report('spec/unsafe-method', pointer, `a read may not ${line.method}`, {
      where: part(0, line.method.length),
      help: 'reads use GET, or POST where the target documents it',
    })
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(line.path)) {
    checkAddress(look, pointer, line.path, line.path_at)
    checkDeclared(look, pointer, line.path, line.path_at)
  } else if (!line.path.startsWith('/') && !line.path.startsWith('?')) {
    look.report('spec/bad-request', pointer, 'a path begins with /', {
      where: part(line.path_at, line.path.length),
      help: `${line.method} /${show(line.path)}`,
    })
  }
  const dots = /(^|\/)\.\.?(\/|$)/.exec(line.path)
  if (dots !== null)
    look.report('spec/bad-request', pointer, 'a path may not hold . or .. segments', {
      where: part(line.path_at + dots.index, dots[0].length),
    })
  if (line.path.includes('#'))
    look.report('spec/bad-request', pointer, 'a request has no fragment', {
      where: part(line.path_at + line.path.indexOf('#'), 1),
      help: 'in a query # needs the long form',
    })
  const blank = /[\s\\]/.exec(line.path)
  if (blank !== null)
    look.report('spec/bad-request', pointer, `a path may not hold ${blank[0] === '\\' ? 'a backslash' : 'blanks'}`, {
      where: part(line.path_at + blank.index, 1),
    })
  checkTemplate(look, pointer, line.path, line.path_at, known, 'path')
  const query = text.slice(line.query_at)
  checkTemplate(look, pointer, query, line.query_at, known, 'query')
  const encoded = /%[0-9A-Fa-f]{2}/.exec(query)
  if (encoded !== null) {
    look.report('spec/encoded-query', pointer, `\`${encoded[0]}\` would be encoded again`, {
      where: part(line.query_at + encoded.index, 3),
      help: 'write the plain character; the runtime encodes',
      severity: 'warning',
    })
  }
}

export function checkHeaders(look: Look, headers: Data | undefined, pointer: string, known: Names): void {
  for (const { value, pointer: here } of entries(headers, pointer))
    if (typeof value === 'string') checkTemplate(look, here, value, 0, known, 'header')
}
