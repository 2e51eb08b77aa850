/** How a record looks, as far as its connector tells: a value at every place that is read, of the kind that our field's name says. */
import type { Stream } from '../../../runtime/types.ts'
import { at, put } from '../twin/path.ts'
import type { Native, Template } from '../twin/types.ts'
import { comparisons } from './satisfy.ts'

const LISTS = new Set(['scopes'])

const NAMED: { readonly [field: string]: Template } = {
  userName: '{login}@lab.test',
  email: '{login}@lab.test',
  givenName: '{given}',
  familyName: '{family}',
  active: {
    $pick: [
      [8, true],
      [1, false],
    ],
  },
  title: { $pick: ['Engineer', 'Accountant', 'Nurse'] },
  department: { $pick: ['Sales', 'Research'] },
  employeeNumber: 'E{n}',
  accountType: 'user',
  privileged: false,
  mfa: true,
}

function madeOf(field: string, stream: Stream): Template {
  const named = NAMED[field]
  if (named !== undefined) return named
  if (/At$|^since$|^until$|Date$/.test(field)) return '{created}'
  if (/Count$/.test(field)) return 0
  if (LISTS.has(field)) return [`${field} {n}`]
  if (field === 'displayName') return stream.is === 'account' ? '{given} {family}' : `${stream.title} {n}`
  return `${field} {n}`
}

/** A path, and neither an expression nor a fixed value. */
export const pathOf = (value: unknown): string | null => (typeof value === 'string' && !value.startsWith('=') ? value : null)

export type Made = {
  readonly record: Native
  /** What our fields must be in the store, told from the record. */
  readonly truth: { readonly [field: string]: Template }
  /** Fields of which it is not known what they should be: expressions. */
  readonly untold: readonly string[]
}

/** `variables`: names of the lists above, which are no part of the record. `own`: places that have their value already. */
export function makeRecord(stream: Stream, variables: readonly string[], own: Native): Made {
  const record: Native = structuredClone(own)
  const truth: { [field: string]: Template } = {}
  const untold: string[] = []
  const values = [...Object.entries(stream.fields), ...Object.entries(stream.keep)]
  const set = (path: string, value: Template): void => {
    if (at(record, path) === undefined) put(record, path, value)
  }
  // What is compared with fixed values comes first: the same place may be a field of its own.
  const expressions = [...values.flatMap(([, value]) => (typeof value === 'string' && value.startsWith('=') ? [value] : []))]
  // Nobody is one that a filter drops, or that counts as gone.
  for (const drop of [...stream.filters.map((one) => one.drop), ...(stream.gone === null ? [] : [stream.gone])])
    for (const { path, values: lits, is } of comparisons(drop, ['record', ''])) {
      const [first = null] = lits
      if (path === '' || is === 'there' || is === 'more' || variables.includes(path.split('.')[0] ?? '')) continue
      set(path, is === 'other' ? first : typeof first === 'boolean' ? !first : 'OTHER')
    }
  const compared = Map.groupBy(
    expressions
      .flatMap((one) => comparisons(one, ['record', '']))
      .filter(({ path }) => !variables.some((name) => path === name || path.startsWith(`${name}.`))),
    ({ path }) => path,
  )
  for (const [path, some] of compared) {
    const options = [...new Set(some.flatMap(({ values: list }) => list))].filter((one) => one !== null)
    const texts = options.filter((one) => typeof one === 'string')
    if (path !== '' && options.length > 0) set(path, texts.length > 0 ? { $pick: [...texts, 'OTHER'] } : { $pick: options })
  }
  for (const [field, value] of values) {
    const path = pathOf(value)
    if (path !== null) set(path, madeOf(field, stream))
  }
  for (const [field, value] of Object.entries(stream.fields)) {
    const told = truthOf(value, record)
    if (told === undefined) untold.push(field)
    else truth[field] = told
  }
  return { record, truth, untold }
}

/** A place, a place compared with fixed values, or a fixed value; undefined where it is more than that. */
function truthOf(value: unknown, record: Native): Template | undefined {
  const path = pathOf(value)
  // Instants may be written otherwise in the store, and numbers are the parent's own count: only texts and flags are held against it.
  if (path !== null) return ['{created}', 0].includes(at(record, path) as string) ? undefined : `{record.${path}}`
  if (typeof value === 'object' && value !== null && 'literal' in value) return value.literal as Template
  if (typeof value !== 'string') return value as Template
  const text = value.replace(/^=\s*/, '')
  const [, not, flag] = /^(!?)([\w.]+)$/.exec(text) ?? []
  if (flag !== undefined && at(record, plain(flag)) !== undefined)
    return not === '!' ? { $not: `{record.${plain(flag)}}` } : `{record.${plain(flag)}}`
  const [one] = comparisons(value, ['record', ''])
  const alone = one !== undefined && /^[\w.]+\s*(==\s*('[^']*'|"[^"]*"|true|false)|in\s*\[[^\]]*\])$/.test(text)
  return alone && one.path !== '' ? { $in: [`{record.${one.path}}`, [...one.values]] } : undefined
}

const plain = (path: string): string => path.replace(/^record\./, '')
