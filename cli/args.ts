import { parseArgs } from 'node:util'
import { Failure } from '../runtime/errors.ts'
import { didYouMean } from '../runtime/spec/nearest.ts'
import { safe } from './text.ts'

export type FlagSpec = {
  readonly type: 'string' | 'boolean'
  readonly multiple?: true
  /** Placeholder in the help: `DIR`. */
  readonly value?: string
  readonly about: string
}
export type FlagSpecs = { readonly [name: string]: FlagSpec }

type ValueOf<S extends FlagSpec> = S['type'] extends 'boolean'
  ? boolean
  : S extends { readonly multiple: true }
    ? readonly string[]
    : string | undefined
export type Flags<F extends FlagSpecs> = { readonly [name in keyof F]: ValueOf<F[name]> }

export type CommandSpec<F extends FlagSpecs = FlagSpecs> = {
  readonly name: string
  readonly about: string
  /** Words after the command: `[NAME] STREAM`. */
  readonly words: string
  /** How many words at least and at most. */
  readonly takes: readonly [least: number, most: number]
  readonly flags: F
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[]
}

export type Parsed<F extends FlagSpecs> = { readonly flags: Flags<F>; readonly words: readonly string[]; readonly help: boolean }

/** Flags every command has. */
export const COMMON = {
  json: { type: 'boolean', about: 'one JSON document on stdout; talk goes to stderr' },
  help: { type: 'boolean', about: 'this text' },
} as const satisfies FlagSpecs

/** Flags of commands that open the store. */
export const STORE = {
  store: { type: 'string', value: 'DIR', about: 'the store (default: $ROLLCALL_STORE, else .rollcall)' },
} as const satisfies FlagSpecs

/** Throws `cli/usage` for anything unknown, with what was probably meant. Values are never in the message: they may be secrets. */
export function parse<F extends FlagSpecs>(spec: CommandSpec<F>, args: readonly string[]): Parsed<F> {
  const known: FlagSpecs = { ...spec.flags, help: COMMON.help }
  const options = Object.fromEntries(
    Object.entries(known).map(([name, flag]) => [name, { type: flag.type, multiple: flag.multiple === true }]),
  )
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true })
  const given: { [name: string]: string | boolean | string[] | undefined } = {}
  for (const [name, flag] of Object.entries(known))
    given[name] = flag.multiple === true ? [] : flag.type === 'boolean' ? false : undefined
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(known, token.name) ? known[token.name] : undefined
    if (flag === undefined) throw unknownFlag(spec, token.name === 'h' ? 'help' : token.name, Object.keys(known))
    given[token.name] = flagValue(token, flag, given[token.name])
  }
  const help = given['help'] === true
  const [least, most] = spec.takes
  if (!help && (words.length < least || words.length > most)) {
    const wanted = spec.words.split(' ').filter((word) => !word.startsWith('['))
    // With `[NAME] STREAM` a single word is the stream.
    const found =
      words.length < least
        ? `${wanted[words.length] ?? 'a word'} is missing`
        : `one word too many: ${safe(words[most] ?? '').slice(0, 60)}`
    const [example] = spec.examples[0] ?? []
    throw usage(
      spec,
      `${found}; it is \`rollcall ${spec.name}${spec.words === '' ? '' : ` ${spec.words}`}\`, for example \`${example}\``,
    )
  }
  return { flags: given as Flags<F>, words, help }
}

type OptionToken = {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function flagValue(
  token: OptionToken,
  flag: FlagSpec,
  before: string | boolean | string[] | undefined,
): string | boolean | string[] {
  if (flag.type === 'boolean') {
    if (token.value !== undefined) throw new Failure('cli/usage', token.rawName, `${safe(token.rawName)} takes no value`)
    return true
  }
  const { value } = token
  if (value === undefined || (token.inlineValue !== true && value.startsWith('-') && value.length > 1)) {
    throw new Failure(
      'cli/usage',
      token.rawName,
      `${safe(token.rawName)} needs a value: ${token.rawName} ${flag.value ?? 'VALUE'}`,
    )
  }
  if (Array.isArray(before)) return [...before, value]
  if (before !== undefined) throw new Failure('cli/usage', token.rawName, `${safe(token.rawName)} is given twice`)
  return value
}

function unknownFlag(spec: CommandSpec, name: string, known: readonly string[]): Failure {
  const hint = didYouMean(
    `--${name}`,
    known.map((k) => `--${k}`),
  )
  return usage(spec, `unknown flag \`--${safe(name).slice(0, 60)}\`${hint === null ? '' : `; ${hint}`}`)
}

const usage = (spec: CommandSpec, because: string): Failure =>
  new Failure('cli/usage', spec.name, `${because}\n  rollcall ${spec.name} --help shows all of it`)

/** A whole number within bounds, or the fallback. Throws `cli/usage`. */
export function whole(
  flag: string,
  text: string | undefined,
  fallback: number,
  [least, most]: readonly [number, number],
): number {
  if (text === undefined) return fallback
  const n = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (n >= least && n <= most) return n
  throw new Failure('cli/usage', flag, `${flag} takes a whole number from ${least} to ${most}`)
}
