/** Nobody approves what they asked for: not in their own name, not by a token they made, not what a token they made asked for. */

import type { Control } from '../control/open.ts'
import { Failure } from '../errors.ts'
import { samePerson } from '../govern/carry-out.ts'
import type { Who } from './types.ts'

export type Requester = {
  readonly by: string
  /** The token it was asked for with; null: a session, or the command line. */
  readonly token: string | null
}

/** Throws `plan/own-approval`. */
export function secondPerson(control: Control, who: Who, requester: Requester): void {
  const asked_by = requester.token === null ? null : control.token(requester.token)
  const hands = [requester.by, ...(asked_by === null ? [] : [asked_by.made_by])]
  const mine = [who.by, ...(who.made_by === null ? [] : [who.made_by])]
  // Who made both tokens is a third person, as long as neither acts in that name.
  const same = hands.some((hand) => samePerson(hand, who.by)) || mine.some((name) => samePerson(name, requester.by))
  if (same || (who.token !== null && who.token === requester.token))
    throw new Failure('plan/own-approval', '', `${requester.by} asked for this, and nobody approves their own, by whatever token`)
}

/** `api 10.0.0.7 token:abc…` → the token. */
export const tokenIn = (from: string): string | null => /^api \S+ token:([0-9a-z]{12})$/.exec(from)?.[1] ?? null
