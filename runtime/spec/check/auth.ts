/** Auth options are templates; two of them are addresses, some are paths. */
import { didYouMean } from '../nearest.ts'
import { parseLine } from '../request.ts'
import type { Data } from '../tree.ts'
import { checkAddress, checkDeclared } from './addresses.ts'
import { checkPath } from './expressions.ts'
import { asList, asMap, entries, type Look, own, plain, texts } from './look.ts'
import { checkTemplate, type Names, type Part, PLAIN } from './templates.ts'

const NAMES: Names = { ...PLAIN, secrets: 'allowed' }

export function checkAuth(look: Look): void {
  checkWord(look, look.data['auth'], '/auth')
}

function checkWord(look: Look, data: Data | undefined, pointer: string): void {
  const auth = asMap(data)
  if (auth['kind'] === 'choose') {
    checkChoose(look, auth, pointer)
    return
  }
  for (const { text, pointer: here, key } of texts(data, pointer)) {
    const below = here.slice(pointer.length)
    if (below === '/kind' || below === '/body/kind') continue
    if (below === '/request') checkLogin(look, text, here)
    else if (below === '/token_url') checkTokenUrl(look, text, here)
    else
      checkTemplate(
        look,
        here,
        text,
        0,
        below === '/into/value' ? { ...NAMES, extra: ['token'] } : NAMES,
        partOf(auth['kind'], below, key),
      )
  }
  if (auth['kind'] === 'login' || auth['kind'] === 'oauth2_client_credentials' || auth['kind'] === 'oauth2_refresh') {
    checkPath(look, auth['token'], `${pointer}/token`)
    checkPath(look, auth['expires_in'], `${pointer}/expires_in`)
  }
}

function partOf(kind: Data | undefined, below: string, key: string): Part {
  if (below.startsWith('/headers/') || below === '/into/value') return 'header'
  return (kind === 'header' && key === 'value') || (kind === 'bearer' && key === 'token') ? 'header' : 'other'
}

function checkTokenUrl(look: Look, text: string, pointer: string): void {
  const cut = text.indexOf('?')
  const path = cut < 0 ? text : text.slice(0, cut)
  checkAddress(look, pointer, path, 0)
  if (/^(https?:\/\/|\{)/i.test(path)) checkDeclared(look, pointer, path, 0)
  checkTemplate(look, pointer, path, 0, NAMES, 'path')
  if (cut >= 0) checkTemplate(look, pointer, text.slice(cut), cut, NAMES, 'query')
}

function checkLogin(look: Look, text: string, pointer: string): void {
  const line = parseLine(text)
  if (line === null) return
  if (/^[a-z][a-z0-9+.-]*:/i.test(line.path)) {
    checkAddress(look, pointer, line.path, line.path_at)
    checkDeclared(look, pointer, line.path, line.path_at)
  }
  checkTemplate(look, pointer, line.path, line.path_at, NAMES, 'path')
  checkTemplate(look, pointer, text.slice(line.query_at), line.query_at, NAMES, 'query')
}

function checkChoose(look: Look, auth: { readonly [key: string]: Data }, pointer: string): void {
  const settings = asMap(look.data['settings'])
  const by = own(auth, 'by')
  const setting = typeof by === 'string' ? own(settings, by) : undefined
  if (typeof by === 'string' && setting === undefined) {
    look.report('spec/unknown-name', `${pointer}/by`, `no setting \`${by}\``, {
      help: didYouMean(by, Object.keys(settings)) ?? 'declare it below settings',
    })
  }
  const allowed = asList(own(asMap(setting), 'options')).map(plain)
  const offered = entries(own(auth, 'options'), `${pointer}/options`)
  for (const { key, value, pointer: here } of offered) {
    checkWord(look, value, here)
    if (allowed.length > 0 && !allowed.includes(key)) {
      look.report('spec/unknown-name', here, `\`${key}\` is none of the setting's options`, {
        where: { on: 'key' },
        help: didYouMean(key, allowed) ?? `options of ${plain(by)}: ${allowed.join(', ')}`,
      })
    }
  }
  const missing =
    offered.length > 0
      ? allowed.filter((value) => !offered.some(({ key }) => key === value) && !offered.some(({ key }) => !allowed.includes(key)))
      : []
  if (missing.length > 0)
    look.report('spec/missing-key', `${pointer}/options`, `no auth for ${missing.map((value) => `\`${value}\``).join(', ')}`, {
      where: { on: 'owner' },
    })
}
