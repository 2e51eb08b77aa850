/**
 * A declared stream against one answer of its list, recorded or live: what of the declaration leads nowhere in it. Pure, and through
 * the same closures that a read uses, so that what passes here is what a read sees.
 */
import { openPage } from '../../record/page.ts'
import { pagesFindings, recordsFinding, totalFindings } from './around.ts'
import { type Sample, type SampleFinding, warning } from './finding.ts'
import { filterFindings, idFindings, isDropped, orderFindings, valueFindings } from './values.ts'

export type { Sample, SampleFinding } from './finding.ts'

/** Errors and warnings in the order of reading: records, pages, total, id, filters, fields. Nothing found: `[]`. */
export function sampleFindings(sample: Sample): readonly SampleFinding[] {
  const { compiled, answer } = sample
  const opened = openPage(compiled, compiled.pages.first(compiled.stream.pages), answer)
  const wrong = recordsFinding(sample, opened.ok ? null : opened.because, opened.ok ? opened.records.length : 0)
  if (wrong !== null || !opened.ok) return wrong === null ? [] : [wrong]
  const { records } = opened
  const around = [...pagesFindings(sample, opened.next, records), ...totalFindings(sample, opened)]
  if (records.length === 0) {
    const empty = warning(
      'sample/empty',
      'the answer has no records, so id, filters and fields are not checked',
      ['records'],
      'record a page with records',
    )
    return sample.recorded ? [...around, empty] : around
  }
  const kept = records.filter((record) => !isDropped(sample, record))
  return [
    ...around,
    ...idFindings(sample, records),
    ...filterFindings(sample, records),
    ...orderFindings(sample, records),
    ...valueFindings(sample, kept),
  ]
}
