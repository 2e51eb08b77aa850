/**
 * A leaver: everything a person has, over all connections, in the order of safety:
 * deactivate → sessions → tokens → groups and roles → licences → (only if said so) delete. Access goes, data stays.
 */
import { eachRecord } from '../record/each.ts'
import { grantsOf, type Held } from '../record/grants.ts'
import type { Store } from '../store/port.ts'
import type { Action, Connector, Facet, FacetState, JsonObject } from '../types.ts'
import type { Account } from './accounts.ts'
import type { Target } from './facts.ts'
import type { WantedChange } from './plan-item.ts'

/** What could not even be asked for. */
export type NotPossible = {
  readonly connection: string
  readonly stream: string
  readonly id: string
  readonly facet: Facet
  readonly because: string
}
export type LeaverPlan = { readonly wanted: readonly WantedChange[]; readonly not_possible: readonly NotPossible[] }

type Part = { readonly facet: Facet; readonly wanted: readonly WantedChange[]; readonly not_possible: readonly NotPossible[] }

/** `remove`: the policy says that accounts are deleted at the end. */
export async function leaverChanges(
  store: Store,
  targets: ReadonlyMap<string, Target>,
  accounts: readonly Account[],
  { person, remove }: { readonly person: string; readonly remove: boolean },
): Promise<LeaverPlan> {
  const plans = await Promise.all(
    accounts.map(async (account) => {
      const target = targets.get(account.connection)
      return target === undefined ? unreachable(account) : await leaverOf(store, target.connector, account, person, remove)
    }),
  )
  return { wanted: plans.flatMap((one) => one.wanted), not_possible: plans.flatMap((one) => one.not_possible) }
}

const unreachable = (account: Account): LeaverPlan => ({
  wanted: [],
  not_possible: [refuse(account, 'account', `the connector of ${account.connection} cannot be read`)],
})

const refuse = ({ connection, stream, id }: Account, facet: Facet, because: string): NotPossible => ({
  connection,
  stream,
  id,
  facet,
  because,
})

async function leaverOf(
  store: Store,
  connector: Connector,
  account: Account,
  person: string,
  remove: boolean,
): Promise<LeaverPlan> {
  const actions = Object.values(connector.actions)
  const able = actions.filter((one) => one.on === account.stream && standsAlone(one))
  // Some targets know no inactive account: theirs is named so and takes the account out.
  const deactivate = able.find((one) => one.name === 'deactivate_account') ?? able.find((one) => one.does.account === 'inactive')
  // What the deactivation ends by itself needs no action of its own.
  const covered = new Set<Facet>(deactivate === undefined ? [] : (Object.keys(deactivate.does) as Facet[]))
  const change = (action: Action, id: string, input: JsonObject = {}): WantedChange => ({
    connection: account.connection,
    action: action.name,
    id,
    input,
    lane: 'leaver',
    person,
  })
  const parts: Part[] = [
    deactivate === undefined
      ? {
          facet: 'account',
          wanted: [],
          not_possible: [
            refuse(
              account,
              'account',
              `connector ${connector.connector} has no action that deactivates a record of ${account.stream}`,
            ),
          ],
        }
      : { facet: 'account', wanted: [change(deactivate, account.id)], not_possible: [] },
    await endingOf('sessions', 'revoked'),
    await endingOf('tokens', 'revoked'),
    await losing(),
  ]
  if (remove) {
    const action = able.find((one) => one.does.account === 'absent' && one !== deactivate)
    const because = `connector ${connector.connector} has no action that deletes a record of ${account.stream}`
    parts.push({
      facet: 'account',
      wanted: action === undefined ? [] : [change(action, account.id)],
      not_possible: action === undefined ? [refuse(account, 'account', because)] : [],
    })
  }
  return { wanted: parts.flatMap((one) => one.wanted), not_possible: parts.flatMap((one) => one.not_possible) }

  /** By the account's id, or one by one where sessions and tokens are records of their own. */
  async function endingOf(facet: 'sessions' | 'tokens', state: FacetState): Promise<Part> {
    if (covered.has(facet)) return { facet, wanted: [], not_possible: [] }
    const ending = actions.filter((one) => one.does[facet] === state && standsAlone(one) && one.does.account === undefined)
    const own = ending.find((one) => one.on === account.stream)
    if (own !== undefined) return { facet, wanted: [change(own, account.id)], not_possible: [] }
    const each = ending.find((one) => one.on !== account.stream)
    if (each === undefined)
      return {
        facet,
        wanted: [],
        not_possible: [
          refuse(
            account,
            facet,
            `connector ${connector.connector} has no action that ends ${facet}: those that are open last on`,
          ),
        ],
      }
    const ids: string[] = []
    await eachRecord(store, account.connection, each.on, ({ id, fields }) => {
      if (fields['account'] === account.id) ids.push(id)
    })
    return { facet, wanted: ids.map((id) => change(each, id)), not_possible: [] }
  }

  /** Groups, roles and licences that the snapshots show: one revocation each. */
  async function losing(): Promise<Part> {
    const { held } = await grantsOf(store, connector, account.connection, account.stream, new Set([account.id]))
    const wanted: WantedChange[] = []
    const not_possible: NotPossible[] = []
    const sorted = held.map((grant) => ({ grant, takes: takerOf(actions, account.stream, grant) }))
    const rank = { groups: 0, roles: 1, licenses: 2 } as const
    for (const { grant, takes } of sorted.toSorted(
      (a, b) => (a.takes === null ? 3 : rank[a.takes.facet]) - (b.takes === null ? 3 : rank[b.takes.facet]),
    )) {
      if (
        takes !== null &&
        covered.has(takes.facet) &&
        Object.keys(takes.action.input).length > 0 &&
        wholeBy(deactivate, takes.facet)
      )
        continue
      if (takes === null)
        not_possible.push(
          refuse(
            account,
            'groups',
            `connector ${connector.connector} has no action that takes back ${grant.entitlement} (${grant.stream})`,
          ),
        )
      else wanted.push(change(takes.action, account.id, { [takes.input]: grant.entitlement }))
    }
    not_possible.push(...unread(connector, account, actions, covered))
    const all = actions.filter((one) => one.on === account.stream && standsAlone(one) && one.does.account === undefined)
    for (const facet of ['groups', 'roles', 'licenses'] as const) {
      const action = all.find((one) => one.does[facet] === 'not_held')
      if (action !== undefined && !covered.has(facet)) wanted.push(change(action, account.id))
    }
    return { facet: 'groups', wanted, not_possible }
  }
}

/** What could be taken back if it were known: no stream reads who holds it. */
function unread(
  connector: Connector,
  account: Account,
  actions: readonly Action[],
  covered: ReadonlySet<Facet>,
): readonly NotPossible[] {
  const told = new Set(
    Object.values(connector.streams).flatMap((one) => (one.is === 'grant' ? (one.refers['entitlement'] ?? []) : [])),
  )
  return (['groups', 'roles', 'licenses'] as const).flatMap((facet) => {
    const takers = actions.filter((one) => one.on === account.stream && one.does[facet] === 'not_held' && !standsAlone(one))
    const names = takers.flatMap((one) => Object.values(one.input).flatMap(({ stream }) => (stream === null ? [] : [stream])))
    const blind = takers.length > 0 && !covered.has(facet) && !names.some((name) => told.has(name))
    const because = `connector ${connector.connector} can take back ${facet}, but no stream of it reads who holds which`
    return blind ? [refuse(account, facet, because)] : []
  })
}

/** An action that needs nothing but the account. */
const standsAlone = (action: Action): boolean => Object.values(action.input).every((input) => !input.required)
const wholeBy = (deactivate: Action | undefined, facet: Facet): boolean => deactivate?.does[facet] === 'not_held'

type Taker = { readonly action: Action; readonly input: string; readonly facet: 'groups' | 'roles' | 'licenses' }

/** The action that takes this back: its one required input names a record of the stream that the grant refers to. */
function takerOf(actions: readonly Action[], stream: string, grant: Held): Taker | null {
  for (const action of actions) {
    if (action.on !== stream) continue
    const facet = (['groups', 'roles', 'licenses'] as const).find((one) => action.does[one] === 'not_held')
    const required = Object.entries(action.input).filter(([, input]) => input.required)
    const [one] = required
    if (facet === undefined || one === undefined || required.length > 1) continue
    const names = one[1].stream
    if (names !== null && (grant.of.length === 0 || grant.of.includes(names))) return { action, input: one[0], facet }
  }
  return null
}
