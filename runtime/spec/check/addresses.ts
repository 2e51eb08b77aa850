/** https only, public only, and only declared origins. What is a setting is decided at run time, by the operator's egress rules. */

import { show } from '../diagnostic.ts'
import { asList, asMap, entries, type Look, own } from './look.ts'
import { isPrivateHost } from './private-host.ts'
import { checkTemplate, PLAIN } from './templates.ts'

export function checkAddresses(look: Look): void {
  const base = look.data['base_url']
  if (typeof base === 'string') checkAddress(look, '/base_url', base, 0)
  if (typeof base === 'string') checkTemplate(look, '/base_url', base, 0, PLAIN, 'path')
  for (const { value, pointer } of entries(look.data['origins'], '/origins')) {
    if (typeof value !== 'string') continue
    checkAddress(look, pointer, value, 0)
    checkTemplate(look, pointer, value, 0, PLAIN, 'path')
    const path = /^[a-z]+:\/\/[^/]*\/./i.exec(value)
    if (path !== null)
      look.report('spec/bad-url', pointer, 'an origin ends after host and port', {
        where: { on: 'value', offset: path[0].length - 2, length: value.length - path[0].length + 2 },
      })
  }
  for (const { key, value, pointer } of entries(look.data['settings'], '/settings')) {
    const setting = asMap(value)
    const preset = own(setting, 'default')
    if (typeof preset !== 'string' || (setting['type'] !== 'hostname' && setting['type'] !== 'url')) continue
    const host = hostOf(setting['type'] === 'url' ? preset : `https://${preset}`)
    if (host !== null && isPrivateHost(host))
      look.report('spec/private-address', `${pointer}/default`, `the default of \`${show(key)}\` is a private address`, {
        help: PRIVATE,
      })
  }
}

const PRIVATE = 'only the operator may allow private addresses, for a connection'

/** `at`: where the URL begins in the value. */
export function checkAddress(look: Look, pointer: string, url: string, at: number): void {
  const where = { on: 'value', offset: at, length: url.length } as const
  const settings = asMap(look.data['settings'])
  const lead = /^\{(?:settings\.)?([^{}.]+)\}/.exec(url)
  if (lead !== null) {
    const type = asMap(settings[lead[1]!])['type']
    if (type !== undefined && type !== 'url')
      look.report('spec/bad-url', pointer, `\`${show(lead[1]!)}\` is no setting of type url`, {
        where,
        help: `write https://{${lead[1]}} or give it the type url`,
      })
    return
  }
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\]*)(.*)$/is.exec(url)
  if (parts === null) {
    look.report('spec/bad-url', pointer, `\`${show(url)}\` is no absolute URL`, { where, help: 'begin with https://' })
    return
  }

  const [, scheme, authority, rest] = parts as unknown as [string, string, string, string]
  if (authority.includes('@')) {
    look.report('spec/bad-url', pointer, 'a URL may not hold a user name or password', { where, help: 'use `auth`' })
    return
  }

  const host_is_setting = /^\{[^{}]+\}(:\d+)?$/.test(authority)
  if (scheme.toLowerCase() !== 'https' && !(scheme.toLowerCase() === 'http' && host_is_setting)) {
    look.report('spec/insecure-url', pointer, `\`${show(scheme)}\` is not https`, {
      where: { on: 'value', offset: at, length: scheme.length },
      help: 'write https; a setting of type url may be http where the operator allows it',
    })
    return
  }
  if (/[?#]/.test(rest))
    look.report('spec/bad-url', pointer, 'a query or fragment has no place here', {
      where,
      help: 'put the query on the requests',
    })
  const host = hostOf(url)
  if (host === null && !authority.includes('{'))
    look.report('spec/bad-url', pointer, `\`${show(authority)}\` is no host`, { where })
  if (host !== null && isPrivateHost(host))
    look.report('spec/private-address', pointer, `\`${show(authority)}\` is no public address`, { where, help: PRIVATE })
}

/** The host as a browser would read it, with odd spellings of addresses folded; null where a template or nonsense stands there. */
function hostOf(url: string): string | null {
  const authority = /^[a-z]+:\/\/([^/?#\\]*)/i.exec(url)?.[1] ?? ''
  // A template before a fixed ending (`{tenant}.example.com`) leaves the ending to look at.
  const filled = authority.replace(/\{[^{}]*\}/g, 'x')
  if (/^\{[^{}]*\}(:\d+)?$/.test(authority)) return null
  try {
    return new URL(`https://${filled}`).hostname
  } catch {
    return null
  }
}

/** Scheme, host and port as written, templates kept: what a declared origin is compared by. */
export function originOf(url: string): string {
  const text = /^(?:[a-z]+:\/\/[^/?#]*|\{[^{}]+\})/i.exec(url)?.[0] ?? url
  return text
    .toLowerCase()
    .replace(/\{settings\./g, '{')
    .replace(/:443$/, '')
}

export function checkDeclared(look: Look, pointer: string, url: string, at: number): void {
  const declared = [look.data['base_url'], ...asList(look.data['origins'])].filter((one) => typeof one === 'string').map(originOf)
  if (declared.length === 0 || declared.includes(originOf(url))) return
  const help = `add \`${show(originOf(url))}\` to origins`
  look.report('spec/undeclared-origin', pointer, `\`${show(originOf(url))}\` is no declared origin`, {
    where: { on: 'value', offset: at, length: originOf(url).length },
    help,
  })
}
