/** A create that nobody found at its deadline may have come since: at a recheck it is searched for again before it is looked at. */
import type { Look } from '../write-types.ts'
import { search } from './search.ts'
import { at, idOf, type Work } from './work.ts'

/** Asked for without an id, and no search has found one. */
export const isLost = (work: Work): boolean => work.act.action.find !== null && idOf(work) === null

/** One look for each verify where it is still not there or nobody could see; one with `found` where it is. */
export async function findLate(work: Work, verify: readonly number[]): Promise<readonly Look[]> {
  const found = await search(work)
  switch (found.is) {
    case 'found':
      return verify.slice(0, 1).map((index) => ({
        ...lookOf(work, index, 'unanswered', 'the search by natural key finds it now'),
        found: found.id,
      }))
    case 'none': {
      const lost = found.control === 'not_alive'
      const because = lost
        ? 'nothing is found, and a record known to be there neither'
        : 'the search by natural key finds nothing'
      return verify.map((index) => lookOf(work, index, lost ? 'unanswered' : 'other', because))
    }
    case 'ambiguous':
      return verify.map((index) => lookOf(work, index, 'unanswered', `${found.count} records have this natural key`))
    case 'unanswered':
      return verify.map((index) => lookOf(work, index, 'unanswered', found.because))
  }
}

function lookOf(work: Work, verify: number, shows: Look['shows'], because: string): Look {
  const { find, verify: all } = work.act.action
  return {
    facet: all[verify]?.facet ?? 'account',
    verify,
    phase: 'recheck',
    at: at(work.ctx),
    where: find === null ? 'find' : `${find.request.method} ${find.request.path}`,
    shows,
    control: null,
    rung: null,
    because,
    digest: null,
    record: null,
    residual_until: null,
  }
}
