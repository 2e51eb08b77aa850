/** What somebody in the target does with what a change has only begun: takes an invitation up. */
import { factHolds, scopeOfAsked } from './oracle/write.ts'
import { changesOf } from './twin/effects.ts'
import type { Scene } from './write-scene.ts'

/** Longer than any look of ours goes on, and before the first recheck. */
const MINUTES_MS = 10 * 60_000

/** Nothing where the action is none of those, or where nothing was begun. */
export function accept({ play, asked, copies, time }: Scene): void {
  const [world] = copies.worlds
  if (play.accepts === undefined || world === undefined) return
  time.jump(MINUTES_MS)
  const scope = scopeOfAsked(asked)
  if (!play.accepts.if.every((fact) => factHolds(fact, world, scope))) return
  const changes = changesOf(world, play.accepts.effects, scope)
  copies.change(changes, { by: 'upstream', request: 0, delay_ms: 0, undone_ms: null, lag_ms: 0 })
}
