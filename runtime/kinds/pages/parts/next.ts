import type { FailureCode, Next, PageState } from '../../../types.ts'

export const page = (state: PageState): Next => ({ kind: 'page', state })
export const end = (mark: string): Next => ({ kind: 'end', mark })
export const broken = (code: FailureCode, because: string): Next => ({ kind: 'broken', code, because })

/** For messages; never the value. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'absent'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
