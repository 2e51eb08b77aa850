/** Bodies that the control API is given: near misses of good ones, JSON, and anything. */
import { openChecks } from '../../runtime/api/input.ts'
import { InputFailure } from '../../runtime/api/problems.ts'
import { ROUTES } from '../../runtime/api/routes/index.ts'
import { ERRORS, Failure } from '../../runtime/errors.ts'
import { sample } from '../api/samples.ts'
import type { Objects } from '../api/world.ts'
import type { Case, Kind } from './kind.ts'
import { TEXTS, value } from './noise.ts'
import type { Random } from './random.ts'

/** Only their form counts here: nothing is looked up. */
const OBJECTS: Objects = {
  connection: 'dir-acme',
  connector: 'own-acme',
  version: '1',
  stream: 'users',
  sync: '1',
  record: 'u1',
  intent: '0'.repeat(26),
  plan: '0'.repeat(64),
  certification: '0'.repeat(26),
  token: '0'.repeat(12),
  binding: '0'.repeat(12),
  idp: '0'.repeat(12),
  session: '0'.repeat(24),
  request: '0'.repeat(12),
  exception: '0'.repeat(26),
  webhook: '0'.repeat(12),
  message: `msg_${'0'.repeat(26)}`,
}

export const WRITES = ROUTES.filter(({ body }) => body !== undefined && body !== 'yaml')

export function openBodies(): Kind {
  const checks = openChecks()
  const of = new Map(WRITES.map((route) => [route.id, checks(route)]))
  const good = new Map(WRITES.map((route) => [route.id, JSON.stringify(sample(route, OBJECTS).body ?? {})]))
  return {
    name: 'bodies',
    make(random) {
      const { id } = random.one(WRITES)
      return { text: bodyLike(random, good.get(id) as string), about: { route: id } }
    },
    run({ text, about }: Case) {
      try {
        of.get(about?.['route'] ?? '')?.body(text, true)
      } catch (error) {
        if (!(error instanceof Failure) || !Object.hasOwn(ERRORS, error.code) || error.where === '') throw error
        if (error instanceof InputFailure && error.errors.some(({ at, because }) => !at.startsWith('/') || because === ''))
          throw new Error(`no place: ${JSON.stringify(error.errors)}`)
        return 'refused'
      }
      if (({} as { readonly isAdmin?: unknown }).isAdmin !== undefined) throw new Error('a prototype was changed')
      return 'taken'
    },
  }
}

/** A good body, one with parts changed, other JSON, broken JSON, or noise. */
export function bodyLike(random: Random, good: string): string {
  const which = random.below(10)
  if (which === 0) return good
  if (which < 6) return changed(random, good)
  if (which === 6) return JSON.stringify(value(random, 4))
  if (which === 7) return bitten(random, changed(random, good))
  if (which === 8) return `{"__proto__":{"isAdmin":true},${good.slice(1)}`
  return Array.from({ length: random.below(6) }, () => random.one(TEXTS)).join('')
}

function changed(random: Random, good: string): string {
  const body = JSON.parse(good) as { [name: string]: unknown }
  for (let times = 1 + random.below(2); times > 0; times--) {
    const names = Object.keys(body)
    const name = names.length === 0 || random.chance(0.3) ? random.one(TEXTS) : random.one(names)
    if (random.chance(0.15)) delete body[name]
    // Not by assignment: `__proto__` is to be a key like any other.
    else Object.defineProperty(body, name, { value: value(random), enumerable: true, configurable: true, writable: true })
  }
  return JSON.stringify(body)
}

export function bitten(random: Random, text: string): string {
  const at = random.below(text.length + 1)
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + random.one(TEXTS) + text.slice(at)
    case 2:
      return text.slice(0, at) + text.slice(at + random.below(10))
    default:
      return text.slice(0, at) + String.fromCharCode(random.below(65_536)) + text.slice(at + 1)
  }
}
