import { names as namesIn, parseTemplate, renderText } from '../kinds/value/template.ts'
import type { Connector, Json } from '../types.ts'

/**
 * `secret` of `webhook.verify`, with what it names. `reveal`: of a setting of type secret; null: it is not given. Null: something that it
 * names is not there, or is empty: half a secret is none.
 */
export async function webhookSecret(
  { settings: declared, webhook }: Connector,
  settings: { readonly [name: string]: Json },
  reveal: (name: string) => Promise<string | null>,
): Promise<string | null> {
  const text = webhook?.verify['secret']
  if (typeof text !== 'string') return null
  const template = parseTemplate(text)
  const values = new Map<string, Json>()
  for (const dotted of namesIn(template)) {
    const name = dotted.replace(/^settings\./, '')
    const plain = Object.hasOwn(settings, name) ? settings[name] : undefined
    const value = Object.hasOwn(declared, name) && declared[name]?.type === 'secret' ? await reveal(name) : plain
    if (value === null || value === undefined || value === '') return null
    values.set(dotted, value)
  }
  return renderText(template, (name) => values.get(name))
}
