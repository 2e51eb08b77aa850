/** What stands around the records of an answer: the list itself, what names the next page, the declared total. */
import type { KindOptions } from '../../types.ts'
import { didYouMean, error, type Sample, type SampleFinding, ticked, warning } from './finding.ts'
import { listsIn, lostAt, meant } from './trail.ts'

export function recordsFinding(sample: Sample, because: string | null, received: number): SampleFinding | null {
  const { answer, compiled } = sample
  if (because === null && received > 0) return null
  const path = compiled.stream.records
  const lost = lostAt(path, [answer.body])
  const near = lost === null ? null : meant(lost, [answer.body], sample.nearest, Array.isArray)
  // Declared `empty: absent`, so a misspelt path is an empty list for ever.
  if (because === null)
    return near === null
      ? null
      : error(
          'sample/no-records',
          `records path \`${path}\` is not in the answer, which \`empty\` takes for an empty list`,
          ['records'],
          didYouMean(near),
        )
  const lists = listsIn(answer.body).slice(0, 4).map(ticked)
  const otherwise = lists.length === 0 ? null : `the answer has a list at ${lists.join(', ')}`
  // The hint to declare `empty` would mislead where the list is there under a near name.
  return error(
    'sample/no-records',
    near === null ? because : (because.split('; ')[0] as string),
    ['records'],
    near === null ? otherwise : didYouMean(near),
  )
}

type Place = { readonly at: readonly string[]; readonly path: string; readonly in: 'body' | 'headers' | 'last' }

/** Options of the paging word that are read from an answer. */
function placesOf(pages: KindOptions): readonly Place[] {
  const { kind, from, path, total, end } = pages as { readonly [option: string]: unknown; readonly kind: string }
  const place = (value: unknown, ...at: readonly string[]): readonly Place[] => {
    if (typeof value === 'string') return [{ at: ['pages', ...at], path: value, in: 'body' }]
    const { header, last_record } = (value ?? {}) as { readonly header?: string; readonly last_record?: string }
    if (header !== undefined) return [{ at: ['pages', ...at, 'header'], path: header, in: 'headers' }]
    return last_record === undefined ? [] : [{ at: ['pages', ...at, 'last_record'], path: last_record, in: 'last' }]
  }
  const { flag, last_page, link } = (typeof end === 'object' && end !== null ? end : {}) as {
    readonly flag?: string
    readonly last_page?: string
    readonly link?: string
  }
  return [
    ...(kind === 'cursor' ? place(from, 'from') : []),
    ...(kind === 'next_url' ? place(path, 'path') : []),
    ...place(total, 'total'),
    ...place(flag, 'end', 'flag'),
    ...place(last_page, 'end', 'last_page'),
    ...(kind === 'link' || link !== undefined
      ? [{ at: kind === 'link' ? ['pages'] : ['pages', 'end', 'link'], path: 'link', in: 'headers' } as const]
      : []),
  ]
}

export function pagesFindings(
  sample: Sample,
  next: { readonly kind: string; readonly because?: string; readonly mark?: string },
  records: readonly unknown[],
): readonly SampleFinding[] {
  const { answer, compiled, recorded } = sample
  const bare = recorded && Object.keys(answer.headers).length === 0
  const lost = placesOf(compiled.stream.pages).flatMap((place) => {
    const roots = { body: [answer.body], headers: [answer.headers], last: records.slice(-1) }[place.in]
    const path = place.in === 'headers' ? `["${place.path.toLowerCase()}"]` : place.path
    const found = lostAt(path, roots)
    return found === null ? [] : [{ ...place, near: place.path === 'link' ? null : meant(found, roots, sample.nearest, isMark) }]
  })
  const first = lost.find((one) => one.near !== null) ?? lost[0]
  if (bare && lost.some((one) => one.in === 'headers'))
    return [
      warning(
        'sample/last-page',
        'the sample holds no headers, and what follows a page stands in one: paging is not checked',
        first?.at ?? ['pages'],
        'record it as { status, headers, body }',
      ),
    ]
  if (next.kind === 'broken')
    return [
      error('sample/pages', next.because ?? '', first?.at ?? ['pages'], first?.near == null ? null : didYouMean(first.near)),
    ]
  if (next.kind !== 'end' || first === undefined) return []
  if (first.near !== null)
    return [
      error(
        'sample/pages',
        `\`${first.path}\` is not in the answer, which the declared end takes for the end of the list`,
        first.at,
        didYouMean(first.near),
      ),
    ]
  return recorded
    ? [
        warning(
          'sample/last-page',
          `this answer is a last page (${next.mark}), so where the next one begins is not checked`,
          first.at,
          'record a page that another one follows',
        ),
      ]
    : []
}

const isMark = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean'

export function totalFindings(
  sample: Sample,
  opened: { readonly total: number | null; readonly total_broken: string | null },
): readonly SampleFinding[] {
  const { answer, compiled, recorded } = sample
  if (compiled.total === null || opened.total !== null) return []
  const index = compiled.stream.prove.findIndex((word) => word.kind === 'total')
  const { header, path } = compiled.stream.prove[index] as { readonly header?: string; readonly path?: string }
  const at = ['prove', String(index), header === undefined ? 'path' : 'header']
  if (header !== undefined && recorded && Object.keys(answer.headers).length === 0)
    return [
      warning(
        'sample/total',
        'the sample holds no headers, so the declared total is not checked',
        at,
        'record it as { status, headers, body }',
      ),
    ]
  const root = header === undefined ? answer.body : answer.headers
  const lost = lostAt(header === undefined ? String(path) : `["${header.toLowerCase()}"]`, [root])
  const near = lost === null ? null : meant(lost, [root], sample.nearest, isMark)
  const message = opened.total_broken ?? `the declared total \`${header ?? path}\` is not in the answer`
  return [error('sample/total', message, at, near === null ? null : didYouMean(near))]
}
