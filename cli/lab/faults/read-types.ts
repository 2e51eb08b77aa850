/** What a lie about reading is, and what it sees where it strikes. */
import type { Json } from '../../../runtime/types.ts'
import type { Answer, Ask, Entry, Page, Row, Spot, TwinView } from '../twin/types.ts'

export type ReadLie = {
  readonly fault: string
  /** Under which its strikes are counted; absent: the fault's own name. */
  readonly label?: string
  /** Whose lists it strikes: a stream of the connector. */
  readonly stream: string
  /** From 1; absent: every page. */
  readonly page?: number | 'last'
  /** Only the list below this record of the parent, from 0. */
  readonly parent?: number
  /** Fires at most so often; absent: always. */
  readonly times?: number
  /** Answers that it lets pass first. */
  readonly skip?: number
  /** How many records, or how far off a number is. */
  readonly rows?: number
  /** Where on the page it cuts, as a share of the rows that it can cut: 0 is the first, 1 the last. Drawn once, so that each reading shows the same. */
  readonly from?: number
  /** Leaves the last row of the page alone: a list by offset would get it again at the head of the next. */
  readonly inside?: true
  readonly seconds?: number
  /** Ids of those it hides; absent: chosen by chance. */
  readonly who?: readonly string[]
}

export type Struck = {
  readonly lie: ReadLie
  readonly ask: Ask
  readonly twin: TwinView
  /** Null where the answer is no page of a list. */
  readonly page: Page | null
  readonly before: Page | null
  /** What this lie keeps between its strikes. */
  readonly state: { [name: string]: Json }
}

export type ReadFault = {
  readonly says: string
  /** Strikes its page and all that follow. */
  readonly onwards?: true
  /** Whom it hides for good: chosen once. `deep`: also by id. */
  readonly chooses?: (struck: Struck) => readonly Entry[]
  readonly deep?: true
  /** Every collection, not only that of its stream. */
  readonly everywhere?: true
  readonly entries?: (struck: Struck, entries: readonly Entry[]) => readonly Entry[]
  readonly size?: (size: number, lie: ReadLie) => number
  readonly rows?: (struck: Struck, rows: readonly Row[]) => readonly Row[] | null
  readonly page?: (struck: Struck, page: Page, cut: (spot: Spot) => Page) => Page
  /** Of a number that another endpoint counts. */
  readonly count?: (n: number, lie: ReadLie) => number
  readonly answer?: (struck: Struck, answer: Answer) => Answer
  /** Before anything else, whatever is asked; null: not this time. */
  readonly request?: (struck: Struck) => Answer | null
  /** What happens in the target once the answer is made. */
  readonly after?: (struck: Struck) => void
}

/** `rows` of them in a row, from the place that the lie names. */
export function without<T>(rows: readonly T[], { rows: count = 1, from: share = 0, inside }: ReadLie): readonly T[] {
  const last = Math.max(0, rows.length - count - (inside === true ? 1 : 0))
  const from = Math.round(share * last)
  return rows.filter((_, place) => place < from || place >= from + count)
}
