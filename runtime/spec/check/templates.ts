/** Names in `{…}`: are they known where they stand, and may they stand there? */
import { ValueFailure } from '../../kinds/value/failure.ts'
import { names, parseTemplate } from '../../kinds/value/template.ts'
import { show } from '../diagnostic.ts'
import { didYouMean } from '../nearest.ts'
import { asMap, type Look, type Open, own } from './look.ts'

/** Where a template stands decides which names it sees. */
export type Names = {
  /** Variables of `each`: the members a parent gives, or null for a plain value. */
  readonly variables: { readonly [variable: string]: readonly string[] | null }
  /** `{id}` and `{record.…}`: in `get` and `expand`. */
  readonly record: boolean
  /** Names of the place itself: `{token}` in `auth.into`. */
  readonly extra: readonly string[]
  /** Secrets may be revealed in `auth` only. */
  readonly secrets: 'allowed' | 'refused'
  /** Of the names, those that hold a list: they fill no template. */
  readonly lists: readonly string[]
  /** Of the names, those that may be without a value: a template over one cannot be filled then. */
  readonly optional: readonly string[]
  /** What CEL that is a body's whole text may name; null: a body holds templates only. */
  readonly cel: readonly string[] | null
  /** What to say of `{id}` and `{record.…}` where they are not known. */
  readonly elsewhere: string
}

export const PLAIN: Names = {
  variables: {},
  record: false,
  extra: [],
  secrets: 'refused',
  lists: [],
  optional: [],
  cel: null,
  elsewhere: '`{id}` is known in `get` and `expand` only, `{record.…}` in `expand`',
}

export type Part = 'path' | 'query' | 'header' | 'body' | 'other'

export function checkTemplate(look: Look, pointer: string, text: string, at: number, known: Names, part: Part): void {
  if (part === 'header' && /[\r\n\0]/.test(text))
    look.report('spec/bad-header', pointer, 'a header value holds a line break or NUL', { help: 'keep it on one line' })
  let found: readonly string[]
  try {
    found = names(parseTemplate(text))
  } catch (cause) {
    if (!(cause instanceof ValueFailure)) throw cause
    look.report(cause.code, pointer, cause.message, { where: { on: 'value', offset: at + cause.offset } })
    return
  }
  for (const name of found) checkName(look, { pointer, offset: at + text.indexOf(`{${name}}`) + 1, name }, known, part)
}

function checkName(
  look: Look,
  place: { readonly pointer: string; readonly offset: number; readonly name: string },
  known: Names,
  part: Part,
): void {
  const { pointer, name } = place
  const where = { on: 'value', offset: place.offset, length: name.length } as const
  const settings = asMap(look.data['settings'])
  const [first = '', ...rest] = name.split('.')
  if (known.extra.includes(name)) return
  if (known.record && (name === 'id' || (first === 'record' && rest.length > 0))) return
  const members = Object.hasOwn(known.variables, first) ? known.variables[first] : undefined
  if (members !== undefined) {
    const trouble = member(name, first, rest, members)
    if (trouble !== null) look.report('spec/unknown-name', pointer, `\`{${show(name)}}\` leads nowhere`, { where, help: trouble })
    else if (known.lists.includes(name))
      look.report('spec/wrong-type', pointer, `\`${show(name)}\` is a list and fills no template`, {
        where,
        help: `as the whole text of a value in a body: "= ${name}"`,
      })
    else if (known.optional.includes(name))
      look.report('spec/optional-in-template', pointer, `\`${show(name)}\` may be left out, and then nothing can be sent`, {
        where,
        help: part === 'body' ? `as the whole text of a value: "= ${name}"` : 'require it, or ask for it in a step with `when`',
        severity: 'warning',
      })
    return
  }
  const setting = first === 'settings' && rest.length === 1 ? rest[0]! : name
  if (own(settings, setting) !== undefined) {
    if (asMap(settings[setting])['type'] === 'list')
      look.report('spec/wrong-type', pointer, `\`${show(setting)}\` is a list and fills no template`, {
        where,
        help: `go over it: each: { one: settings.${setting} }, and write {one}`,
      })
    secretUse(look, { pointer, where, name: setting }, settings, known, part)
    return
  }
  const candidates = [
    ...Object.keys(known.variables).flatMap((variable) => withMembers(variable, known.variables[variable]!)),
    ...Object.keys(settings).filter((one) => known.secrets === 'allowed' || asMap(settings[one])['type'] !== 'secret'),
    ...(known.record ? ['id'] : []),
    ...known.extra,
  ]
  const help =
    didYouMean(name, candidates) ??
    (candidates.length > 0 ? `known here: ${candidates.slice(0, 12).join(', ')}` : `declare it below settings`)
  const elsewhere = ['id', 'record'].includes(first)
    ? '`{id}` is known in `get` and `expand` only, `{record.…}` in `expand`'
    : help
  look.report('spec/unknown-name', pointer, `\`{${show(name)}}\` is not known here`, { where, help: elsewhere })
}

function member(name: string, first: string, rest: readonly string[], members: readonly string[] | null): string | null {
  if (members === null) return rest.length === 0 ? null : `\`${first}\` is a plain value: write {${first}}`
  if (rest.length === 0) return first === INPUT ? `write {${first}.name}` : `write {${first}.id}, or another field of it`
  if (rest.length === 1 && members.includes(rest[0]!)) return null
  return didYouMean(name, withMembers(first, members)) ?? givenBy(first, members)
}

/** The variable of an action that holds what was given with it. */
const INPUT = 'input'

/** What a variable has, for people. */
export function givenBy(variable: string, members: readonly string[]): string {
  if (variable !== INPUT) return `its stream gives ${members.join(', ')}; add more with \`keep\``
  return members.length === 0 ? 'declare it below `input`' : `inputs: ${members.join(', ')}`
}

function withMembers(variable: string, members: readonly string[] | null): readonly string[] {
  return members === null ? [variable] : members.map((one) => `${variable}.${one}`)
}

function secretUse(
  look: Look,
  use: {
    readonly pointer: string
    readonly where: { readonly on: 'value'; readonly offset: number; readonly length: number }
    readonly name: string
  },
  settings: Open,
  known: Names,
  part: Part,
): void {
  if (asMap(settings[use.name])['type'] !== 'secret') return
  const { where } = use
  if (part === 'path')
    look.report('spec/secret-in-url', use.pointer, `the secret \`${use.name}\` would stand in a URL path`, {
      where,
      help: 'send it through `auth`',
    })
  else if (part === 'query') {
    const allowed = known.secrets === 'allowed'
    look.report('spec/secret-in-url', use.pointer, `the secret \`${use.name}\` would stand in a URL query`, {
      where,
      help: 'send it through `auth`',
      ...(allowed ? { severity: 'warning' } : {}),
    })
  } else if (known.secrets === 'refused') {
    look.report('spec/secret-outside-auth', use.pointer, `the secret \`${use.name}\` stands outside \`auth\``, {
      where,
      help: 'secrets are revealed in `auth` only',
    })
  }
}
