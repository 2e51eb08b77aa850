/** Lies drawn by a seed: two or three at once, with their parameters. The same random is the same throw. */
import type { Action } from '../../../runtime/types.ts'
import { oneOf, type Random, some } from '../random.ts'
import { canBeUndone, undoneAt } from '../scenarios/write-best.ts'
import type { ActionPlay } from '../twin/types.ts'
import type { Lie, WriteFaultName } from './write.ts'

const ANY: readonly WriteFaultName[] = [
  'no_op',
  'delayed',
  'reverted',
  'error_200',
  'answer_lost',
  'failed_5xx',
  'wrong_object',
  'accepted_202',
  'ghost',
  'blinded',
  'upstream',
  'throttled',
  'forbidden',
  'reads_fail',
  'reads_throttled',
]
const GENTLE: readonly WriteFaultName[] = ['delayed', 'throttled', 'answer_lost', 'failed_5xx', 'reads_fail', 'reads_throttled']
const LOST: ReadonlySet<WriteFaultName> = new Set(['answer_lost', 'failed_5xx'])

export type DiceOptions = {
  readonly kind: 'any' | 'gentle'
  readonly action: Action
  readonly play: ActionPlay
  /** Seconds that the looks of the action go on for, at least. */
  readonly window_s: number
  readonly copies: number
}

export function throwDice(random: Random, o: DiceOptions): readonly Lie[] {
  const more: WriteFaultName[] = [
    ...(o.play.invited === undefined ? [] : (['invited'] as const)),
    ...(o.play.holds === undefined ? [] : (['stays_behind', 'stays_behind'] as const)),
    ...(o.action.does.profile === undefined ? [] : (['partial_fields'] as const)),
  ]
  const names = some(
    random,
    o.kind === 'gentle' ? GENTLE : [...ANY, ...more],
    o.kind === 'gentle' ? 2 : 2 + Math.floor(random() * 2),
  )
  const lost = names.some((name) => LOST.has(name))
  // One request that never left may be sent once more; a second one that never left is a person's to decide.
  const gentle = o.kind === 'gentle'
  const chosen = [...new Set(names)].filter((name, place) => {
    if (name === 'reverted' || name === 'upstream') return canBeUndone(o.action)
    return !(gentle && LOST.has(name) && names.findIndex((one) => LOST.has(one)) !== place)
  })
  const lies = chosen.map((fault) => ({ fault, ...optionsOf(fault, random, { ...o, gentle, lost }) }))
  return o.copies > 1 ? [...lies, { fault: 'flip_flop', ms: between(random, 500, gentle ? 4_000 : 30_000) }] : lies
}

const between = (random: Random, least: number, most: number): number => Math.round(least + random() * (most - least))

function optionsOf(
  fault: WriteFaultName,
  random: Random,
  o: { readonly gentle: boolean; readonly lost: boolean; readonly window_s: number; readonly action: Action },
): Omit<Lie, 'fault'> {
  const window_ms = o.window_s * 1000
  switch (fault) {
    case 'delayed':
      // A target that drops the answer and acts after its own window makes two of one for anybody.
      return { ms: between(random, 100, o.gentle ? window_ms / 12 : o.lost ? window_ms / 2 : window_ms * 1.5) }
    case 'reverted':
    case 'upstream':
      return { ms: between(random, 500, undoneAt(o.action, 0.8, 3_000)) }
    case 'answer_lost':
    case 'failed_5xx':
      return {
        applied: o.action.idempotency === 'none' || random() < 0.5,
        ...(o.gentle || random() < 0.5 ? { times: 1 } : {}),
        ...(fault === 'answer_lost'
          ? { how: oneOf(random, ['reset', 'reset', 'cut'] as const) }
          : { status: oneOf(random, [500, 502, 503]) }),
      }
    case 'blinded':
      return { applied: random() < 0.5, ...(random() < 0.5 ? {} : { reads: oneOf(random, ['list', 'get'] as const) }) }
    case 'throttled':
      return { times: o.gentle ? 1 : between(random, 1, 4), seconds: between(random, 1, 30) }
    case 'reads_fail':
    case 'reads_throttled':
      return { times: between(random, 1, 3), seconds: between(random, 1, 3), skip: between(random, 0, 2) }
    default:
      return random() < 0.3 ? { skip: 1 } : {}
  }
}
