/** Writing HTML so that nothing from a target or a file can become part of the page's own text. */
import { safe } from '../../text.ts'

const NAMED: { readonly [sign: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Markup that was made here; anything else is escaped when it is put into it. */
export type Markup = { readonly markup: string }
type Part = Markup | string | number | readonly Markup[]

/** `` html`<td>${text}</td>` ``: texts and numbers are escaped, controls and direction marks shown as `\u202E`. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: texts.map((text, i) => text + (i < parts.length ? written(parts[i] as Part) : '')).join('') }
}

function written(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number')
    return safe(String(part)).replace(/[&<>"']/g, (sign) => NAMED[sign] as string)
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('')
}
