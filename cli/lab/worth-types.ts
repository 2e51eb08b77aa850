/** What evidence items are worth, judged again over all reads. */

/** Of a read that was judged again, not played again: what its verdict hangs on. */
export type Hanging = {
  /** Items that cost requests and said something in it. */
  readonly asked: readonly string[]
  /** Those of them that refuted what differs from the truth. */
  readonly named: readonly string[]
  /** Items, or `a+b` together, without which it would have said `complete` of what differs from the truth. */
  readonly escapes: readonly string[]
  /** Items, or `a+b` together, without which an honest read would not be `complete`. */
  readonly carried_by: readonly string[]
}

/** With which other item, neither of them alone, and in how many reads. */
export type WithOne = readonly { readonly with: string; readonly reads: number }[]

/** One evidence item, and every read that counted judged again without it. */
export type ItemWorth = {
  readonly item: string
  /** It costs requests, or needs what does. */
  readonly costs: boolean
  /** Reads with a lie in which it said something; of an item that costs nothing all of them. */
  readonly lies: number
  /** Of those: it named them, with others or alone. Null of an item that costs nothing: not counted. */
  readonly named: number | null
  /** Of those: `complete` and wrong without it alone; or without it and one other. */
  readonly prevents: number
  readonly prevents_with: WithOne
  /** Lies that it alone prevents. */
  readonly escapes: readonly string[]
  /** Reads without a lie, under which something moved, that would be `complete` and wrong without it alone. */
  readonly moved: number
  /** Reads without a lie that were `complete`, in which it said something; and those that would not be without it alone, or with one other. */
  readonly honest: number
  readonly carries: number
  readonly carries_with: WithOne
}

export type Worth = {
  /** Reads with a lie that count, and reads without one that are `complete`. */
  readonly lies: number
  readonly honest: number
  readonly items: readonly ItemWorth[]
  /**
   * The fewest items of those that cost with which, all others gone, no lie of this run escapes; and no honest read falls, too. Every choice
   * that is as small.
   */
  readonly enough: { readonly lies: readonly (readonly string[])[]; readonly all: readonly (readonly string[])[] }
}
