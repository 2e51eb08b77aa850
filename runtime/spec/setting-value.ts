import { Failure } from '../errors.ts'
import type { Json, Setting } from '../types.ts'
import { didYouMean } from './nearest.ts'

/** What a setting may be: texts (of a command line, of a form) as the declared type. Throws `cli/setting`. */
export function settingValue(name: string, setting: Setting, texts: readonly string[]): Json {
  const value = typed(name, setting, texts)
  const { options } = setting
  const inOptions = (v: Json): boolean => options === undefined || options.some((option) => option === v)
  if (Array.isArray(value) ? value.every(inOptions) : inOptions(value)) return value
  const names = (options ?? []).map(String)
  throw bad(name, `is none of ${names.map((n) => `\`${shown(n)}\``).join(', ')}${hintFor(texts[0] ?? '', names)}`)
}

const hintFor = (text: string, names: readonly string[]): string => {
  const hint = didYouMean(text, names)
  return hint === null ? '' : `; ${hint}`
}

function typed(name: string, setting: Setting, texts: readonly string[]): Json {
  if (setting.type === 'list') {
    const items = texts.flatMap((text) => text.split(',')).map((text) => text.trim())
    if (items.some((item) => item === '')) throw bad(name, 'has an empty item; write --set name=a,b or --set name=a --set name=b')
    return items
  }
  const [text = '', second] = texts
  if (second !== undefined) throw bad(name, 'is given twice')
  if (text === '') throw bad(name, 'is empty')
  switch (setting.type) {
    case 'text':
    case 'secret':
      return text
    case 'integer': {
      const n = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
      if (!Number.isSafeInteger(n)) throw bad(name, 'must be a whole number')
      return n
    }
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw bad(name, 'must be true or false')
      return text === 'true'
    case 'hostname':
      return hostname(name, text)
    case 'url':
      return url(name, text)
  }
}

/** A host, with a port where one is needed; IDN in its ASCII form. */
function hostname(name: string, text: string): string {
  const asUrl = /^https?:\/\//i.test(text) ? URL.parse(text) : null
  if (asUrl !== null) throw bad(name, `must be a host name only: ${shown(asUrl.host)}`)
  const parsed = /^[^\s/?#@\\]+$/.test(text) ? URL.parse(`https://${text}`) : null
  const host = parsed?.hostname.replace(/\.$/, '') ?? ''
  const ip = /^\[.*\]$|^\d+(\.\d+){3}$/.test(host)
  if (parsed === null || parsed.pathname !== '/' || !(ip || /^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/.test(host))) {
    throw bad(name, 'is no host name, such as acme.example')
  }
  return parsed.port === '' ? host : `${host}:${parsed.port}`
}

function url(name: string, text: string): string {
  const parsed = URL.parse(text)
  if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:'))
    throw bad(name, 'is no URL, such as https://acme.example/api')
  if (parsed.username !== '' || parsed.password !== '')
    throw bad(name, 'may hold no user name or password; they are secrets of their own')
  if (parsed.search !== '' || parsed.hash !== '') throw bad(name, 'may have no query or fragment')
  return text.replace(/\/+$/, '')
}

const bad = (name: string, because: string): Failure =>
  new Failure('cli/setting', `settings.${name}`, `setting \`${shown(name)}\` ${because}`)

/** Control characters in a message could play a terminal or a log. */
const shown = (text: string): string => JSON.stringify(text).slice(1, -1)
