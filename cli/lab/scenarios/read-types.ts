/** What a scenario of reading is, before a seed has chosen its numbers. */
import type { ReadLie } from '../faults/read-types.ts'
import type { Random } from '../random.ts'
import type { Dialect } from '../twin/dialect.ts'
import type { Twin } from '../twin/types.ts'
import type { Said, Scenario } from '../types.ts'

/** How many accounts, beside the rows of a page. `parents`: few accounts, and a thousand groups. */
export type Size = 'none' | 'one' | 'page-1' | 'page' | 'page+1' | 'two' | 'pages' | 'many' | 'thousands' | 'parents'
/** On which page: one that another follows; one that another precedes; any; the last one but one. */
export type Where = 'early' | 'later' | 'any' | 'first' | 'last' | 'third'

export type Aim = {
  readonly fault: string
  readonly where?: Where
  readonly times?: number
  readonly rows?: number | 'some' | 'third' | 'half_page' | 'all'
  /** Which rows of the page: any, the last ones, or any but the last. Absent: it cuts none. */
  readonly cut?: 'any' | 'end' | 'inside'
  readonly seconds?: number
  /** Only the list below one parent record that has rows; `bare`: that has none. */
  readonly one_parent?: true | 'bare'
}
export type ReadScenario = Scenario & {
  readonly aims: readonly Aim[]
  readonly sizes: readonly Size[]
  /** Which streams it can strike; one of them is chosen. */
  readonly target: (dialect: Dialect, stream: string) => boolean
  /** Pages that the target's list must have. */
  readonly pages: number
  /** A clean sync goes before; then the truth may change. */
  readonly before?: { readonly changes?: (twin: Twin, target: string, random: Random) => void }
  /** No person attests the scope. */
  readonly unattested?: boolean
  /** Whom the operator named as canaries: the lie's victims among them. */
  readonly canaries?: boolean
  /** Removals must be held for a person. */
  readonly holds?: boolean
  /** Stopped after so many requests and taken up again. */
  readonly stopped?: boolean
  /** Its lies are drawn by the seed. */
  readonly dice?: 'one list' | 'lists'
  /** Everything is read that the twin can play, not only what the target needs. */
  readonly all_streams?: boolean
}
/** A lie that the seed drew, and what must come of it alone. */
export type Drawn = { readonly lie: ReadLie; readonly expected: readonly Said[] }
export type Chosen = { readonly target: string; readonly lies: readonly ReadLie[]; readonly drawn: readonly Drawn[] }
