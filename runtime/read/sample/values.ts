/** What is read from each record of an answer: id, filters, order, fields, kept values. */
import { Failure } from '../../errors.ts'
import { celNames } from '../../kinds/value/cel.ts'
import { fieldOf, idOf, isTrue } from '../../record/rows.ts'
import type { ValueText } from '../../types.ts'
import { didYouMean, error, isPath, type Sample, type SampleFinding, ticked, warning } from './finding.ts'
import { lostAt, meant } from './trail.ts'

export function idFindings(sample: Sample, records: readonly unknown[]): readonly SampleFinding[] {
  const { compiled, vars } = sample
  const single = compiled.id.length === 1
  const found = compiled.id.flatMap((part, index) => {
    const tried = tryAll(records, (record) => idOf({ ...compiled, id: [part] }, record, vars))
    const at = single ? ['id'] : ['id', String(index)]
    return tried.failed === 0
      ? []
      : [failing(sample, 'sample/no-id', 'id', compiled.stream.id[index] ?? null, records, tried, at)]
  })
  if (found.length > 0) return found
  const ids = new Map<string, string>()
  let twice = 0
  for (const record of records) {
    const id = idOf(compiled, record, vars)
    const text = JSON.stringify(record)
    if (ids.has(id) && ids.get(id) !== text) twice++
    else ids.set(id, text)
  }
  return twice === 0
    ? []
    : [
        warning(
          'sample/no-id',
          `${twice} of ${records.length} records have an id that another, different record of the page has`,
          ['id'],
          null,
        ),
      ]
}

export function filterFindings(sample: Sample, records: readonly unknown[]): readonly SampleFinding[] {
  return sample.compiled.filters.flatMap((filter, index) => {
    const tried = tryAll(records, (record) => isTrue(filter.drop(record, sample.vars)))
    const text = sample.compiled.stream.filters[index]?.drop ?? null
    return tried.failed === 0
      ? []
      : [failing(sample, 'sample/filter', `filter ${filter.name}`, text, records, tried, ['filters', String(index), 'drop'])]
  })
}

export function isDropped({ compiled, vars }: Sample, record: unknown): boolean {
  return compiled.filters.some((filter) => tryAll([record], () => isTrue(filter.drop(record, vars))).values[0] === true)
}

export function orderFindings(sample: Sample, records: readonly unknown[]): readonly SampleFinding[] {
  const { sorted_by, stream } = sample.compiled
  if (sorted_by === null || stream.sorted_by === null) return []
  const without = records.filter((record) => !['string', 'number'].includes(typeof sorted_by(record))).length
  if (without === 0) return []
  return [
    error(
      'sample/field',
      `sorted_by path \`${stream.sorted_by}\` has no text or number in ${without} of ${records.length} records`,
      ['sorted_by'],
      hintFor(sample, stream.sorted_by, records),
    ),
  ]
}

export function valueFindings(sample: Sample, records: readonly unknown[]): readonly SampleFinding[] {
  const { compiled, vars } = sample
  const { stream } = compiled
  const fields = compiled.fields.flatMap((field) => {
    const tried = tryAll(records, (record) => fieldOf(field, record, vars))
    return ofValue(sample, field.name, stream.fields[field.name] ?? null, records, tried, ['fields', field.name])
  })
  const keep = compiled.keep.flatMap(({ name, of }) => {
    const tried = tryAll(records, (record) => of(record, vars) ?? undefined)
    return ofValue(sample, name, stream.keep[name] ?? null, records, tried, ['keep', name])
  })
  return [...fields, ...keep]
}

function ofValue(
  sample: Sample,
  name: string,
  text: ValueText,
  records: readonly unknown[],
  tried: Tried,
  at: readonly string[],
): readonly SampleFinding[] {
  if (tried.failed > 0) return [failing(sample, 'sample/field', name, text, records, tried, at)]
  if (records.length === 0 || tried.values.some((value) => value !== undefined) || text === null) return []
  const how = isPath(text) ? `path \`${text}\` leads to nothing` : 'it has no value'
  return [
    warning(
      'sample/field',
      `${name}: ${how} in ${records.length === 1 ? 'the only record' : `any of ${records.length} records`}`,
      at,
      hintFor(sample, text, records),
    ),
  ]
}

type Tried = { readonly values: readonly unknown[]; readonly failed: number; readonly first: number; readonly because: string }

function tryAll(records: readonly unknown[], read: (record: unknown) => unknown): Tried {
  const values: unknown[] = []
  const faults: { readonly index: number; readonly because: string }[] = []
  records.forEach((record, index) => {
    try {
      values.push(read(record))
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause
      faults.push({ index, because: cause.message })
    }
  })
  return { values, failed: faults.length, first: faults[0]?.index ?? -1, because: faults[0]?.because ?? '' }
}

function failing(
  sample: Sample,
  code: SampleFinding['code'],
  name: string,
  text: ValueText,
  records: readonly unknown[],
  tried: Tried,
  at: readonly string[],
): SampleFinding {
  const many =
    tried.failed === records.length && records.length > 1
      ? `in all ${records.length} records`
      : `in ${tried.failed} of ${records.length} records, first in number ${tried.first + 1}`
  const said = tried.because.startsWith(name) ? tried.because : `${name}: ${tried.because}`
  const made_up = sample.assumed.filter((word) => typeof text === 'string' && new RegExp(`\\b${word}\\b`).test(text))
  if (made_up.length > 0)
    return warning(
      code,
      `${said} ${many}, over made-up values of ${made_up.map(ticked).join(', ')}`,
      at,
      'give a --sample of the parent stream too',
    )
  if (sample.compiled.stream.expand !== null && code === 'sample/field')
    return warning(code, `${said} ${many}`, at, '`expand` may bring it: that answer is not part of the sample')
  const where = isPath(text) ? ` (path \`${text}\`)` : ''
  return error(code, `${said} ${many}${where}`, at, hintFor(sample, text, records))
}

/** What was probably meant by a path or by the names of an expression. */
function hintFor(sample: Sample, text: ValueText, records: readonly unknown[]): string | null {
  if (isPath(text)) {
    const lost = lostAt(text, records)
    const near = lost === null ? null : meant(lost, records, sample.nearest, (value) => value !== null && value !== '')
    return near === null ? null : didYouMean(near)
  }
  if (typeof text !== 'string') return null
  const keys = [
    ...new Set(records.flatMap((record) => (typeof record === 'object' && record !== null ? Object.keys(record) : []))),
  ]
  const strange = celNames(text).filter((name) => name !== 'record' && !Object.hasOwn(sample.vars, name) && !keys.includes(name))
  const near = strange.map((name) => sample.nearest(name, keys)).find((name) => name !== null)
  return near === undefined || near === null ? null : didYouMean(near)
}
