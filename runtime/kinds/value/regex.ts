import { RE2JS } from 're2js'
import { Failure } from '../../errors.ts'
import { ValueFailure } from './failure.ts'

/** Longer texts are refused: RE2 is linear, but not free. */
const MAX_INPUT = 65_536
const MAX_PROGRAM = 10_000

/** The class that stands for a compiled pattern in the CEL environment. */
export const Pattern = RE2JS

/** Compiles in RE2 syntax: no look-around, no back-references, so no pattern can run away (throws value/regex). */
export function compilePattern(pattern: string, where: string, offset: number): RE2JS {
  const compiled = compile(pattern, where, offset)
  if (compiled.programSize() <= MAX_PROGRAM) return compiled
  throw new ValueFailure('value/regex', where, offset, 'the pattern is too large')
}

/** True if the pattern is found anywhere in the text. */
export function found(text: string, pattern: RE2JS): boolean {
  if (text.length > MAX_INPUT)
    throw new Failure('value/evaluate', 'matches', `\`matches\` takes texts up to ${MAX_INPUT} characters`)
  return pattern.test(text)
}

function compile(pattern: string, where: string, offset: number): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    const because = cause instanceof Error ? cause.message : 'unknown fault'
    throw new ValueFailure('value/regex', where, offset, `not a pattern in RE2 syntax: ${because}`, { cause })
  }
}
