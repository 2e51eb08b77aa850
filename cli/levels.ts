/** Levels of a connection, from flags. */
import { Failure } from '../runtime/errors.ts'
import { didYouMean } from '../runtime/spec/nearest.ts'
import type { Levels } from '../runtime/types.ts'
import type { FlagSpecs } from './args.ts'
import { spanOf } from './changing.ts'
import { safe } from './text.ts'

export const OWNERS = {
  owner: { type: 'string', value: 'WHO', about: 'the person or team that answers for it' },
  'data-owner': { type: 'string', value: 'WHO', about: 'who answers for what the target holds' },
  level: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    about:
      'what it promises: freshness=12h, incomplete_for=1h, verified_within=5m, unverifiable_most=0, unverifiable_for=7d, objective=0.99; NAME=default; several times',
  },
} as const satisfies FlagSpecs

const KEYS = {
  freshness: 'freshness_s',
  incomplete_for: 'incomplete_for_s',
  verified_within: 'verified_within_s',
  unverifiable_most: 'unverifiable_most',
  unverifiable_for: 'unverifiable_for_s',
  objective: 'objective',
} as const satisfies { readonly [name: string]: keyof Levels }
const LEAST_FRESHNESS_S = 60

/** Those that are not named stay. Throws `cli/usage`. */
export function levelsFrom(given: readonly string[], before: Partial<Levels> | undefined): Partial<Levels> {
  const levels: { -readonly [name in keyof Levels]?: Levels[name] } = { ...before }
  for (const text of given) {
    const at = text.indexOf('=')
    const [name, value] = at < 1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
    const names = Object.keys(KEYS)
    if (!Object.hasOwn(KEYS, name))
      throw wrong(
        `there is no level \`${safe(name).slice(0, 40)}\`; ${didYouMean(name, names) ?? `there are ${names.join(', ')}`}`,
      )
    const key = KEYS[name as keyof typeof KEYS]
    if (value === 'default') delete levels[key]
    else levels[key] = levelOf(key, value)
  }
  return levels
}

function levelOf(key: keyof Levels, text: string): number {
  if (key === 'objective') {
    const share = Number(text)
    if (!(share >= 0.5 && share <= 0.9999)) throw wrong('objective takes a share of the time from 0.5 to 0.9999')
    return share
  }
  if (key === 'unverifiable_most') {
    if (!/^\d{1,6}$/.test(text)) throw wrong('unverifiable_most takes a whole number')
    return Number(text)
  }
  const seconds = text === '0' && key !== 'verified_within_s' ? 0 : spanOf('--level', text, 0) / 1000
  if (key === 'freshness_s' && seconds < LEAST_FRESHNESS_S) throw wrong('freshness takes a minute or more')
  return seconds
}

const wrong = (because: string): Failure => new Failure('cli/usage', '--level', because)
