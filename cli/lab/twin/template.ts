/** Values with holes, and the few operators of a twin file. */
import type { Json } from '../../../runtime/types.ts'
import type { Random } from '../random.ts'
import { at, isObject } from './path.ts'
import type { Lists, Native, Scope, Template, Where } from './types.ts'

/** `lists`: none while a world is made. */
export type Ground = { readonly scope: Scope; readonly random: Random | null; readonly lists: Lists | null }

/** Undefined: no value; in an object the key is left out. Throws where a file asks for what is not there to be asked. */
export function render(template: Template, ground: Ground): Json | undefined {
  if (typeof template === 'string') return text(template, ground.scope)
  if (Array.isArray(template)) return template.map((item: Json) => render(item, ground)).filter((item) => item !== undefined)
  if (!isObject(template)) return template
  const operator = Object.keys(template).find((key) => key.startsWith('$') && OPERATORS[key] !== undefined)
  if (operator !== undefined) return (OPERATORS[operator] as Operator)(template, ground)
  const out: Native = {}
  for (const [key, value] of Object.entries(template)) {
    const rendered = render(value, ground)
    if (rendered !== undefined) out[key] = rendered
  }
  return out
}

export function text(template: string, scope: Scope): Json | undefined {
  if (!template.includes('{')) return template
  const end = template.length - 1
  if (end > 1 && template.startsWith('{') && template.indexOf('}') === end && template.lastIndexOf('{') === 0)
    return scope(template.slice(1, end))
  return template
    .replaceAll(/\{\{|\{([^{}]+)\}/g, (hole, name: string | undefined) => (name === undefined ? hole : String(scope(name) ?? '')))
    .replaceAll('{{', '{')
}

/** `record.a.b` → `record`, `a.b`; `list[0]` → `list`, `[0]`. */
export function headOf(name: string): { readonly head: string; readonly rest: string } {
  const cut = name.search(/[.[]/)
  return cut < 1 ? { head: name, rest: '' } : { head: name.slice(0, cut), rest: name.slice(name[cut] === '.' ? cut + 1 : cut) }
}

/** Heads (`record`) → a value, into which the rest of the name is a path, or a function of the rest. */
export function scopeOf(heads: { readonly [head: string]: Json | undefined | ((rest: string) => Json | undefined) }): Scope {
  return (name) => {
    const { head, rest } = headOf(name)
    const value = Object.hasOwn(heads, head) ? heads[head] : undefined
    return typeof value === 'function' ? value(rest) : at(value, rest)
  }
}

type Operator = (template: { readonly [key: string]: Json }, ground: Ground) => Json | undefined

const same = (a: Json | undefined, b: Json | undefined) => a === b || JSON.stringify(a) === JSON.stringify(b)

const OPERATORS: { readonly [name: string]: Operator } = {
  $pick: (template, ground) => {
    const choices = template['$pick'] as readonly Json[]
    const weighted = choices.every((one) => Array.isArray(one) && one.length === 2 && typeof one[0] === 'number')
    const weights = choices.map((one) => (weighted ? ((one as readonly Json[])[0] as number) : 1))
    const drawn = (ground.random?.() ?? 0) * weights.reduce((sum, weight) => sum + weight, 0)
    const upTo = (place: number) => weights.slice(0, place + 1).reduce((sum, weight) => sum + weight, 0)
    const chosen = choices.find((_, place) => drawn < upTo(place)) ?? choices.at(-1)
    return render((weighted ? (chosen as readonly Json[])[1] : chosen) as Json, ground)
  },
  $maybe: (template, ground) =>
    (ground.random?.() ?? 0) < Number(template['$maybe']) ? render(template['value'] ?? null, ground) : undefined,
  $in: (template, ground) => {
    const [value, list] = template['$in'] as readonly [Json, readonly Json[]]
    const found = render(value, ground)
    return list.some((one) => same(render(one, ground), found))
  },
  $is: (template, ground) => {
    const [a, b] = template['$is'] as readonly [Json, Json]
    return same(render(a, ground), render(b, ground))
  },
  $not: (template, ground) => render(template['$not'] as Json, ground) !== true,
  $all: (template, ground) => (template['$all'] as readonly Json[]).every((one) => render(one, ground) === true),
  $if: (template, ground) => {
    const [condition, so, otherwise = null] = template['$if'] as readonly Json[]
    return render((render(condition as Json, ground) === true ? so : otherwise) as Json, ground)
  },
  $first: (template, ground) => {
    for (const one of template['$first'] as readonly Json[]) {
      const value = render(one, ground)
      if (value !== undefined && value !== null) return value
    }
    return null
  },
  $text: (template, ground) => {
    const value = render(template['$text'] as Json, ground)
    return value === undefined || value === null ? value : String(value)
  },
  $number: (template, ground) => {
    const value = render(template['$number'] as Json, ground)
    return value === undefined || value === null ? value : Number(value)
  },
  $lower: (template, ground) => String(render(template['$lower'] as Json, ground) ?? '').toLowerCase(),
  $join: (template, ground) => {
    const [list, separator] = template['$join'] as readonly [Json, string]
    return ((render(list, ground) ?? []) as readonly Json[]).map(String).join(separator)
  },
  $count: (template, ground) => {
    if (ground.lists === null) throw new Error('$count is asked for before there is a world')
    return ground.lists.count(String(template['$count']), template['where'] as Where | undefined, ground.scope)
  },
  $list: (template, ground) => {
    if (ground.lists === null) throw new Error('$list is asked for before there is a world')
    return ground.lists.list(String(template['$list']), template['where'] as Where | undefined, template['as'], ground.scope)
  },
}
export const OPERATOR_NAMES: readonly string[] = Object.keys(OPERATORS)
