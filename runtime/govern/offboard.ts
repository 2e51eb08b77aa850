/**
 * A leaver: everything a person has, over all connections, in the order of safety:
 * deactivate → sessions → tokens → groups and roles → licences → (only if said so) delete. Access goes, data stays.
 */
import { grantsOf, type Held } from '../record/grants.ts'
import type { Store } from '../store/port.ts'
import type { Action, Connector, Facet, FacetState, JsonObject, Stream } from '../types.ts'
import type { Account } from './accounts.ts'
import type { Target } from './facts.ts'
import { itemInput, itemStream, itemsOf } from './item-actions.ts'
import type { WantedChange } from './plan-item.ts'

/** What could not even be asked for. */
export type NotPossible = {
  readonly connection: string
  readonly stream: string
  readonly id: string
  readonly facet: Facet
  /** `unproven`: what was seen is taken back, and more may be there. */
  readonly is: 'not_possible' | 'unproven'
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
  is: 'not_possible',
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
  // Whoever is out of the target holds nothing there that only a member can hold: the rest is taken back and looked at all the same.
  const leaves = deactivate?.does.account === 'absent'
  const unproven = await unprovenStreams(store, connector, account.connection)
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
    await endingOf('credential', 'absent'),
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

  /** By the account's id, or one by one where they are records of their own, or are named by an input. */
  async function endingOf(facet: 'sessions' | 'tokens' | 'credential', state: FacetState): Promise<Part> {
    if (covered.has(facet)) return { facet, wanted: [], not_possible: [] }
    const ending = actions.filter((one) => one.does[facet] === state && one.does.account === undefined)
    const own = ending.find((one) => one.on === account.stream && standsAlone(one))
    if (own !== undefined) return { facet, wanted: [change(own, account.id)], not_possible: [] }
    const each = ending.flatMap((one) =>
      one.on !== account.stream && standsAlone(one) ? [{ one, of: connector.streams[one.on]! }] : [],
    )
    const items = ending.flatMap((one) => {
      const of = one.on === account.stream ? itemStream(connector, one) : null
      return of === null || endedByAnother(of) ? [] : [{ one, of }]
    })
    if (each.length === 0 && items.length === 0) {
      // Keys are not what everybody has: where nothing takes them back, nothing is said to hold them either.
      if (facet === 'credential') return { facet, wanted: [], not_possible: [] }
      const because = `connector ${connector.connector} has no action that ends ${facet}: those that are open last on`
      return { facet, wanted: [], not_possible: [refuse(account, facet, because)] }
    }
    const own_records = await Promise.all(
      each.map(async ({ one, of }) => (await itemsOf(store, of, account)).map(({ id }) => change(one, id))),
    )
    const parts = await Promise.all(items.map(async ({ one, of }) => await takingEach(one, of, facet)))
    return {
      facet,
      wanted: [...own_records.flat(), ...parts.flatMap((part) => part.wanted)],
      not_possible: [
        ...parts.flatMap((part) => part.not_possible),
        ...doubts([...each, ...items].map(({ of }) => [of.name, facet])),
      ],
    }
  }

  async function takingEach(action: Action, of: Stream, facet: Facet): Promise<Part> {
    const records = await itemsOf(store, of, account)
    const inputs = records.map((record) => ({ record, input: itemInput(action, record) }))
    return {
      facet,
      wanted: inputs.flatMap(({ input }) => (input === null ? [] : [change(action, account.id, input)])),
      not_possible: inputs.flatMap(({ record, input }) =>
        input === null ? [refuse(account, facet, `${of.name} ${record.id} lacks a value that ${action.name} needs`)] : [],
      ),
    }
  }

  /** An action that needs only the account looks at the very list that these records are read from: it ends all of them. */
  function endedByAnother(of: Stream): boolean {
    return able.some(
      (one) => one.does.tokens === 'revoked' && one.verify.some(({ probe }) => pathOf(probe['list']) === of.list.path),
    )
  }

  /** Groups, roles and licences that the snapshots show: one revocation each. */
  async function losing(): Promise<Part> {
    const { held, streams } = await grantsOf(store, connector, account.connection, account.stream, new Set([account.id]))
    const wanted: WantedChange[] = []
    const not_possible: NotPossible[] = []
    const items = actions.flatMap((one) => {
      const facet = LOSING.find((facet) => one.does[facet] === 'not_held')
      const of = one.on === account.stream && facet !== undefined ? itemStream(connector, one) : null
      return of === null ? [] : [{ one, of, facet: facet! }]
    })
    const sorted = held
      .filter(({ stream }) => !items.some(({ of }) => of.name === stream))
      .map((grant) => ({ grant, takes: takerOf(actions, account.stream, grant) }))
    for (const { grant, takes } of sorted.toSorted((a, b) => rankOf(a.takes) - rankOf(b.takes))) {
      const ended = takes !== null && covered.has(takes.facet) && Object.keys(takes.action.input).length > 0
      if (ended && wholeBy(deactivate, takes.facet)) continue
      if (takes !== null) wanted.push(change(takes.action, account.id, { [takes.input]: grant.entitlement }))
      else if (!leaves) {
        const because = `connector ${connector.connector} has no action that takes back ${grant.entitlement} (${grant.stream})`
        not_possible.push(refuse(account, facetOf(connector, grant.stream), because))
      }
    }
    for (const { one, of, facet } of items.toSorted((a, b) => LOSING.indexOf(a.facet) - LOSING.indexOf(b.facet))) {
      if (wholeBy(deactivate, facet)) continue
      const part = await takingEach(one, of, facet)
      wanted.push(...part.wanted)
      not_possible.push(...part.not_possible)
    }
    not_possible.push(...unread(connector, account, actions, covered))
    const told = [...Object.keys(streams), ...items.map(({ of }) => of.name)]
    const facets = [...new Set(told)].map(
      (name) => [name, items.find(({ of }) => of.name === name)?.facet ?? facetOf(connector, name)] as const,
    )
    not_possible.push(...doubts(facets.filter(([, facet]) => !wholeBy(deactivate, facet))))
    for (const facet of LOSING) {
      const action = able.find((one) => one.does.account === undefined && one.does[facet] === 'not_held')
      if (action !== undefined && !covered.has(facet)) wanted.push(change(action, account.id))
    }
    return { facet: 'groups', wanted, not_possible }
  }

  /** What a snapshot cannot show is named where it belongs: more may be held than was taken back. */
  function doubts(of: readonly (readonly [stream: string, facet: Facet])[]): readonly NotPossible[] {
    return of.flatMap(([stream, facet]): readonly NotPossible[] => {
      const doubt = unproven.get(stream)
      return doubt === undefined
        ? []
        : [{ ...refuse(account, facet, `${stream} ${doubt}: more may be held than was seen`), is: 'unproven' }]
    })
  }
}

const LOSING = ['groups', 'roles', 'licenses'] as const
const rankOf = (takes: Taker | null): number => (takes === null ? LOSING.length : LOSING.indexOf(takes.facet))

/** By the action that looks at the very list of these grants; else by what they are of: records of groups, of licences, else roles. */
function facetOf(connector: Connector, grants: string): (typeof LOSING)[number] {
  const list = shapeOf(connector.streams[grants]?.list.path ?? null)
  const looking = Object.values(connector.actions).flatMap(({ verify }) =>
    verify.filter(({ probe }) => shapeOf(pathOf(probe['list'])) === list),
  )
  const facet = LOSING.find((one) => list !== null && looking.some((verify) => verify.facet === one))
  if (facet !== undefined) return facet
  const of = (connector.streams[grants]?.refers['entitlement'] ?? []).map((name) => connector.streams[name]?.is)
  return of.includes('group') ? 'groups' : of.includes('license') ? 'licenses' : 'roles'
}

/** Whatever its placeholders are called. */
const shapeOf = (path: string | null): string | null => path?.replaceAll(/\{[^}]*\}/g, '{}') ?? null
/** Without its query. */
const pathOf = (list: unknown): string | null =>
  typeof list === 'object' && list !== null && 'path' in list ? String(list.path) : null

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

/** Stream → what its newest read is, where that is not complete. */
async function unprovenStreams(store: Store, connector: Connector, connection: string): Promise<ReadonlyMap<string, string>> {
  const snapshots = await store.snapshots(connection)
  return new Map(
    Object.keys(connector.streams).flatMap((name): [string, string][] => {
      const found = snapshots.find(({ latest }) => latest.stream === name)?.latest
      if (found === undefined) return [[name, 'was never read']]
      return found.verdict.is === 'complete' ? [] : [[name, `is ${found.verdict.is} (${found.verdict.because})`]]
    }),
  )
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
    if (names !== null && grant.of.includes(names)) return { action, input: one[0], facet }
  }
  return null
}
