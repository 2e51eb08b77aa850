/** One link of a `Link` header. `rel` in lower case. */
export type Link = { readonly target: string; readonly rel: readonly string[] }

const OWS = /[ \t]*/y
const TARGET = /<([^>]*)>/y
const PARAM = /;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]*)[ \t]*(?:=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/y

/**
 * Parses a `Link` header (RFC 8288 §3, appendix B.2): quoted commas and semicolons, several relation types in one `rel`,
 * empty list members. Of several `rel` only the first counts; a link with an `anchor` is about something else and left out.
 * Null: malformed.
 */
export function parseLinkHeader(text: string): readonly Link[] | null {
  const links: Link[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found !== null) at = pattern.lastIndex
    return found
  }
  while (at < text.length) {
    take(OWS)
    if (text[at] === ',') {
      at += 1
      continue
    }
    if (at >= text.length) break
    const target = take(TARGET)
    if (target === null) return null
    let rel: string | null = null
    let anchored = false
    for (take(OWS); text[at] === ';'; take(OWS)) {
      const param = take(PARAM) as RegExpExecArray
      const name = (param[1] as string).toLowerCase()
      const value = param[2]?.replace(/\\(.)/g, '$1') ?? param[3] ?? ''
      if (name === 'rel') rel ??= value
      if (name === 'anchor') anchored = true
    }
    if (at < text.length && text[at] !== ',') return null
    if (!anchored) links.push({ target: target[1] as string, rel: (rel ?? '').toLowerCase().split(/\s+/).filter(Boolean) })
  }
  return links
}
