/** One change, one lie or several or none, and what must come of it: for every action that a dialect plays. Pure. */
import type { Action, Connector } from '../../../runtime/types.ts'
import type { Lie } from '../faults/write.ts'
import type { ActionPlay, TwinFile } from '../twin/types.ts'
import type { FaultClass, Said, Scenario } from '../types.ts'
import { bestOf, canBeUndone, seesLists, shortestWindow, undoneAt, windowOf } from './write-best.ts'
import { FILED_WRITES } from './write-filed.ts'
import { type May, mayEndOf } from './write-may.ts'

export type WriteScenario = Scenario & {
  readonly action: string
  readonly lies: readonly Lie[]
  /** Lies drawn by the seed, beside `lies`. */
  readonly dice?: 'any' | 'gentle'
  readonly copies: number
  /** One of each must be told on the way, in this order. */
  readonly passes?: readonly (readonly Said[])[]
  /** No step leaves a second time. */
  readonly once?: true
  /** What somebody else did before: it is so already; it was made again under another id. */
  readonly before?: 'already' | 'recreated'
  /** The process dies at the boundary of this number and is started again. */
  readonly dies_at?: number
}

export function writeScenarios(connector: Connector, file: TwinFile): readonly WriteScenario[] {
  return Object.entries(file.actions ?? {}).flatMap(([name, play]) => {
    const action = (connector.actions as { readonly [name: string]: Action })[name]
    return action === undefined ? [] : scenariosOf(action, play)
  })
}

function scenariosOf(action: Action, play: ActionPlay): readonly WriteScenario[] {
  const best = bestOf(action, play)
  const may: May = { action, play }
  const one = (
    name: string,
    kind: FaultClass,
    says: string,
    expected: readonly Said[],
    lies: readonly Lie[],
    more: Partial<WriteScenario> = {},
  ): WriteScenario => ({
    name: `${name}/${action.name}`,
    side: 'write',
    class: kind,
    says: `${action.name}: ${says}`,
    expected,
    action: action.name,
    lies,
    copies: 1,
    ...more,
  })
  const lie = (name: string, says: string, ...lies: readonly Lie[]) => one(name, 'faulty', says, mayEndOf(lies, may, false), lies)
  const copied = (name: string, says: string, ...lies: readonly Lie[]) =>
    one(name, 'faulty', says, mayEndOf(lies, may, false), lies, { copies: 2 })
  const facets = Object.keys(action.does)
  const steps = new Set(
    action.steps.filter((step) => step.when === null || !step.when.includes('settings.')).map((step) => step.name),
  )
  const several = facets.length > 1 && steps.size > 1
  /** A target that drops the answer and acts after its own window makes two of one for anybody. */
  const soon_ms = Math.min(20_000, shortestWindow(action) * 250)
  const window_ms = shortestWindow(action) * 1000
  const late_ms = windowOf(action) * 1000 + 60_000
  // What a look cannot show stays as it was: the best is what is left.
  const blank = best === 'unverifiable'
  const done: readonly Said[] = [best]
  /** What is late is told as it was at the deadline first; what is undone was told as done. An invitation is pending until then. */
  const first = (scenario: WriteScenario, ...passes: readonly Said[]): WriteScenario =>
    blank || passes.length === 0 ? scenario : { ...scenario, passes: [passes] }
  const at_deadline: readonly Said[] = action.invitation !== null ? [] : facets.length > 1 ? ['refuted', 'partial'] : ['refuted']
  // Gone before anybody looked: a list that is asked by a part of the record cannot be asked.
  const nameless =
    (action.does.account === 'absent' && JSON.stringify(action.verify).includes('{record.')) ||
    (action.does.account === 'present' && play.subject !== undefined)
  /** Sessions that were ended do not come back: who signs in anew has new ones. */
  const lasting = facets.some((facet) => facet !== 'sessions' && facet !== 'tokens')
  const removes = Object.values(action.does).every((state) => ['absent', 'inactive', 'revoked', 'not_held'].includes(state))
  const creates = play.subject === undefined
  const list: WriteScenario[] = [
    lie('W1', 'yes, and nothing happens', { fault: 'no_op' }),
    copied('W1-copies', 'yes, nothing happens, in two copies', { fault: 'no_op' }),
    lie('W2-early', 'it happens 4 s later', { fault: 'delayed', ms: 4_000 }),
    first(lie('W2-late', 'it happens only after the window', { fault: 'delayed', ms: late_ms }), ...at_deadline),
    lie('W2-edge', 'it happens just within the window', { fault: 'delayed', ms: window_ms - 1_000 }),
    lie('W4', 'an error with status 200', { fault: 'error_200' }),
    lie('W5-reset', 'no answer, it happened', { fault: 'answer_lost', how: 'reset', applied: true }),
    lie('W5-hang', 'no answer in time, it happened', { fault: 'answer_lost', how: 'hang', applied: true, times: 1 }),
    lie('W5-cut', 'half an answer, it happened', { fault: 'answer_lost', how: 'cut', applied: true }),
    lie(
      'W5-late',
      'no answer, it happens late in the window',
      { fault: 'answer_lost', how: 'reset', applied: true, times: 1 },
      { fault: 'delayed', ms: soon_ms },
    ),
    lie('W6', 'no answer once, it did not happen', { fault: 'answer_lost', how: 'reset', applied: false, times: 1 }),
    lie('W6-cut', 'half an answer once, it did not happen', { fault: 'answer_lost', how: 'cut', applied: false, times: 1 }),
    lie('W6-never', 'never an answer, it never happens', { fault: 'answer_lost', how: 'reset', applied: false }),
    lie('W7', 'a 500, it happened', { fault: 'failed_5xx', status: 500, applied: true }),
    lie('W7-503', 'a 503, it happened', { fault: 'failed_5xx', status: 503, applied: true }),
    lie('W7-not', 'a 502 once, it did not happen', { fault: 'failed_5xx', status: 502, applied: false, times: 1 }),
    lie('W10', '202, and then it fails', { fault: 'accepted_202' }),
    lie('W17', 'nothing can be read any more, and it did not happen', { fault: 'blinded', applied: false }),
    lie('W17-done', 'nothing can be read any more, and it happened', { fault: 'blinded', applied: true }),
    lie('W17-lists', 'lists are empty from then on, and it did not happen', {
      fault: 'blinded',
      applied: false,
      reads: 'list',
    }),
    lie('W17-get', 'by id everybody is gone, and it did not happen', { fault: 'blinded', applied: false, reads: 'get' }),
    lie('W19', '429 once', { fault: 'throttled', times: 1, seconds: 5 }),
    lie('W19-twice', '429 twice, a minute each', { fault: 'throttled', times: 2, seconds: 60 }),
    lie('W19-ever', '429 for ever', { fault: 'throttled', seconds: 30 }),
    lie('refused', '403', { fault: 'forbidden' }),
    // What may be said is told from the lies that the seed draws and that strike: `mayEndOf`.
    one('several', 'faulty', 'two or three lies at once', [], [], { dice: 'any' }),
    one('several-copies', 'faulty', 'two or three lies at once, two copies', [], [], { dice: 'any', copies: 2 }),

    one('honest', 'honest', 'done as asked', done, []),
    one('honest-copies', 'honest', 'done as asked, in two copies', done, [], { copies: 2 }),
    one('odd-slow', 'odd', 'the copies follow 3 s later', done, [{ fault: 'flip_flop', ms: 3_000 }], { copies: 2 }),
    one('odd-late', 'odd', 'it happens 8 s later', done, [{ fault: 'delayed', ms: 8_000 }]),
    one('odd-503', 'odd', 'reads get a 503 twice', done, [{ fault: 'reads_fail', times: 2 }]),
    one('odd-429', 'odd', 'reads get a 429 three times', done, [{ fault: 'reads_throttled', times: 3, seconds: 2 }]),
    one('odd-several', 'odd', 'slow, limited, cut off, and yet done', [], [], { dice: 'gentle', copies: 2 }),
  ]
  if (!blank)
    list.push(
      ...(creates ? [] : [lie('W8', 'it happens to somebody else', { fault: 'wrong_object' })]),
      copied('W15', 'a replica lags 4 s: old, new, old', { fault: 'flip_flop', ms: 4_000 }),
      copied('W15-half', 'a replica lags 40 s', { fault: 'flip_flop', ms: 40_000 }),
      copied('W15-ever', 'a replica follows after the window', { fault: 'flip_flop', ms: late_ms }),
    )
  // Sessions that were ended once may be ended again: nothing is so already.
  if (lasting)
    list.push(one('odd-already', 'odd', 'it is so already', nameless ? [...done, 'unknown'] : done, [], { before: 'already' }))
  if (several)
    for (const step of [0, 1]) {
      list.push(
        lie(`W1-step${step + 1}`, `step ${step + 1}: yes, and nothing happens`, { fault: 'no_op', step }),
        lie(`W5-step${step + 1}`, `step ${step + 1}: no answer, it happened`, {
          fault: 'answer_lost',
          how: 'reset',
          applied: true,
          step,
        }),
        lie(`W19-step${step + 1}`, `step ${step + 1}: 429`, { fault: 'throttled', times: 1, seconds: 5, step }),
        lie(`refused-step${step + 1}`, `step ${step + 1}: 403`, { fault: 'forbidden', step }),
      )
    }
  if (play.bystander !== undefined)
    list.push(lie('W8-beside', 'something beside it is changed too', { fault: 'moves_bystander' }))
  if (action.does.profile !== undefined || action.does.data !== undefined)
    list.push(lie('W9', 'one attribute is taken, the rest is dropped', { fault: 'partial_fields' }))
  if (play.invited !== undefined) list.push(first(lie('W11', 'an invitation only', { fault: 'invited' }), 'pending'))
  for (const facet of Object.keys(play.holds ?? {}))
    list.push(lie(`W12-${facet}`, `${facet} are left as they were`, { fault: 'stays_behind', facet }))
  if (creates) {
    list.push(
      lie(
        'W14',
        'no answer, it happened, and names may be doubled',
        { fault: 'answer_lost', how: 'reset', applied: true },
        { fault: 'doubles' },
      ),
      lie(
        'W14-late',
        'no answer, it happens late in the window, names may be doubled',
        { fault: 'answer_lost', how: 'reset', applied: true, times: 1 },
        { fault: 'delayed', ms: soon_ms },
        { fault: 'doubles' },
      ),
    )
  } else {
    list.push(
      one(
        'odd-recreated',
        'odd',
        'it was made again under another id',
        // Whom it was asked for is gone, and one who is like them is not asked instead.
        Object.values(action.does).includes('absent') ? ['verified', 'unknown'] : ['unknown'],
        [],
        { before: 'recreated' },
      ),
    )
    // Without a list that shows a facet there is nothing that could contradict a cache: no such run, and the report says so.
    if (seesLists(action)) list.push(lie('W16', 'by id it shows, in lists it does not', { fault: 'ghost' }))
  }
  if (canBeUndone(action)) {
    const later = lie('W3', 'undone after 20 minutes', { fault: 'reverted', ms: undoneAt(action, 0.5, 1_200) })
    list.push(lie('W3-soon', 'undone 2 s later', { fault: 'reverted', ms: 2_000 }))
    list.push(action.invitation === null ? first(later, best) : later)
  }
  if (removes && lasting) {
    const ms = undoneAt(action, 0.75, 1_800)
    list.push(first(lie('W18', 'another system puts it back after half an hour', { fault: 'upstream', ms }), best))
  }
  for (const dies_at of [2, 3, 4, 5, 6, 7])
    list.push(
      // Whether a request that nobody heard of again was done nobody can know there.
      one(
        `crash${dies_at}`,
        'odd',
        `the process dies at boundary ${dies_at} and is started again`,
        blank ? [...done, 'unknown'] : done,
        [],
        { dies_at },
      ),
    )
  for (const filed of FILED_WRITES.filter(({ fits }) => fits(may))) {
    const lies = filed.lies(action)
    const { once, odd } = filed
    const late = filed.late_ms !== undefined && filed.late_ms > windowOf(action) * 1000
    const more = {
      copies: filed.copies ?? 1,
      ...(once === true ? { once } : {}),
      ...(odd === undefined ? {} : { before: odd }),
    }
    const expected = odd === undefined ? mayEndOf(lies, may, false) : done
    const made = one(filed.name, odd === undefined ? 'faulty' : 'odd', filed.says, expected, lies, more)
    list.push(late ? first(made, ...at_deadline) : made)
  }
  return list
}
