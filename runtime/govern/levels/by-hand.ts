/** What a person says of an exception: that somebody is at it, or, where no work can settle it, that it is over. */
import { Failure } from '../../errors.ts'
import { CLOSED_BY_HAND } from '../../judge/exceptions.ts'
import type { Exception } from '../../levels-types.ts'
import type { Act } from '../../store/ledger-port.ts'
import type { LevelsStore } from '../../store/levels-port.ts'
import { exceptionTold } from './told.ts'

type By = { readonly store: LevelsStore; readonly newId: () => string }

/** Throws `store/not-found`, `levels/over`. */
export async function acknowledge({ store, newId }: By, exception: string, act: Act): Promise<Exception> {
  return await store.actOnException(
    exception,
    (row) => ({ ...row, state: 'acknowledged', acknowledged: { by: act.by, at: act.at, why: act.why ?? '' } }),
    (row, by) => exceptionTold(newId, by, 'changed', row),
    act,
  )
}

/** Throws `store/not-found`, `levels/over`, `levels/settle`. */
export async function closeByHand({ store, newId }: By, exception: string, act: Act): Promise<Exception> {
  return await store.actOnException(
    exception,
    (row) => {
      if (!CLOSED_BY_HAND.has(row.control))
        throw new Failure('levels/settle', exception, `${row.control} is not closed by a word. ${row.next_step}`)
      return { ...row, state: 'closed', closed: { by: act.by, at: act.at, because: act.why ?? '' } }
    },
    (row, by) => exceptionTold(newId, by, 'closed', row),
    act,
  )
}
