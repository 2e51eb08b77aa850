/** CEL and paths compile, and name what is there. */
import { compileCel, compileRecordCel } from '../../kinds/value/cel.ts'
import { compilePath } from '../../kinds/value/path.ts'
import { compileValue } from '../../kinds/value/value.ts'
import type { Json } from '../../types.ts'
import { didYouMean } from '../nearest.ts'
import type { Data } from '../tree.ts'
import { asMap, type Look, own, texts, tryCompile } from './look.ts'
import { givenBy, type Names } from './templates.ts'

const ANSWER = ['status', 'headers', 'body']

/** `expect`, `when`: one text or a list. Texts without `=` are already told. */
export function checkAnswerCel(look: Look, data: Data | undefined, pointer: string): void {
  for (const { text, pointer: here } of texts(data, pointer)) {
    if (isCel(text)) tryCompile(look, here, text, ANSWER, () => compileCel(text, { variables: ANSWER }))
  }
}

export function checkRecordCel(look: Look, data: Data | undefined, pointer: string, variables: readonly string[]): void {
  if (typeof data !== 'string' || !isCel(data)) return
  tryCompile(look, pointer, data, variables, () => compileRecordCel(data, variables))
  checkSettingNames(look, data, pointer)
}

/** CEL over exactly these names. */
export function checkCel(look: Look, data: Data | undefined, pointer: string, variables: readonly string[]): void {
  if (typeof data !== 'string' || !isCel(data)) return
  tryCompile(look, pointer, data, variables, () => compileCel(data, { variables }))
  checkSettingNames(look, data, pointer)
}

/** A value of `fields`, `keep` or `id`. */
export function checkValue(look: Look, data: Data | undefined, pointer: string, variables: readonly string[]): void {
  if (typeof data !== 'string' || data === '') return
  tryCompile(look, pointer, data, variables, () => compileValue(data as Json, variables))
  if (isCel(data) || data.startsWith('settings.')) checkSettingNames(look, data, pointer)
}

export function checkPath(look: Look, data: Data | undefined, pointer: string): void {
  if (typeof data === 'string' && data !== '') tryCompile(look, pointer, data, [], () => compilePath(data))
}

export const isCel = (text: string) => /^\s*=/.test(text)

/** Settings that an expression reads. */
export function settingsIn(text: string): readonly { readonly name: string; readonly offset: number }[] {
  return membersIn(text, 'settings')
}

function membersIn(text: string, variable: string): readonly { readonly name: string; readonly offset: number }[] {
  const bare = text.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, (literal) => ' '.repeat(literal.length))
  const pattern = new RegExp(`(?<![\\w.])${variable.replace(/[^\w-]/g, '')}\\.\\??(\\w+)`, 'g')
  return [...bare.matchAll(pattern)].map((found) => ({
    name: found[1]!,
    offset: found.index + found[0].length - found[1]!.length,
  }))
}

/** `group.nope` in a path or expression, where `group` is a parent of known members. */
export function checkMembers(look: Look, data: Data | undefined, pointer: string, variables: Names['variables']): void {
  if (typeof data !== 'string') return
  for (const [variable, members] of Object.entries(variables)) {
    if (members === null) continue
    for (const { name, offset } of membersIn(data, variable)) {
      if (members.includes(name)) continue
      const help = didYouMean(name, members) ?? givenBy(variable, members)
      look.report('spec/unknown-name', pointer, `\`${variable}.${name}\` leads nowhere`, {
        where: { on: 'value', offset, length: name.length },
        help,
      })
    }
  }
}

function checkSettingNames(look: Look, text: string, pointer: string): void {
  const settings = asMap(look.data['settings'])
  for (const { name, offset } of settingsIn(text)) {
    const where = { on: 'value', offset, length: name.length } as const
    const setting = own(settings, name)
    if (setting === undefined)
      look.report('spec/unknown-name', pointer, `no setting \`${name}\``, {
        where,
        help: didYouMean(name, Object.keys(settings)),
      })
    else if (asMap(setting)['type'] === 'secret')
      look.report('spec/secret-outside-auth', pointer, `the secret \`${name}\` cannot be read by an expression`, { where })
  }
}
