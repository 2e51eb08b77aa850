/** Feeds: what they are asked with fits how they go on, and whom they name can be asked by id. */
import { feed as words } from '../../kinds/feed/index.ts'
import { show } from '../diagnostic.ts'
import { didYouMean } from '../nearest.ts'
import type { Data } from '../tree.ts'
import { checkPath, checkRecordCel, checkValue } from './expressions.ts'
import { asMap, entries, type Found, type Look, type Open, own, plain, texts } from './look.ts'
import { checkRequest } from './requests.ts'
import { checkPages } from './streams.ts'
import { PLAIN } from './templates.ts'

/** After the other checks: a lost `get` that they have told is not told again. */
export function checkFeeds(look: Look, found: readonly Found[]): void {
  for (const { value, pointer } of entries(look.data['feeds'], '/feeds')) {
    const feed = asMap(value)
    const from = asMap(own(feed, 'from'))
    const kind = plain(own(from, 'kind'))
    checkRequest(look, own(from, 'start'), `${pointer}/from/start`, PLAIN)
    checkRequest(look, own(feed, 'list'), `${pointer}/list`, { ...PLAIN, extra: givenBy(look, kind, pointer) })
    for (const key of ['at', 'position']) checkPath(look, own(from, key), `${pointer}/from/${key}`)
    checkPath(look, own(feed, 'records'), `${pointer}/records`)
    checkPages(look, asMap(own(feed, 'pages')), `${pointer}/pages`)
    checkValue(look, own(feed, 'id'), `${pointer}/id`, ITEM)
    checkPosition(look, feed, kind, pointer)
    checkEventId(look, feed, kind, pointer)
    checkNames(look, own(feed, 'names'), `${pointer}/names`, found)
    checkSilent(look, feed, pointer)
  }
}

/** What an expression over an item sees, beside the item's own keys. */
const ITEM = ['settings', 'record']

/** Names that the word gives; one that is a setting too would be the setting's value for whoever reads the file. */
function givenBy(look: Look, kind: string, pointer: string): readonly string[] {
  // Of a word that is not known, what it gives is not known either.
  const given = Object.hasOwn(words, kind) ? words[kind]!.gives : Object.values(words).flatMap((word) => word.gives)
  for (const name of given) {
    if (own(asMap(look.data['settings']), name) === undefined || !namedIn(look, pointer, name)) continue
    look.report('spec/taken-name', `${pointer}/list`, `\`{${name}}\` is what the feed gives, and a setting too`, {
      help: 'choose another name for the setting',
    })
  }
  return given
}

function namedIn(look: Look, pointer: string, name: string): boolean {
  const feed = entries(look.data['feeds'], '/feeds').find((one) => one.pointer === pointer)
  return holds(own(asMap(feed?.value), 'list'), name)
}

const holds = (data: Data | undefined, name: string) => texts(data, '').some(({ text }) => text.includes(`{${name}}`))

function checkPosition(look: Look, feed: Open, kind: string, pointer: string): void {
  const list = own(feed, 'list')
  const name = kind === 'events' ? 'since' : kind === 'delta' ? 'position' : null
  if (name === null) return
  if (list === undefined && kind === 'events')
    look.report('spec/feed-position', pointer, 'a log of events is asked by `list`, which is not declared', {
      where: { on: 'owner' },
      help: 'add list: GET /…?since={since}&until={until}',
    })
  if (list !== undefined && !holds(list, name) && !asksForUnknown(look, list, kind))
    look.report('spec/feed-position', `${pointer}/list`, `it asks for the same thing whatever the position: no \`{${name}}\``, {
      help:
        kind === 'events'
          ? 'put {since} in its query or body, and {until} where the target takes one'
          : 'put {position} in its query or body, or remove `list` where the position is a URL',
    })
}

/** A name that is not known is told already: it may have been meant to be the position. */
function asksForUnknown(look: Look, list: Data, kind: string): boolean {
  const settings = asMap(look.data['settings'])
  const given = words[kind]?.gives ?? []
  const names = texts(list, '').flatMap(({ text }) => [...text.matchAll(/\{([^{}]+)\}/g)].map((found) => found[1]!))
  return names.some((name) => !given.includes(name) && own(settings, name.replace(/^settings\./, '')) === undefined)
}

/** A delta's items are states: the same one may come again and mean something new. Events of an overlap come again and mean nothing new. */
function checkEventId(look: Look, feed: Open, kind: string, pointer: string): void {
  const id = own(feed, 'id')
  if (kind === 'events' && id === undefined)
    look.report(
      'spec/event-id',
      pointer,
      'a log of events has an `id` that tells one from another: each poll asks for some again',
      {
        where: { on: 'owner' },
        help: 'add id: and the path of it in an event',
      },
    )
  if (kind === 'delta' && id !== undefined)
    look.report('spec/event-id', `${pointer}/id`, 'items of a delta have no `id`: the same one comes again with every change', {
      where: { on: 'key' },
      help: 'remove it; `names` says whom an item is about',
    })
}

export function checkNames(look: Look, names: Data | undefined, pointer: string, found: readonly Found[]): void {
  const streams = asMap(look.data['streams'])
  for (const { value, pointer: here } of entries(names, pointer)) {
    const naming = asMap(value)
    checkValue(look, own(naming, 'id'), `${here}/id`, ITEM)
    checkRecordCel(look, own(naming, 'when'), `${here}/when`, ITEM)
    const name = own(naming, 'stream')
    if (typeof name !== 'string') continue
    const stream = own(streams, name)
    if (stream === undefined)
      look.report('spec/unknown-stream', `${here}/stream`, `no stream \`${show(name)}\``, {
        help: didYouMean(name, Object.keys(streams)) ?? `streams: ${Object.keys(streams).join(', ')}`,
      })
    else if (own(asMap(stream), 'get') === undefined && !lackIsTold(look, name, found))
      look.report(
        'spec/needs-get',
        `${here}/stream`,
        `who is named is looked at by id, and \`${show(name)}\` declares no \`get\``,
        {
          help: 'add get: GET /…/{id} to the stream, or name another',
        },
      )
  }
}

/** By the stream's own keys, an action on it, or a feed before. */
function lackIsTold(look: Look, stream: string, found: readonly Found[]): boolean {
  return found.some(({ pointer, problem }) => {
    if (problem.code !== 'spec/needs-get') return false
    const [, top, name = ''] = pointer.split('/')
    if (top === 'streams') return name === stream
    if (top === 'actions') return own(asMap(own(asMap(look.data['actions']), name)), 'on') === stream
    return problem.message.includes(`\`${show(stream)}\``)
  })
}

function checkSilent(look: Look, feed: Open, pointer: string): void {
  const streams = asMap(look.data['streams'])
  const named = entries(own(feed, 'names'), '').map(({ value }) => own(streams, plain(own(asMap(value), 'stream'))))
  const fields = [...new Set(named.flatMap((stream) => Object.keys(asMap(own(asMap(stream), 'fields')))))]
  // Of a stream that is not there the fields are not known: that is told.
  if (named.some((stream) => stream === undefined) || fields.length === 0) return
  for (const { value, pointer: here } of entries(own(feed, 'silent_on'), `${pointer}/silent_on`)) {
    if (typeof value !== 'string' || fields.includes(value)) continue
    look.report('spec/unknown-field', here, `\`${show(value)}\` is no declared field of the streams that it names`, {
      help: didYouMean(value, fields) ?? `declared there: ${fields.join(', ')}`,
    })
  }
}
