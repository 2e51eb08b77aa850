/** How scenarios of reading are written down: what must come of them, and what they have unless they say otherwise. */
import type { FaultClass, Said } from '../types.ts'
import * as fits from './fits.ts'
import type { Aim, ReadScenario, Size } from './read-types.ts'

/** Something is lost for good: whatever is said, not `complete`. */
export const LOST: readonly Said[] = ['incomplete', 'unproven']
/** Reading again may settle it; the oracle holds what is said against the truth. */
export const SETTLED: readonly Said[] = ['complete', 'incomplete', 'unproven']
export const WHOLE: readonly Said[] = ['complete']

export const SMALL: readonly Size[] = ['one', 'page-1', 'page', 'page+1', 'two', 'pages']
export const SEVERAL: readonly Size[] = ['page+1', 'two', 'pages']
export const PAGES: readonly Size[] = ['pages']

export type Rest = Partial<Omit<ReadScenario, 'name' | 'says' | 'aims' | 'side' | 'expected'>>
export const scenario =
  (cls: FaultClass, expected: readonly Said[]) =>
  (name: string, says: string, aims: readonly Aim[], rest: Rest = {}): ReadScenario => ({
    name,
    side: 'read',
    class: cls,
    says,
    expected,
    aims,
    sizes: SEVERAL,
    target: fits.paged,
    pages: 2,
    ...rest,
  })
export const lost = scenario('faulty', LOST)
export const settled = scenario('faulty', SETTLED)
export const odd = scenario('odd', WHOLE)
export const honest = scenario('honest', WHOLE)
