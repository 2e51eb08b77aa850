import { Failure } from '../runtime/errors.ts'
import { didYouMean } from '../runtime/spec/nearest.ts'
import { settingValue } from '../runtime/spec/setting-value.ts'
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

const described = (setting: Setting): string =>
  `${/^[aiu]/.test(setting.type) && setting.type !== 'url' ? 'an' : 'a'} ${setting.type}`
