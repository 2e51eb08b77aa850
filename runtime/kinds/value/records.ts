import { compileSteps, type PathStep, parsePath } from './path.ts'

export type RecordsFound =
  | { readonly ok: true; readonly records: readonly unknown[] }
  /** `what`: the path is not there, is null, or holds something that is no list. */
  | { readonly ok: false; readonly what: 'absent' | 'null' | 'type'; readonly because: string }
export type EmptyMark = 'absent' | 'null' | 'null_or_absent' | null

/**
 * Finds a page's records. Unlike a field's path nothing is left out: where `[*]` fans out, each branch must lead to a list,
 * or to what `empty` declares as "no records".
 */
export function compileRecords(text: string, empty: EmptyMark): (body: unknown) => RecordsFound {
  return compileLists(parsePath(text), text, empty)
}

function compileLists(steps: readonly PathStep[], text: string, empty: EmptyMark): (body: unknown) => RecordsFound {
  const each = steps.findLastIndex((step) => 'each' in step)
  const get = compileSteps(steps.slice(each + 1))
  if (each < 0) return (body) => asRecords(get(body), text, empty)
  const outer = compileLists(steps.slice(0, each), text, empty)
  return (body) => {
    const branches = outer(body)
    if (!branches.ok) return branches
    const records: unknown[] = []
    for (const branch of branches.records) {
      const found = asRecords(get(branch), text, empty)
      if (!found.ok) return found
      for (const record of found.records) records.push(record)
    }
    return { ok: true, records }
  }
}

function asRecords(value: unknown, text: string, empty: EmptyMark): RecordsFound {
  if (Array.isArray(value)) return { ok: true, records: value }
  const what = value === undefined ? 'absent' : value === null ? 'null' : 'type'
  if (what !== 'type' && (empty === what || empty === 'null_or_absent')) return { ok: true, records: [] }
  const seen =
    what === 'absent'
      ? 'is not in the answer'
      : what === 'null'
        ? 'is null'
        : `is ${typeof value === 'object' ? 'an object' : `a ${typeof value}`}`
  return { ok: false, what, because: `records path \`${text}\` ${seen}, and a list was declared` }
}
