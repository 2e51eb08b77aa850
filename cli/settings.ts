import { Failure } from '../runtime/errors.ts'
import { didYouMean } from '../runtime/spec/nearest.ts'
import type { Connector, Json, SecretRef, Setting } from '../runtime/types.ts'
import { secretRef } from './secrets.ts'
import { safe } from './text.ts'

export type Given = {
  readonly settings: { readonly [name: string]: Json }
  readonly secrets: { readonly [name: string]: SecretRef }
}

/**
 * `--set key=value` and `--secret name=env:VAR` against what the connector declares: names, types, options, defaults.
 * Throws one `cli/setting` that lists every fault.
 */
export function settingsFrom(connector: Connector, sets: readonly string[], secrets: readonly string[]): Given {
  const faults: string[] = []
  const take = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      faults.push(error.message)
      return undefined
    }
  }
  const declared = connector.settings
  const texts = new Map<string, string[]>()
  for (const [name, text] of pairs('--set', sets, take)) {
    const setting = lookUp(declared, name, faults)
    if (setting === null) continue
    if (setting.type === 'secret')
      faults.push(`\`${safe(name)}\` is a secret; write --secret ${safe(name)}=env:VARIABLE or file:PATH`)
    else texts.set(name, [...(texts.get(name) ?? []), text])
  }
  const refs: { [name: string]: SecretRef } = {}
  for (const [name, text] of pairs('--secret', secrets, take)) {
    const setting = lookUp(declared, name, faults)
    if (setting === null) continue
    if (setting.type !== 'secret')
      faults.push(`\`${safe(name)}\` is ${described(setting)} and no secret; write --set ${safe(name)}=…`)
    else if (Object.hasOwn(refs, name)) faults.push(`secret \`${safe(name)}\` is given twice`)
    else {
      const ref = take(() => secretRef(name, text))
      if (ref !== undefined) refs[name] = ref
    }
  }
  const values: { [name: string]: Json } = {}
  for (const [name, setting] of Object.entries(declared)) {
    if (setting.type === 'secret') {
      // A near miss above is the cause; a second message about the same slip helps nobody.
      if (setting.required && refs[name] === undefined && !faults.some((f) => f.includes(`\`${name}\``)))
        faults.push(missing(name, setting))
      continue
    }
    const given = texts.get(name)
    const value = given === undefined ? setting.default : take(() => settingValue(name, setting, given))
    if (value !== undefined) values[name] = value
    else if (given === undefined && setting.required && !faults.some((f) => f.includes(`\`${name}\``)))
      faults.push(missing(name, setting))
  }
  if (faults.length > 0) throw new Failure('cli/setting', connector.connector, faults.join('\n'))
  return { settings: values, secrets: refs }
}

function pairs(
  flag: string,
  given: readonly string[],
  take: <T>(work: () => T) => T | undefined,
): readonly (readonly [string, string])[] {
  return given.flatMap((text) => {
    const at = text.indexOf('=')
    const pair = take(() => {
      // Without a name the whole text may be the secret, so it is not shown.
      if (at < 1) throw new Failure('cli/setting', flag, `${flag} takes name=value`)
      return [text.slice(0, at), text.slice(at + 1)] as const
    })
    return pair === undefined ? [] : [pair]
  })
}

function lookUp(declared: { readonly [name: string]: Setting }, name: string, faults: string[]): Setting | null {
  if (Object.hasOwn(declared, name)) return declared[name] ?? null
  const names = Object.keys(declared)
  const hint =
    didYouMean(name, names) ??
    (names.length === 0 ? 'this connector has none' : `it has ${names.map((n) => `\`${n}\``).join(', ')}`)
  faults.push(`unknown setting \`${safe(name).slice(0, 60)}\`; ${hint}`)
  return null
}

function missing(name: string, setting: Setting): string {
  const how =
    setting.type === 'secret' ? `--secret ${name}=env:VARIABLE` : `--set ${name}=${safe(String(setting.example ?? '…'))}`
  return `setting \`${name}\`${setting.label === undefined ? '' : ` (${safe(setting.label)})`} is missing; add ${how}`
}

/** Texts from the command line as the declared type. Throws `cli/setting`. */
export function settingValue(name: string, setting: Setting, texts: readonly string[]): Json {
  const value = typed(name, setting, texts)
  const { options } = setting
  const inOptions = (v: Json): boolean => options === undefined || options.some((option) => option === v)
  if (Array.isArray(value) ? value.every(inOptions) : inOptions(value)) return value
  const names = (options ?? []).map(String)
  throw bad(name, `is none of ${names.map((n) => `\`${safe(n)}\``).join(', ')}${hintFor(texts[0] ?? '', names)}`)
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
  if (asUrl !== null) throw bad(name, `must be a host name only: ${safe(asUrl.host)}`)
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

const described = (setting: Setting): string =>
  `${/^[aiu]/.test(setting.type) && setting.type !== 'url' ? 'an' : 'a'} ${setting.type}`
const bad = (name: string, because: string): Failure =>
  new Failure('cli/setting', `settings.${name}`, `setting \`${safe(name)}\` ${because}`)
