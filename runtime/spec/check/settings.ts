/** Settings fit their type and are used; the file says what it was written from. */
import { show } from '../diagnostic.ts'
import { namedSettings } from '../setting-use.ts'
import type { Data } from '../tree.ts'
import { asList, asMap, entries, type Found, type Look, own, plain } from './look.ts'

/** Last of the checks: a setting that seems unused because its use is misspelt is told once, at the use. */
export function checkSettings(look: Look, found: readonly Found[]): void {
  const used = namedSettings(look.data)
  for (const { value, pointer, key } of entries(look.data['settings'], '/settings')) {
    const setting = asMap(value)
    const preset = own(setting, 'default')
    const options = asList(own(setting, 'options'))
    if (setting['type'] === 'secret' && preset !== undefined)
      look.report('spec/secret-default', `${pointer}/default`, 'a secret has no default', {
        where: { on: 'key' },
        help: 'remove it; the operator gives the secret',
      })
    else if (preset !== undefined && !fits(setting['type'], preset))
      look.report('spec/wrong-type', `${pointer}/default`, `\`${show(JSON.stringify(preset))}\` is no ${plain(setting['type'])}`)
    else if (
      preset !== undefined &&
      options.length > 0 &&
      !options.includes(preset) &&
      options.every((one) => typeof one !== 'object')
    )
      look.report('spec/unknown-value', `${pointer}/default`, `\`${show(plain(preset))}\` is none of the options`)
    const told = found.some((one) => one.problem.code === 'spec/unknown-name' && (one.problem.help ?? '').includes(key))
    if (!told && !used.has(key))
      look.report('spec/unused-setting', pointer, `setting \`${show(key)}\` is never used`, {
        where: { on: 'key' },
        severity: 'warning',
      })
  }
  if (look.data['source'] === undefined && look.data['connector'] !== undefined) {
    look.report('spec/no-source', '/connector', 'no `source`: what was read to write this, and when?', {
      where: { on: 'key' },
      help: 'source: [{ url: https://…, read: 2026-11-20 }]',
      severity: 'warning',
    })
  }
}

function fits(type: Data | undefined, value: Data): boolean {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'list':
      return Array.isArray(value)
    case 'text':
    case 'hostname':
    case 'url':
      return typeof value === 'string'
    default:
      return true
  }
}
