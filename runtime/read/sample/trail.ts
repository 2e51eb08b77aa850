/** Where a path leaves what an answer really holds, and what was probably meant. Pure; for messages, not for reading. */
import { type PathStep, parsePath } from '../../kinds/value/path.ts'

/** The word of `among` that is closest to the first argument, or null. */
export type Nearest = (word: string, among: readonly string[]) => string | null

/** The first step that none of the values has. `keys`: what stands there instead, the most frequent first. */
export type Lost = {
  readonly before: readonly PathStep[]
  readonly key: string
  readonly after: readonly PathStep[]
  readonly keys: readonly string[]
}

/** Null where at least one of the values has the whole path, be it with null. */
export function lostAt(path: string, roots: readonly unknown[]): Lost | null {
  const steps = parsePath(path)
  let values = roots
  for (const [index, step] of steps.entries()) {
    const next = values.flatMap((value) => below(value, step))
    if (next.length === 0 && values.length > 0 && 'key' in step)
      return { before: steps.slice(0, index), key: step.key, after: steps.slice(index + 1), keys: keysOf(values) }
    values = next
  }
  return null
}

/** The path that was probably meant: a near key at that level, else the same key elsewhere in the value. */
export function meant(lost: Lost, roots: readonly unknown[], nearest: Nearest, fits: (value: unknown) => boolean): string | null {
  const near = nearest(lost.key, lost.keys)
  if (near !== null) {
    const steps = [...lost.before, { key: near }, ...lost.after]
    if (roots.some((root) => reach(root, steps).some(fits))) return written(steps)
  }
  const last = [...lost.after].reverse().find((step) => 'key' in step) ?? { key: lost.key }
  const wanted = 'key' in last ? last.key : lost.key
  for (const root of roots.slice(0, 3)) {
    const elsewhere = walk(root, (key, value) => key === wanted && fits(value))
    if (elsewhere[0] !== undefined) return written(elsewhere[0])
  }
  return null
}

/** Paths of the lists in an answer, outermost first. */
export function listsIn(body: unknown): readonly string[] {
  return [...(Array.isArray(body) ? ['[]'] : []), ...walk(body, (_key, value) => Array.isArray(value)).map(written)]
}

function reach(root: unknown, steps: readonly PathStep[]): readonly unknown[] {
  return steps.reduce<readonly unknown[]>((values, step) => values.flatMap((value) => below(value, step)), [root])
}

function below(value: unknown, step: PathStep): readonly unknown[] {
  if ('each' in step) return Array.isArray(value) ? value : []
  if ('index' in step) return Array.isArray(value) && step.index < value.length ? [value[step.index]] : []
  return isMap(value) && Object.hasOwn(value, step.key) ? [value[step.key]] : []
}

function keysOf(values: readonly unknown[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const value of values) if (isMap(value)) for (const key of Object.keys(value)) counts.set(key, (counts.get(key) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1]).map(([key]) => key)
}

const DEPTH = 4
const MOST = 200

/** Paths below objects at which `take` says yes; nearer ones first. */
function walk(root: unknown, take: (key: string, value: unknown) => boolean): readonly (readonly PathStep[])[] {
  const found: (readonly PathStep[])[] = []
  let level: (readonly [value: unknown, steps: readonly PathStep[]])[] = [[root, []]]
  for (let depth = 0; depth < DEPTH; depth++) {
    const next: typeof level = []
    for (const [value, steps] of level.slice(0, MOST)) {
      if (!isMap(value)) continue
      for (const [key, inner] of Object.entries(value)) {
        const at = [...steps, { key }]
        if (take(key, inner)) found.push(at)
        next.push([inner, at])
      }
    }
    level = next
  }
  return found
}

function written(steps: readonly PathStep[]): string {
  return steps
    .map((step, index) => {
      if ('each' in step) return '[*]'
      if ('index' in step) return `[${step.index}]`
      const plain = /^[\p{L}\p{N}_@$:#-]+$/u.test(step.key) || (index === 0 && /^@odata\.[\p{L}\p{N}_@$:#-]+$/u.test(step.key))
      return plain ? `${index === 0 ? '' : '.'}${step.key}` : `[${JSON.stringify(step.key)}]`
    })
    .join('')
}

const isMap = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
