import { Failure } from '../errors.ts'
import { Secret } from '../secret.ts'
import { didYouMean } from '../spec/nearest.ts'
import { settingValue } from '../spec/setting-value.ts'
import type { Connector, Json } from '../types.ts'
import { InputFailure } from './problems.ts'

export type Given = {
  readonly settings: { readonly [name: string]: Json }
  readonly secrets: { readonly [name: string]: Secret }
}

/** Against what the connector declares: names, types, options, defaults. Never says a value. Throws `api/settings` with every fault. */
export function settingsOf(
  connector: Connector,
  settings: { readonly [name: string]: Json },
  secrets: { readonly [name: string]: string },
): Given {
  const faults: { at: string; because: string }[] = []
  const values: { [name: string]: Json } = {}
  const sealed: { [name: string]: Secret } = {}
  const names = Object.keys(connector.settings)
  for (const [name, value] of Object.entries(settings)) {
    const declared = Object.hasOwn(connector.settings, name) ? connector.settings[name] : undefined
    if (declared === undefined)
      faults.push({
        at: `/settings/${name.slice(0, 60)}`,
        because: `is not known; ${didYouMean(name, names) ?? `there are ${names.join(', ')}`}`,
      })
    else if (declared.type === 'secret') faults.push({ at: `/settings/${name}`, because: 'is a secret; give it under `secrets`' })
    else
      try {
        const texts = Array.isArray(value) ? value.map(textOf) : [textOf(value as Json)]
        values[name] = settingValue(name, declared, texts)
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        faults.push({ at: `/settings/${name}`, because: error.message })
      }
  }
  for (const [name, value] of Object.entries(secrets)) {
    const declared = Object.hasOwn(connector.settings, name) ? connector.settings[name] : undefined
    if (declared?.type !== 'secret')
      faults.push({ at: `/secrets/${name.slice(0, 60)}`, because: 'is no secret of this connector' })
    else sealed[name] = new Secret(value)
  }
  for (const [name, { type, required, default: fallback }] of Object.entries(connector.settings)) {
    if (type === 'secret' || Object.hasOwn(values, name)) continue
    if (fallback !== undefined) values[name] = fallback
    else if (required && !faults.some(({ at }) => at === `/settings/${name}`))
      faults.push({ at: `/settings/${name}`, because: 'is missing' })
  }
  const [first] = faults
  if (first !== undefined) throw new InputFailure('api/settings', first.at, `${first.at} ${first.because}`, faults)
  return { settings: values, secrets: sealed }
}

function textOf(value: Json): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new Failure('api/settings', '', 'is neither text, number, boolean nor a list of these')
}
