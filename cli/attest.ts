import { Failure } from '../runtime/errors.ts'
import { didYouMean } from '../runtime/spec/nearest.ts'
import type { Connection, Connector, ScopeAttestation } from '../runtime/types.ts'
import { type FlagSpecs, whole } from './args.ts'
import { safe } from './text.ts'

/** What people add to a connection's evidence. */
export const SCOPE = {
  'attest-scope': { type: 'string', value: '"WHO: WHY"', about: 'a person states that the credential sees the whole population' },
  'attest-days': { type: 'string', value: 'DAYS', about: 'how long the statement holds (default 90, at most 366)' },
  canary: { type: 'string', multiple: true, value: 'STREAM=ID', about: 'an id that a whole read must contain; several times' },
} as const satisfies FlagSpecs

export const PROTECT = {
  protect: {
    type: 'string',
    multiple: true,
    value: 'STREAM=ID',
    about: 'an id that no change ever touches: break-glass, the last owner; several times',
  },
} as const satisfies FlagSpecs

/** `Kim Park, IAM: why` or `Kim Park; why`, dated now, with an end. Null where nothing was stated. Throws `cli/usage`. */
export function attested(text: string | undefined, days: string | undefined, now_ms: number): ScopeAttestation | null {
  const lasts = whole('--attest-days', days, 90, [1, 366])
  if (text === undefined) return null
  const at = text.search(/[:;]/)
  const by = text.slice(0, Math.max(at, 0)).trim()
  const reason = text.slice(at + 1).trim()
  if (at < 0 || by === '' || reason === '')
    throw new Failure(
      'cli/usage',
      '--attest-scope',
      '--attest-scope takes "who: why", for example "Kim Park, IAM: the token has the directory-reader role"',
    )
  return { by, reason, at: new Date(now_ms).toISOString(), until: new Date(now_ms + lasts * 86_400_000).toISOString() }
}

/** Canaries of the streams that are named are replaced, the others stay. Throws `cli/usage` for an unknown stream. */
export function canaries(
  given: readonly string[],
  connector: Connector,
  before: Connection['canaries'],
  flag = '--canary',
): Connection['canaries'] {
  const added = new Map<string, string[]>()
  for (const text of given) {
    const at = text.indexOf('=')
    const [stream, id] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
    if (at < 1 || id === '') throw new Failure('cli/usage', flag, `${flag} takes stream=id`)
    if (!Object.hasOwn(connector.streams, stream)) throw unknownStream(connector, stream)
    added.set(stream, [...(added.get(stream) ?? []), id])
  }
  return { ...before, ...Object.fromEntries(added) }
}

/** With the nearest name. */
export function unknownStream(connector: Connector, stream: string): Failure {
  const names = Object.keys(connector.streams)
  const hint = didYouMean(stream, names) ?? `it has ${names.join(', ')}`
  return new Failure('cli/usage', 'stream', `connector ${connector.connector} has no stream \`${safe(stream)}\`; ${hint}`)
}
