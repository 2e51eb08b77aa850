/** Where settings are named. */
import { settingsIn } from './check/expressions.ts'
import { texts } from './check/look.ts'
import type { Data } from './tree.ts'

type Open = { readonly [key: string]: unknown }

/** What a target tells by itself: no part of what is read. */
const WATCHING = new Set(['feeds', 'webhook'])

const BRACED = /\{(?:settings\.)?([\w-]+)\}/g
const WHOLE = /^settings\.([\w-]+)$/

/** Names that stand in any text outside `settings` as a setting's would; of the top-level keys those that `among` takes. One walk for all. */
export function namedSettings(data: Open, among: (key: string) => boolean = () => true): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [key, value] of Object.entries(data)) {
    if (key === 'settings' || !among(key)) continue
    for (const { text, pointer } of texts(value as Data, `/${key}`)) {
      for (const [, name] of text.matchAll(BRACED)) names.add(name!)
      for (const { name } of settingsIn(text)) names.add(name)
      const whole = WHOLE.exec(text)?.[1]
      if (whole !== undefined) names.add(whole)
      if (pointer.endsWith('/by')) names.add(text)
    }
  }
  return names
}

/** Named by a feed or the webhook, and nowhere else: what is read is the same with them and without. */
export function settingsForWatchingOnly(data: Open): ReadonlySet<string> {
  const elsewhere = namedSettings(data, (key) => !WATCHING.has(key))
  return new Set([...namedSettings(data, (key) => WATCHING.has(key))].filter((name) => !elsewhere.has(name)))
}
