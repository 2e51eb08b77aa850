import { Failure } from '../runtime/errors.ts'
import { didYouMean } from '../runtime/spec/nearest.ts'
import type { Act } from '../runtime/store/ledger-port.ts'
import type { Action, Connector, Json, JsonObject } from '../runtime/types.ts'
import type { Io } from './io.ts'
import { safe } from './text.ts'

/** With the nearest name. Throws `write/unknown-action`. */
export function actionNamed(connector: Connector, name: string): Action {
  const found = Object.hasOwn(connector.actions, name) ? connector.actions[name] : undefined
  if (found !== undefined) return found
  const names = Object.keys(connector.actions)
  const hint = names.length === 0 ? 'it declares none' : (didYouMean(name, names) ?? `it has ${names.join(', ')}`)
  throw new Failure(
    'write/unknown-action',
    'action',
    `connector ${safe(connector.connector)} has no action \`${safe(name).slice(0, 60)}\`; ${hint}`,
  )
}

/** `--input name=value`, several times. Throws `cli/usage`; never says a value. */
export function inputPairs(given: readonly string[]): readonly (readonly [string, string])[] {
  const pairs = given.map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw new Failure('cli/usage', '--input', '--input takes name=value')
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  return pairs
}

/** Texts as the types that the action declares. Throws `write/input`; never says a value, it may be a secret. */
export function inputFrom(action: Action, pairs: readonly (readonly [string, string])[]): JsonObject {
  const texts = Map.groupBy(pairs, ([name]) => name)
  const entries = [...texts].map(([name, of]): [string, Json] => {
    const declared = Object.hasOwn(action.input, name) ? action.input[name] : undefined
    const values = of.map(([, text]) => text)
    const [text = ''] = values
    const wrong = (because: string): Failure =>
      new Failure('write/input', `actions.${action.name}.input.${name}`, `input \`${safe(name)}\` ${because}`)
    if (declared === undefined) {
      const names = Object.keys(action.input)
      const hint = didYouMean(name, names) ?? (names.length === 0 ? 'it takes none' : `it takes ${names.join(', ')}`)
      throw wrong(`is not known to ${action.name}; ${hint}`)
    }
    if (declared.type === 'list') return [name, values.flatMap((one) => one.split(',')).map((one) => one.trim())]
    if (values.length > 1) throw wrong('is given twice')
    if (declared.type === 'boolean') {
      if (text !== 'true' && text !== 'false') throw wrong('must be true or false')
      return [name, text === 'true']
    }
    if (declared.type === 'integer') {
      const n = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      if (!Number.isSafeInteger(n)) throw wrong('must be a whole number')
      return [name, n]
    }
    return [name, text]
  })
  return Object.fromEntries(entries)
}

/** Who and why stand in every record of a change. Throws `cli/usage`. */
export function asker(
  command: string,
  by: string | undefined,
  why: string | undefined,
): { readonly by: string; readonly why: string } {
  return { by: named('--by', 'NAME', command, by), why: named('--why', 'TEXT', command, why) }
}

/** A one-off from flags may leave out who and why: then the account of the machine asks, and it says so. */
export function oneOffAsker(
  { by, why }: { readonly by: string | undefined; readonly why: string | undefined },
  { env }: Pick<Io, 'env'>,
): { readonly by: string; readonly why: string } {
  return asker('apply', by ?? machineAccount(env) ?? undefined, why ?? 'no reason given')
}

const machineAccount = (env: Io['env']): string | null => {
  const account = (env['USER'] || env['LOGNAME'] || env['USERNAME'] || '').trim()
  return account === '' ? null : `${safe(account)} (account of this machine)`
}

/** Of a command that asks nobody who they are. */
export const actOf = (io: Pick<Io, 'env' | 'now'>, why: string): Act => ({
  by: machineAccount(io.env) ?? 'unknown (no account of this machine)',
  at: new Date(io.now()).toISOString(),
  from: 'cli',
  why,
})

export function named(flag: string, value: string, command: string, given: string | undefined): string {
  if (given !== undefined && given.trim() !== '') return given.trim()
  throw new Failure(
    'cli/usage',
    flag,
    `${flag} ${value} is missing: every change says who asked for it and why\n  rollcall ${command} --help shows all of it`,
  )
}
