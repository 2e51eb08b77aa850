import type { Next, PageState } from '../../../types.ts'
import type { PageView } from '../../kind.ts'
import { broken, page } from './next.ts'

/** Paging by a row's number. `net`: rows received so far, each once. `again`: how many of them the page in question repeats. */
export type RowState = { readonly net: number; readonly again: number }

export const overlapOption = {
  type: 'integer',
  enum: [0, 1],
  default: 1,
  description: 'How many rows each page asks again, so that rows that shift between two pages are seen.',
} as const

export const firstRows: RowState & PageState = { net: 0, again: 0 }

/** The state is our own, but it comes back from a store. */
export function rowState(state: PageState): RowState {
  const { net, again } = state as Partial<RowState>
  return { net: net ?? 0, again: again ?? 0 }
}

/** Of a list that ended at its total after this page: the row behind all that came. */
export function behindRows(state: PageState, view: PageView): RowState & PageState {
  const { net, again } = rowState(state)
  return { net: net + view.received - again, again: 0 }
}

/**
 * Steps by rows received, so that a server that gives fewer than asked for is no fault. `decide` gets the rows so far and what
 * this page added; null means that more follows.
 */
export function stepRows(
  state: PageState,
  view: PageView,
  overlap: number,
  decide: (net: number, gained: number) => Next | null,
): Next {
  const { net, again } = rowState(state)
  if (view.received < again) {
    return broken('pages/hole', `the row asked for again at ${net} did not come: rows moved, or the page is empty by a fault`)
  }
  const gained = view.received - again
  const now = net + gained
  const said = decide(now, gained)
  const stuck = said === null || (said.kind === 'broken' && said.code === 'pages/no-progress')
  // A short page may hold nothing but the row that was asked again: what lies behind it is asked without.
  if (gained === 0 && again > 0 && stuck) return page({ net: now, again: 0 })
  // Asking again all that a page held would be the same page for ever: a server that gives one row a page is read without overlap.
  return said ?? page({ net: now, again: view.received > overlap ? overlap : 0 })
}
