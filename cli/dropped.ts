import type { Stream, ValueText } from '../runtime/types.ts'

/** Parts of a record that no field, id, kept value or filter reads: dotted paths, the highest ones only. */
export function droppedKeys(stream: Stream, records: readonly unknown[]): readonly string[] {
  const texts = [
    ...Object.values(stream.fields),
    ...Object.values(stream.keep),
    ...stream.id,
    ...stream.filters.map((f) => f.drop),
    stream.gone,
    stream.sorted_by,
  ]
  const used = texts.flatMap(pathsIn)
  const dropped = new Set<string>()
  for (const record of records) walk(record, '', used, dropped)
  return [...dropped].sort()
}

function walk(value: unknown, at: string, used: readonly string[], dropped: Set<string>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  for (const [key, inner] of Object.entries(value)) {
    const path = at === '' ? key : `${at}.${key}`
    if (used.some((u) => u === path || path.startsWith(`${u}.`))) continue
    if (used.some((u) => u.startsWith(`${path}.`))) walk(inner, path, used, dropped)
    else dropped.add(path)
  }
}

/** `emails[0].value` reads `emails`; `= record.?a.b == 'x'` reads `a.b`. Literals read nothing. */
function pathsIn(value: ValueText | null): readonly string[] {
  if (typeof value !== 'string') return []
  const text = value.trimStart()
  const quoted = (t: string): string => t.replace(/^\["([^"]*)"\]/, '$1')
  if (!text.startsWith('=')) return [quoted(text).replace(/\[.*$/, '').replace(/\.$/, '')].filter((path) => path !== '')
  const bare = text
    .slice(1)
    .replace(/\.\?/g, '.')
    .replace(/\[\?/g, '[')
    .replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''")
  const chains = bare.match(/[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/g) ?? []
  // `members.exists` reads `members`: what follows a method's name is no part of the record, and more than was read is never claimed.
  return chains.map((chain) => chain.replace(/^record\./, ''))
}
