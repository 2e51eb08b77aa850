/** Where a setting is named. */
import { settingsIn } from './check/expressions.ts'
import { texts } from './check/look.ts'
import type { Data } from './tree.ts'

type Open = { readonly [key: string]: unknown }

/** What a target tells by itself: no part of what is read. */
const WATCHING = new Set(['feeds', 'webhook'])

/** In any text outside `settings`; of the top-level keys those that `among` takes. */
export function usesSetting(data: Open, name: string, among: (key: string) => boolean = () => true): boolean {
  const braced = new RegExp(`\\{(settings\\.)?${name.replace(/[^\w-]/g, '')}\\}`)
  for (const [key, value] of Object.entries(data)) {
    if (key === 'settings' || !among(key)) continue
    for (const { text, pointer } of texts(value as Data, `/${key}`)) {
      if (braced.test(text) || text === `settings.${name}` || (pointer.endsWith('/by') && text === name)) return true
      if (settingsIn(text).some((one) => one.name === name)) return true
    }
  }
  return false
}

/** Named by a feed or the webhook, and nowhere else: what is read is the same with it and without it. */
export function isForWatchingOnly(data: Open, name: string): boolean {
  return usesSetting(data, name, (key) => WATCHING.has(key)) && !usesSetting(data, name, (key) => !WATCHING.has(key))
}
