/** What a change must never do, whatever lie is told beside it. */
import { aboutOthers, notTold, sentTwice, type Told } from './oracle/write.ts'
import type { WriteScenario } from './scenarios/write.ts'
import { type Change, idOf } from './twin/change.ts'
import { duplicatesOf, isInstant } from './twin/copies.ts'
import type { Scene } from './write-scene.ts'

/** What must never be: something done twice (a job is the target's paper, no effect), to others, asked that no such target knows, or not told as it came. */
export function lawsBroken(scene: Scene, { passes = [], once }: WriteScenario, told: readonly Told[]): readonly string[] {
  const lines = new Map(scene.mutations().map((one) => [one.no, one.line]))
  // What the target did to somebody else instead is its own doing, as often as it is asked for the right thing; so is when it last did.
  const meant = new Set(scene.meant().map(({ change }) => keyOf(change)))
  const strays = (scene.twin.fired['wrong_object'] ?? 0) > 0
  const ours = scene.copies.effects.filter(
    ({ change }) =>
      change.of !== scene.play.job?.of && meant.has(keyOf(change)) && !(strays && change.do === 'set' && isInstant(change.to)),
  )
  const twice = duplicatesOf(
    ours,
    (change) => `${change.of} ${JSON.stringify(scene.asked.input)}`,
    (request) => lines.get(request) ?? '',
  )
  return [
    ...twice.map((one) => `DUPLICATE EFFECT: ${one}`),
    ...aboutOthers(scene.meant(), scene.asked, scene.subject).map((one) => `EFFECT ON OTHERS: ${one}`),
    ...notTold(passes, told),
    ...(once === true ? sentTwice(scene.mutations()) : []),
    ...scene.twin.strangers.map((one) => `UNEXPECTED REQUEST: ${one}`),
  ]
}

const keyOf = (change: Change): string => `${change.of}/${idOf(change)}`
