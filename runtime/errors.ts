/** One table of codes. A code is `room/what`; docs/errors.md is emitted from it and tested against it both ways. */

export type ErrorEntry = {
  /** What it means, one sentence. */
  readonly means: string
  /** Status the control API answers with. */
  readonly http: number
  /** May the same thing be tried again without a change? */
  readonly again: boolean
  /** What to do next, as an instruction. */
  readonly next: string
}

export const ERRORS = {
  // one entry a line; rooms add their own
} as const satisfies { readonly [code: string]: ErrorEntry }

/** Our own fault or a caller's: never thrown for what a target did. `where` names a spec path or `GET /users`. */
export class Failure extends Error {
  readonly code: string
  readonly where: string
  constructor(code: string, where: string, because: string, options?: { cause?: unknown }) {
    super(because, options)
    this.name = 'Failure'
    this.code = code
    this.where = where
  }
}
