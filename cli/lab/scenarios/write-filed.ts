/** Issues that users filed elsewhere about changes (faults.md, 30 to 47): each the lie, or the several, that its reporter met, for the actions that it was about. */
import type { Action } from '../../../runtime/types.ts'
import type { Lie } from '../faults/write.ts'
import { shortestWindow } from './write-best.ts'
import type { May } from './write-may.ts'

export type Filed = {
  readonly name: string
  /** Numbers in faults.md. */
  readonly issues: readonly number[]
  readonly says: string
  readonly fits: (may: May) => boolean
  readonly lies: (action: Action) => readonly Lie[]
  readonly copies?: number
  /** One request a step, however long it takes until it shows. */
  readonly once?: true
  /** It comes so late: refuted first, where the target's window is shorter. */
  readonly late_ms?: number
  /** It is so already, and nothing is wrong with that. */
  readonly odd?: 'already'
}

/** What cannot be played of them, and why. */
export const WRITES_NOT_PLAYABLE: { readonly [name: string]: string } = {}

const S = 1000
/** #1802: `timeout: 19m43.736685135s`. */
const LONG_MS = (19 * 60 + 43) * S

/** So many seconds, and well within the window of a target that promises less. */
const within = (action: Action, s: number): number => Math.min(s * S, shortestWindow(action) * 400)

const named =
  (...names: readonly string[]) =>
  ({ action }: May): boolean =>
    names.includes(action.name)
const holds =
  (...facets: readonly string[]) =>
  ({ action, play }: May): boolean =>
    action.name === 'deactivate_account' && facets.every((facet) => play.holds?.[facet] !== undefined)
const patches = ({ action }: May): boolean => action.steps.some(({ send }) => send.method === 'PATCH')
export const FILED_WRITES: readonly Filed[] = [
  {
    name: 'filed-30',
    issues: [30],
    says: 'terraform-provider-azuread#578: made, and 404 for everybody who asks at once',
    fits: named('create_account'),
    lies: (action) => [{ fault: 'delayed', ms: within(action, 20) }],
    once: true,
  },
  {
    name: 'filed-31',
    issues: [31],
    says: 'terraform-provider-azuread#793 (#1810, PR #1918): read back at once from a copy that lags, and its absence is no deletion; a second one would be taken',
    fits: named('create_account', 'grant'),
    lies: (action) => [
      { fault: 'flip_flop', ms: within(action, 30) },
      ...(action.name === 'create_account' ? [{ fault: 'doubles' } as const] : []),
    ],
    copies: 2,
    once: true,
  },
  {
    name: 'filed-32',
    issues: [32],
    says: 'terraform-provider-azuread#220 (PR #290): adding to what was just made is refused with 404, though both are there',
    fits: named('grant'),
    lies: () => [{ fault: 'not_yet', times: 1 }],
  },
  {
    name: 'filed-32-wait',
    issues: [32],
    says: 'terraform-provider-azuread#72 (PR #91): a new user or group shows in one copy and not in the other',
    fits: named('create_account', 'reactivate_account'),
    lies: (action) => [{ fault: 'flip_flop', ms: within(action, 60) }],
    copies: 2,
    once: true,
  },
  {
    name: 'filed-33',
    issues: [33],
    says: 'terraform-provider-azuread#1556: a name is patched twice only to see the first one arrive; looking must do',
    fits: named('update_account'),
    lies: (action) => [{ fault: 'flip_flop', ms: within(action, 120) }],
    copies: 2,
    once: true,
  },
  {
    name: 'filed-34',
    issues: [34],
    says: 'terraform-provider-azuread#1802: it shows after 19 minutes and 43 seconds',
    fits: named('create_account', 'update_account', 'grant'),
    lies: () => [{ fault: 'delayed', ms: LONG_MS }],
    once: true,
    late_ms: LONG_MS,
  },
  {
    name: 'filed-35',
    issues: [35],
    says: 'terraform-provider-azuread#431: writes come late, and reads after them later still',
    fits: named('grant', 'set_license', 'create_account'),
    lies: (action) => [
      { fault: 'delayed', ms: within(action, 10) },
      { fault: 'flip_flop', ms: within(action, 10) / 2 },
    ],
    copies: 2,
    once: true,
  },
  {
    name: 'filed-36',
    issues: [36],
    says: 'azure-powershell#6493: read after write; who is there is not found yet by the one who is to give them something (400)',
    fits: named('grant', 'set_license'),
    lies: () => [{ fault: 'not_yet', status: 400, times: 1 }],
  },
  {
    name: 'filed-37',
    issues: [37],
    says: 'terraform-provider-googleworkspace#475 (#202, #216, #263): the member is added, later, though the request failed',
    fits: named('grant'),
    lies: (action) => [
      { fault: 'failed_5xx', status: 503, applied: true, times: 1 },
      { fault: 'delayed', ms: within(action, 15) },
    ],
    once: true,
  },
  {
    name: 'filed-37-timeout',
    issues: [37],
    says: 'terraform-provider-googleworkspace#387 (#162, #408, #114): nine creations in ten run into the time limit, and happen',
    fits: named('create_account'),
    lies: (action) => [
      { fault: 'answer_lost', how: 'hang', applied: true, times: 1 },
      { fault: 'delayed', ms: within(action, 15) },
      { fault: 'doubles' },
    ],
    once: true,
  },
  {
    name: 'filed-37-etag',
    issues: [37],
    says: 'terraform-provider-googleworkspace PR #18: the version changes under the request, it is refused once (412)',
    fits: named('create_account', 'update_account'),
    lies: () => [{ fault: 'conflicted', status: 412, times: 1 }],
  },
  {
    name: 'filed-38',
    issues: [38],
    says: 'pbmm-on-gcp-onboarding#443: "wait 5 min and restart"',
    fits: named('create_account', 'grant', 'custom_remove_administrator_role'),
    lies: () => [{ fault: 'delayed', ms: 300 * S }],
    once: true,
    late_ms: 300 * S,
  },
  {
    name: 'filed-39',
    issues: [39, 40, 42],
    says: 'authentik#25081, CUDly#1541, better-auth#10242: deactivated, and the sessions go on',
    fits: holds('sessions'),
    lies: () => [{ fault: 'stays_behind', facet: 'sessions' }],
  },
  {
    name: 'filed-41',
    issues: [41],
    says: 'autentico#170: deactivated, and its tokens are still called active',
    fits: holds('tokens'),
    lies: () => [{ fault: 'stays_behind', facet: 'tokens' }],
  },
  {
    name: 'filed-43',
    issues: [43],
    says: 'flask-security#117: deactivated, and sessions and API tokens still work',
    fits: holds('sessions', 'tokens'),
    lies: () => [
      { fault: 'stays_behind', facet: 'sessions' },
      { fault: 'stays_behind', facet: 'tokens' },
    ],
  },
  {
    name: 'filed-44',
    issues: [44],
    says: 'better-auth#10422 (#10421): a PATCH that removes is ignored, and answered with 204',
    fits: (may) => patches(may) && may.action.name === 'revoke',
    lies: () => [{ fault: 'ignored' }],
  },
  {
    name: 'filed-44-same',
    issues: [44],
    says: 'better-auth#8549: a PATCH of what is so already would be refused with 400',
    // Of several facets those that may have come back are asked for again.
    fits: (may) =>
      patches(may) && Object.keys(may.action.does).length === 1 && named('deactivate_account', 'update_account')(may),
    lies: () => [{ fault: 'forbidden', status: 400 }],
    odd: 'already',
  },
  {
    name: 'filed-45',
    issues: [45],
    says: 'azure-docs#70913: adding a member fails, and the answer is 204 all the same',
    fits: named('grant'),
    lies: () => [{ fault: 'ignored' }],
  },
  {
    name: 'filed-46',
    issues: [46],
    says: 'ipsie#72: it propagates, later than in the five minutes that it should',
    fits: named('deactivate_account', 'revoke_sessions', 'revoke_tokens'),
    lies: () => [{ fault: 'delayed', ms: 330 * S }],
  },
  {
    name: 'filed-47',
    issues: [47],
    says: 'a client that never sends what it built: something in between says 200, and the target never sees it',
    fits: () => true,
    lies: () => [{ fault: 'swallowed' }],
  },
]
