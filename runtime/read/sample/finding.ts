/** What is said of a declaration that one answer does not bear out. */

import type { CompiledStream } from '../../record/compile.ts'
import type { Answer } from '../../record/page.ts'
import type { Names } from '../../record/request.ts'
import type { ValueText } from '../../types.ts'
import type { Nearest } from './trail.ts'

export type SampleFinding = {
  readonly code:
    | 'sample/empty'
    | 'sample/field'
    | 'sample/filter'
    | 'sample/last-page'
    | 'sample/no-id'
    | 'sample/no-records'
    | 'sample/pages'
    | 'sample/total'
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly help: string | null
  /** Keys below the stream: `['fields', 'email']`. */
  readonly at: readonly string[]
}

export type Sample = {
  readonly compiled: CompiledStream
  readonly answer: Answer
  readonly vars: Names
  /** Names in `vars` that hold made-up values: what fails over them is a warning. */
  readonly assumed: readonly string[]
  /** A recorded answer may lack its headers, and is told when it shows no next page; a live one is what it is. */
  readonly recorded: boolean
  readonly nearest: Nearest
}

export const isPath = (text: ValueText): text is string => typeof text === 'string' && !text.trimStart().startsWith('=')
export const ticked = (text: string): string => `\`${text}\``
export const didYouMean = (path: string): string => `did you mean \`${path}\`?`
export const error = (
  code: SampleFinding['code'],
  message: string,
  at: readonly string[],
  help: string | null,
): SampleFinding => ({
  code,
  severity: 'error',
  message,
  help,
  at,
})
export const warning = (
  code: SampleFinding['code'],
  message: string,
  at: readonly string[],
  help: string | null,
): SampleFinding => ({
  code,
  severity: 'warning',
  message,
  help,
  at,
})
