/** Connector files: the shipped connectors' own parts, recombined and mutated as trees, written in three styles, then bitten as text and as bytes. */
import { globSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { ERRORS } from '../../runtime/errors.ts'
import { loadConnector, renderDiagnostic } from '../../runtime/spec/load.ts'
import type { Case, Kind } from './kind.ts'
import { BYTES, TEXTS, value } from './noise.ts'
import type { Random } from './random.ts'

type Tree = { [key: string]: Tree } | Tree[] | string | number | boolean | null

const PARTS = ['streams', 'actions']
const FILES = [...globSync('connectors/*.yaml'), ...globSync('test/connectors-for-tests/*.yaml')].sort()

export function openSpecs(): Kind {
  const whole = FILES.map((file) => parse(readFileSync(file, 'utf8')) as { [key: string]: Tree })
  const texts = FILES.map((file) => readFileSync(file, 'utf8'))
  const tops = whole.map((doc) => Object.fromEntries(Object.entries(doc).filter(([key]) => !PARTS.includes(key))))
  const own = whole.map((doc) => ({ streams: named(doc['streams']), actions: named(doc['actions']) }))
  const all = { streams: own.flatMap(({ streams }) => streams), actions: own.flatMap(({ actions }) => actions) }
  const pool = poolOf(whole)

  return {
    name: 'specs',
    make(random) {
      // A whole file is twenty times the work of a part and finds no other faults: few of them.
      const whole_file = random.chance(0.001)
      const which = random.below(whole.length)
      let text = whole_file ? random.one(texts) : write(random, mutated(random, assembled(random, which, tops, own, all), pool))
      if (whole_file || random.chance(0.35)) text = bitten(random, text)
      const source = random.chance(0.04) ? Buffer.from(text + random.one(BYTES), 'latin1') : text
      return { text: typeof source === 'string' ? source : source.toString('latin1'), bytes: typeof source !== 'string' }
    },
    run: placed,
  }
}

function placed({ text, bytes }: Case): 'taken' | 'refused' {
  const source = bytes === true ? Buffer.from(text, 'latin1') : text
  const { connector, diagnostics } = loadConnector(source, 'fuzz.yaml')
  const lines = text.split('\n').length
  if (connector === null && !diagnostics.some(({ severity }) => severity === 'error')) throw new Error('refused without an error')
  for (const one of diagnostics) {
    if (!Object.hasOwn(ERRORS, one.code)) throw new Error(`no such code: ${one.code}`)
    if (!(one.line >= 1 && one.line <= lines && one.column >= 1 && one.end_column > one.column && one.message !== ''))
      throw new Error(`no place: ${JSON.stringify(one)}`)
  }
  const first = diagnostics[0]
  if (first !== undefined && UNSHOWABLE.test(renderDiagnostic(first, text, { color: false })))
    throw new Error('a control character reaches the terminal')
  if (connector !== null && !Object.isFrozen(connector)) throw new Error('a connector that can be changed')
  return connector === null ? 'refused' : 'taken'
}

const UNSHOWABLE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/

type Parts = { readonly streams: readonly (readonly [string, Tree])[]; readonly actions: readonly (readonly [string, Tree])[] }

const named = (tree: Tree | undefined) => Object.entries((tree ?? {}) as { [key: string]: Tree })

/** Mostly parts of one file, which fit together; now and then a part of another. */
function assembled(
  random: Random,
  which: number,
  tops: readonly { [key: string]: Tree }[],
  own: readonly Parts[],
  all: Parts,
): { [key: string]: Tree } {
  const doc = copy(tops[which] as Tree) as { [key: string]: Tree }
  const mine = random.chance(0.8) ? (own[which] as Parts) : all
  const actions = mine.actions.length > 0 ? mine.actions : all.actions
  // What is long and always the same costs time and tells nothing new.
  if (Array.isArray(doc['source'])) doc['source'] = doc['source'].slice(0, 1)
  for (const key of ['whoami', 'scope_proof', 'responses']) if (random.chance(0.8)) delete doc[key]
  const [name, stream] = random.one(mine.streams)
  const parents = mine.streams.filter(([its]) => JSON.stringify(stream).includes(`"${its}"`) && its !== name)
  doc['streams'] = Object.fromEntries(
    [...(random.chance(0.7) ? parents.slice(0, 1) : []), [name, stream] as const].map(([its, tree]) => [its, copy(tree)]),
  )
  if (random.chance(0.25)) {
    const [its, action] = random.one(actions)
    doc['actions'] = { [its]: copy(action) }
  }
  fitted(doc)
  if (random.chance(0.85)) thinned(random, doc)
  return doc
}

/** Feeds and webhook of which something is there to be named: else nothing of them would be looked into further. */
function fitted(doc: { [key: string]: Tree }): void {
  const streams = Object.keys(doc['streams'] as { [key: string]: Tree })
  const fits = ({ names }: { [key: string]: Tree }): Tree[] =>
    (Array.isArray(names) ? names : []).filter((one) => streams.includes(String((one as { [key: string]: Tree })['stream'])))
  const feeds = named(doc['feeds']).flatMap(([name, tree]) => {
    const feed = tree as { [key: string]: Tree }
    return fits(feed).length === 0 ? [] : [[name, { ...feed, names: fits(feed) }] as const]
  })
  if (feeds.length > 0) doc['feeds'] = Object.fromEntries(feeds.slice(0, 1))
  else delete doc['feeds']
  const webhook = doc['webhook'] as { [key: string]: Tree } | undefined
  if (webhook !== undefined && fits(webhook).length > 0)
    doc['webhook'] = { ...webhook, names: fits(webhook), polls: Object.keys((doc['feeds'] ?? {}) as object) }
  else delete doc['webhook']
}

/** Only settings that are named, few fields, one proof, half of what is optional: a fifth of the text, and the same words all in all. */
function thinned(random: Random, doc: { [key: string]: Tree }): void {
  for (const key of ['limits', 'headers', 'origins', 'expect']) if (random.chance(0.6)) delete doc[key]
  for (const stream of Object.values(doc['streams'] as { [key: string]: { [key: string]: Tree } })) {
    for (const key of ['fields', 'keep']) {
      const all = named(stream[key])
      const first = random.below(all.length + 1)
      if (all.length > 3) stream[key] = Object.fromEntries([...all.slice(0, 1), ...all.slice(first, first + 2)])
    }
    if (Array.isArray(stream['prove'])) stream['prove'] = [random.one(stream['prove'])]
    for (const key of ['title', 'covers', 'keep', 'filter', 'gone', 'sorted_by']) if (random.chance(0.6)) delete stream[key]
  }
  for (const action of Object.values((doc['actions'] ?? {}) as { [key: string]: { [key: string]: Tree } })) {
    for (const key of ['verify', 'send', 'steps', 'before']) {
      const parts = action[key]
      if (Array.isArray(parts) && parts.length > 1) action[key] = [random.one(parts)]
    }
    for (const key of ['title', 'unverifiable']) if (random.chance(0.6)) delete action[key]
  }
  const { settings, ...rest } = doc
  const text = JSON.stringify(rest)
  if (settings !== undefined)
    doc['settings'] = Object.fromEntries(
      named(settings).filter(
        ([name]) => text.includes(`{${name}}`) || text.includes(`settings.${name}`) || text.includes(`"by":"${name}"`),
      ),
    )
}

function copy(tree: Tree): Tree {
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map(copy)
  const out: { [key: string]: Tree } = {}
  for (const key of Object.keys(tree)) put(out, key, copy(tree[key] as Tree))
  return out
}

/** Every key, and every value by its key, that a connector has. */
function poolOf(docs: readonly Tree[]): { readonly keys: readonly string[]; readonly values: readonly Tree[] } {
  const keys = new Set<string>()
  const values: Tree[] = []
  const walk = (tree: Tree): void => {
    if (JSON.stringify(tree).length < 200) values.push(tree)
    if (Array.isArray(tree)) for (const item of tree) walk(item)
    else if (typeof tree === 'object' && tree !== null) {
      for (const [key, inner] of Object.entries(tree)) {
        keys.add(key)
        walk(inner)
      }
    }
  }
  for (const doc of docs) walk(doc)
  return { keys: [...keys], values }
}

type Spot = { readonly within: { [key: string]: Tree } | Tree[]; readonly key: string | number }

function spots(tree: Tree, into: Spot[] = []): Spot[] {
  if (typeof tree !== 'object' || tree === null) return into
  for (const key of Array.isArray(tree) ? tree.keys() : Object.keys(tree)) {
    into.push({ within: tree, key })
    spots((tree as { [key: string | number]: Tree })[key] as Tree, into)
  }
  return into
}

function mutated(random: Random, doc: { [key: string]: Tree }, pool: ReturnType<typeof poolOf>): { [key: string]: Tree } {
  for (let times = random.below(4); times > 0; times--) {
    const all = spots(doc)
    if (all.length === 0) return doc
    const { within, key } = random.one(all)
    const at = within as { [key: string | number]: Tree }
    const was = at[key] as Tree
    const set = (to: Tree): void =>
      void Object.defineProperty(at, key, { value: to, enumerable: true, configurable: true, writable: true })
    switch (random.below(9)) {
      case 0:
        if (Array.isArray(within)) within.splice(Number(key), 1)
        else delete at[key]
        break
      case 1:
        if (!Array.isArray(within)) {
          delete at[key]
          put(within, random.chance(0.6) ? random.one(pool.keys) : random.one(TEXTS), was)
        }
        break
      case 2:
        set(copy(random.one(pool.values)))
        break
      case 3:
        set(value(random) as Tree)
        break
      case 4:
        set([was])
        break
      case 5:
        set({ [random.one(pool.keys)]: was })
        break
      case 6:
        if (!Array.isArray(within)) put(within, random.one(pool.keys), copy(random.one(pool.values)))
        break
      case 7:
        set(typeof was === 'string' ? spliced(random, was) : (JSON.stringify(was) ?? ''))
        break
      default:
        if (Array.isArray(within)) within.push(copy(was))
        else put(within, random.one(TEXTS), value(random) as Tree)
    }
  }
  return doc
}

/** Not by assignment: `__proto__` is to be a key like any other. */
function put(within: { [key: string]: Tree }, key: string, to: Tree): void {
  Object.defineProperty(within, key, { value: to, enumerable: true, configurable: true, writable: true })
}

function spliced(random: Random, text: string): string {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + random.one(TEXTS) + text.slice(at + random.below(4))
}

function write(random: Random, doc: { [key: string]: Tree }): string {
  const style = random.below(3)
  if (style === 0) return JSON.stringify(doc)
  if (style === 1) return `${block(doc, 0)}\n`
  return Object.entries(doc)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${JSON.stringify(inner)}\n`)
    .join('')
}

/** Block style, plain scalars where a person would write them plain. */
function block(tree: Tree, indent: number): string {
  const pad = ' '.repeat(indent)
  if (indent > 12 || typeof tree !== 'object' || tree === null) return scalar(tree)
  const empty = Object.keys(tree).length === 0
  if (empty) return JSON.stringify(tree)
  if (Array.isArray(tree)) return `\n${tree.map((item) => `${pad}- ${scalar(item)}`).join('\n')}`
  const lines = Object.entries(tree).map(([key, inner]) => `${pad}${scalar(key)}: ${block(inner, indent + 2)}`)
  return (indent === 0 ? '' : '\n') + lines.join('\n')
}

const scalar = (tree: Tree): string =>
  typeof tree === 'string' && /^[A-Za-z][\w ./?=&{}-]*$/.test(tree) && !/ $|^(?:null|true|false|yes|no|on|off)$/i.test(tree)
    ? tree
    : JSON.stringify(tree)

/** As an editor, a merge or a cosmic ray would. */
function bitten(random: Random, text: string): string {
  let out = text
  for (let bites = 1 + random.below(3); bites > 0; bites--) {
    const at = random.below(out.length + 1)
    switch (random.below(6)) {
      case 0:
        out = out.slice(0, at) + out.slice(at + random.below(40))
        break
      case 1:
        out = out.slice(0, at) + String.fromCharCode(random.below(256)) + out.slice(at + 1)
        break
      case 2: {
        const lines = out.split('\n')
        const line = random.below(lines.length)
        lines.splice(random.below(lines.length), 0, lines[line] as string)
        out = lines.join('\n')
        break
      }
      case 3: {
        const lines = out.split('\n')
        const line = random.below(lines.length)
        lines[line] = random.chance(0.5) ? ` ${lines[line]}` : (lines[line] as string).replace(/^ +/, '')
        out = lines.join('\n')
        break
      }
      case 4:
        out = out.slice(0, at) + random.one(TEXTS) + out.slice(at)
        break
      default:
        out = out.slice(0, at)
    }
  }
  return out
}
