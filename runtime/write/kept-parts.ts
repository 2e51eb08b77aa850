/**
 * The parts of the target's record that an action names: what the look before must keep, so that a change taken up again after a crash sends
 * and sees what it would have without. Only those, in the history and nowhere else: the rest of a record is nobody's business later. Pure.
 */
import { celPaths } from '../kinds/value/cel-paths.ts'
import { parsePath } from '../kinds/value/path.ts'
import { names, parseTemplate } from '../kinds/value/template.ts'
import type { Action, Json, JsonObject } from '../types.ts'

export type Part = readonly string[]

/** `record` of a step is the record of the look before; that of a probe is what was just read. */
export function partsOf({ steps, verify, job }: Action): readonly Part[] {
  const all = [
    ...steps.flatMap(({ send }) => textsIn(send).flatMap((text) => partsIn(text, ['record', 'before']))),
    ...(job === null ? [] : textsIn(job.poll).flatMap((text) => partsIn(text, ['record', 'before']))),
    ...verify.flatMap(({ probe }) => [
      ...textsIn(probe).flatMap((text) => partsIn(text, ['before'])),
      ...(probe.kind === 'moved' && typeof probe['path'] === 'string' ? [pathPart(probe['path'])] : []),
    ]),
  ]
  // The name alone (`before == null`) asks for no part of it.
  return all.filter((part) => part.length > 0)
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

function partsIn(text: string, roots: readonly string[]): readonly Part[] {
  if (roots.some((root) => new RegExp(`\\b${root}\\b`).test(text)) && text.startsWith('=')) return celPaths(text, roots)
  return text.includes('{record.')
    ? names(parseTemplate(text)).flatMap((name) => (name.startsWith('record.') ? [name.split('.').slice(1)] : []))
    : []
}

function pathPart(text: string): Part {
  const steps = parsePath(text)
  const end = steps.findIndex((step) => !('key' in step))
  return (end < 0 ? steps : steps.slice(0, end)).map((step) => ('key' in step ? step.key : ''))
}

/** The record with these parts only; a list on the way is kept as a whole. */
export function keptOf(record: object, parts: readonly Part[]): JsonObject {
  const kept: { [key: string]: Json } = {}
  for (const part of parts) copy(record as JsonObject, kept, part)
  return kept
}

function copy(from: JsonObject, to: { [key: string]: Json }, [key, ...rest]: Part): void {
  if (key === undefined || !Object.hasOwn(from, key)) return
  const value = from[key] as Json
  const inner = to[key]
  if (rest.length === 0 || !isObject(value)) to[key] = value
  else {
    const into = isObject(inner) ? inner : {}
    if (inner === undefined) to[key] = into
    // What another part keeps as a whole stays whole.
    if (inner !== value) copy(value, into as { [key: string]: Json }, rest)
  }
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)
