import { type ASTNode, EvaluationError, ParseError, TypeError as TypeFault } from '@marcbachmann/cel-js'
import { Failure } from '../../errors.ts'
import { environment } from './cel-environment.ts'
import { survey } from './cel-survey.ts'
import { ValueFailure } from './failure.ts'
import { normalise } from './normalise.ts'

export type Vars = { readonly [name: string]: unknown }
type Run = (context: object) => unknown
type Compiled = { readonly run: Run; readonly names: readonly string[]; readonly where: string }

/**
 * Compiles CEL, with or without its leading `=`, once. `variables`: the only root names it may use (value/name at compile),
 * or `record`: the context's own keys, whatever they are.
 * Throws value/cel, value/name, value/regex at compile; the closure throws value/evaluate, value/number, value/result.
 */
export function compileCel(
  text: string,
  options: { readonly variables: readonly string[] | 'record' },
): (context: object) => unknown {
  const { variables } = options
  if (variables === 'record') {
    const record = compileRecordCel(text, [])
    return (context) => record(context, {})
  }
  const { run } = compile(text, variables, false)
  return run
}

/** The root names that an expression reads. */
export function celNames(text: string): readonly string[] {
  return compile(text, null, false).names
}

/**
 * CEL over a record: a root name is a declared variable (with `settings` and `record`) first, else the record's own key.
 * Mind `list`, `map`, `int`, `string`…: CEL keeps them as types; write `record.list`. `type` is the record's key.
 */
export function compileRecordCel(text: string, variableNames: readonly string[]): (record: object, vars: Vars) => unknown {
  const { run, names, where } = compile(text, null, true)
  const declared = new Set([...variableNames, 'settings'])
  const fromVars = names.filter((name) => declared.has(name))
  const usesRecord = names.includes('record') && !declared.has('record')
  const fromRecord = names.filter((name) => !declared.has(name) && name !== 'record')
  const checked = (record: object): object => {
    if (typeof record === 'object' && record !== null && !Array.isArray(record)) return record
    throw new Failure('value/evaluate', where, 'the record is no object')
  }
  if (fromVars.length === 0 && !usesRecord) return (record) => run(checked(record))
  if (fromVars.length === 0 && fromRecord.length === 0) return (record) => run({ record: checked(record) })
  return (record, vars) => {
    checked(record)
    const context: { [name: string]: unknown } = {}
    for (const name of fromVars) context[name] = vars[name]
    for (const name of fromRecord) if (Object.hasOwn(record, name)) context[name] = (record as Vars)[name]
    if (usesRecord) context['record'] = record
    return run(context)
  }
}

function compile(text: string, allowed: readonly string[] | null, overRecord: boolean): Compiled {
  const lead = /^\s*=?\s*/.exec(text)?.[0].length ?? 0
  const source = text.slice(lead)
  const where = text.trim()
  const refuse = (cause: unknown): never => {
    if (!(cause instanceof ParseError) && !(cause instanceof TypeFault)) throw cause
    const hint = cause.code === 'incompatible_ternary_branches' ? '; wrap one of them in dyn(…)' : ''
    throw new ValueFailure('value/cel', where, lead + (cause.range?.start ?? 0), `${cause.summary}${hint}`, { cause })
  }
  const parse = (cel: string) => {
    try {
      return environment.parse(cel)
    } catch (cause) {
      return refuse(cause)
    }
  }
  let parsed = parse(source)
  let seen = survey(parsed.ast, where, lead)
  if (overRecord && seen.typeAt.length > 0) {
    parsed = parse(insert(source, seen.typeAt, 'record.'))
    seen = survey(parsed.ast, where, lead)
  }
  for (const [name, offset] of seen.names) {
    if (allowed === null || allowed.includes(name)) continue
    throw new ValueFailure('value/name', where, offset, `\`${name}\` is not known here; known are ${allowed.join(', ')}`)
  }
  const checked = parsed.check()
  if (!checked.valid) refuse(checked.error)
  return { names: [...seen.names.keys()], where, run: guarded(parsed, where) }
}

function guarded(run: (context: object) => unknown, where: string): Run {
  return (context) => {
    let value: unknown
    try {
      value = run(context)
    } catch (cause) {
      throw cause instanceof Failure ? cause : new Failure('value/evaluate', where, reason(cause), { cause })
    }
    return typeof value === 'string' || typeof value === 'boolean' ? value : normalise(value, where)
  }
}

/** Only messages that name the expression's own words: others quote values, and a value may be a secret. */
const QUOTABLE: ReadonlySet<string> = new Set([
  'unknown_variable',
  'no_such_key',
  'no_such_overload',
  'no_matching_overload',
  'unsupported_type',
  'optional_value_missing',
  'division_by_zero',
  'invalid_condition_type',
  'invalid_logical_operand',
])

function reason(cause: unknown): string {
  if (cause instanceof EvaluationError) return QUOTABLE.has(cause.code) ? cause.summary : cause.code.replaceAll('_', ' ')
  return cause instanceof RangeError ? cause.message : 'the expression failed'
}

function insert(text: string, offsets: readonly number[], word: string): string {
  return offsets.toSorted((a, b) => b - a).reduce((done, at) => done.slice(0, at) + word + done.slice(at), text)
}

export type { ASTNode }
