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
  'value/cel': {
    means: 'An expression is not valid CEL, or does not fit its types.',
    http: 422,
    again: false,
    next: 'Correct the expression at the marked place; JSON numbers are doubles (`n + 1.0`), a missing field is asked with `has(record.x)`.',
  },
  'value/evaluate': {
    means: 'A CEL expression failed on this record or answer; there is no value, not an empty one.',
    http: 422,
    again: false,
    next: 'Guard what may be missing: `has(record.x) && …` or `record.?x.orValue(…)`.',
  },
  'value/form': {
    means: 'A value has none of the three forms: literal, path, CEL behind `=`.',
    http: 422,
    again: false,
    next: 'Write a number, `{ literal: text }`, a dotted path, or `= expression`.',
  },
  'value/name': {
    means: 'An expression uses a name that is not known there, or one that no data may have.',
    http: 422,
    again: false,
    next: 'Use one of the names listed in the message.',
  },
  'value/number': {
    means: 'The result of an expression is a number that JSON cannot hold exactly.',
    http: 422,
    again: false,
    next: 'Keep long integers as text; do not convert them with int().',
  },
  'value/path': {
    means: 'A path is not well formed.',
    http: 422,
    again: false,
    next: 'Write `a.b`, `a[0].b`, `a[*].b`, `["key.with.dots"].x`, or `[]` for the whole.',
  },
  'value/regex': {
    means: 'A `matches` pattern is no literal, no RE2 pattern, or too large.',
    http: 422,
    again: false,
    next: 'Use RE2 syntax: no look-around and no back-references; write the pattern as a literal text.',
  },
  'value/result': {
    means: 'The result of an expression is no JSON value.',
    http: 422,
    again: false,
    next: 'Convert it: bytes by `.string()` or `.base64()`.',
  },
  'value/template': {
    means: 'A template could not be filled: a name has no value, or one that may not stand there.',
    http: 422,
    again: false,
    next: 'Check the setting or variable that the message names.',
  },
  'value/template-syntax': {
    means: 'A template has a lone brace.',
    http: 422,
    again: false,
    next: 'Write `{name}` for a value and `{{` or `}}` for a literal brace.',
  },
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
