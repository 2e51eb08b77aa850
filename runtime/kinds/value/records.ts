import { compileSteps, type PathStep, parsePath } from './path.ts'

export type RecordsFound =
  | { readonly ok: true; readonly records: readonly unknown[] }
  /** `what`: the path is not there, is null, or holds something that is no list. */
  | { readonly ok: false; readonly what: 'absent' | 'null' | 'type'; readonly because: string }
export type EmptyMark = 'absent' | 'null' | 'null_or_absent' | null

/**
 * Finds a page's records. Unlike a field's path nothing is left out: where `[*]` fans out, each branch must lead to a list,
 * or to what `empty` declares as "no records". An answer that says an error never stands for "no records".
 */
export function compileRecords(text: string, empty: EmptyMark): (body: unknown) => RecordsFound {
  const steps = parsePath(text)
  const find = compileLists(steps, text, empty)
  if (empty === null) return find
  const written = compileLists(steps, text, null)
  return (body) => {
    const found = find(body)
    if (!found.ok || found.records.length > 0 || written(body).ok) return found
    const error = errorIn(body)
    return error === null
      ? found
      : {
          ok: false,
          what: 'type',
          because: `records path \`${text}\` leads to no list, and the answer ${error}: that is no empty list`,
        }
  }
}

/** What a target writes beside a list that is left out because it is empty, and what it writes because it failed, told apart. */
function errorIn(body: unknown): string | null {
  if (body === null || body === undefined) return null
  if (typeof body !== 'object' || Array.isArray(body)) return `is ${Array.isArray(body) ? 'a list' : `a ${typeof body}`}`
  const said = (key: string): unknown =>
    Object.hasOwn(body, key) ? (body as { readonly [key: string]: unknown })[key] : undefined
  const named = ['error', 'errors', 'errorCode', 'errorMessage', 'error_description', 'exception', 'fault'].find((key) =>
    says(said(key)),
  )
  if (named !== undefined) return `has \`${named}\``
  const not = ['ok', 'success'].find((key) => said(key) === false)
  if (not !== undefined) return `says \`${not}: false\``
  const schemas = said('schemas')
  return Array.isArray(schemas) && schemas.includes('urn:ietf:params:scim:api:messages:2.0:Error') ? "is SCIM's Error" : null
}

/** Null, false, 0, an empty text, list or object say that there was no error. */
function says(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return value !== undefined && value !== null && value !== false && value !== 0 && value !== ''
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
