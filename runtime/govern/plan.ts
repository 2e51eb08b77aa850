/** Wanted changes + last snapshots → a plan: only changes, destructive first, bound by a hash to the exact list and what it rests on. */
import { hash } from 'node:crypto'
import { Failure } from '../errors.ts'
import { canonicalPlan } from '../judge/canonical-plan.ts'
import { type PlanSource, planBrakes } from '../judge/plan-brakes.ts'
import { fingerprintOf } from '../read/sync.ts'
import type { Store } from '../store/port.ts'
import type { WriteStore } from '../store/write-port.ts'
import { FACETS, type Facet } from '../types.ts'
import type { Plan, PlanItem } from '../write-types.ts'
import { factsOf, type Target } from './facts.ts'
import { type Considered, considered, type Known, type WantedChange } from './plan-item.ts'

export type PlanOptions = {
  readonly store: Store & WriteStore
  readonly targets: ReadonlyMap<string, Target>
  readonly wanted: readonly WantedChange[]
  /** Null: a person asked for it by hand. */
  readonly source: PlanSource
  readonly made_by: string
  readonly why: string
  readonly now: () => number
  /** Leavers are asked for whatever a snapshot says: it may be old. */
  readonly keep_already?: boolean
}

export type Planned = {
  readonly plan: Plan
  /** Left out, each with the reason: nothing is dropped unsaid. */
  readonly already: readonly (Pick<PlanItem, 'connection' | 'action' | 'id'> & { readonly because: string })[]
  readonly repeated: number
}

/** Throws `Failure` plan/connection for one that is not there, write/unknown-action, write/input, write/no-id. */
export async function makePlan(o: PlanOptions): Promise<Planned> {
  const all: Considered[] = []
  const known: Known | null = o.keep_already === true ? null : new Map()
  const seen = new Set<string>()
  let repeated = 0
  for (const wanted of o.wanted) {
    const target = targetOf(o.targets, wanted.connection)
    const one = await considered({ store: o.store, target, now: o.now }, wanted, known)
    const { connection, action, id, input } = one.item
    const key = JSON.stringify([connection, action, id, input])
    if (seen.has(key)) repeated++
    else all.push(one)
    seen.add(key)
  }
  const already = all.filter((one) => one.already !== null)
  const items = all.filter((one) => !already.includes(one)).map((one) => one.item)
  const sorted = ordered(items, o.targets)
  const rests_on = await restsOn(o.store, o.targets, sorted)
  const held = [...(await brakesOf(o.store, o.targets, sorted, o.source))]
  const made = { items: sorted, rests_on, held, made_by: o.made_by }
  return {
    plan: { version: 1, hash: hashOf(made), made_at: new Date(o.now()).toISOString(), why: o.why, ...made },
    already: already.map(({ item: { connection, action, id }, already: because }) => ({
      connection,
      action,
      id,
      because: because ?? '',
    })),
    repeated,
  }
}

/** Of the list, what it rests on, what holds it and who made it: an approval of one is an approval of no other. */
export function hashOf(plan: Pick<Plan, 'items' | 'rests_on' | 'held' | 'made_by'>): string {
  return hash(
    'sha256',
    JSON.stringify([
      canonicalPlan(plan.items, plan.rests_on),
      plan.made_by,
      plan.held.map(({ brake, because }) => [brake, because]),
    ]),
  )
}

export async function brakesOf(
  store: Store,
  targets: ReadonlyMap<string, Target>,
  items: readonly PlanItem[],
  source: PlanSource,
): Promise<Plan['held']> {
  const names = [...new Set(items.map((item) => item.connection))]
  const facts = await Promise.all(
    names.map(async (name) => {
      const target = targetOf(targets, name)
      const mine = items.filter((item) => item.connection === name)
      const streams = [...new Set(mine.map((item) => target.connector.actions[item.action]?.on ?? ''))]
      return [name, await factsOf(store, target, streams)] as const
    }),
  )
  return planBrakes({ items, facts: Object.fromEntries(facts), source })
}

export function targetOf(targets: ReadonlyMap<string, Target>, name: string): Target {
  const target = targets.get(name)
  if (target === undefined) throw new Failure('plan/connection', name, `there is no connection ${name} that could be changed`)
  return target
}

/** What is taken away comes first, in the order of safety; else as asked for. */
function ordered(items: readonly PlanItem[], targets: ReadonlyMap<string, Target>): readonly PlanItem[] {
  const place = ({ connection, action, destructive }: PlanItem): number => {
    const does = Object.entries(targets.get(connection)?.connector.actions[action]?.does ?? {})
    const ranks = does.map(([facet, state]) =>
      // What is deleted goes last; where whoever leaves is taken out of the target, that is the deactivation and comes first.
      state === 'absent' && facet === 'account' && action !== 'deactivate_account'
        ? FACETS.length
        : FACETS.indexOf(facet as Facet),
    )
    return destructive ? Math.min(FACETS.length, ...ranks) : FACETS.length + 1
  }
  return items.toSorted((a, b) => place(a) - place(b))
}

async function restsOn(
  store: Store,
  targets: ReadonlyMap<string, Target>,
  items: readonly PlanItem[],
): Promise<Plan['rests_on']> {
  const names = [...new Set(items.map((item) => item.connection))].sort()
  const entries = await Promise.all(
    names.map(async (name) => {
      const syncs = (await store.snapshots(name)).map(({ latest }) => latest.sync)
      return [
        name,
        { sync: syncs.length === 0 ? null : Math.max(...syncs), fingerprint: printOf(targetOf(targets, name)) },
      ] as const
    }),
  )
  return Object.fromEntries(entries)
}

/** Of what is read and of what would be sent: an action that was rewritten since is another plan. */
const printOf = ({ connector, connection }: Target): string =>
  `sha256:${hash('sha256', JSON.stringify([fingerprintOf(connector, connection), connector.actions]))}`

/** What is not any more as the plan says; empty: it may be applied. */
export async function movedSince(
  o: Pick<PlanOptions, 'store' | 'targets' | 'now'>,
  plan: Plan,
  items: readonly PlanItem[],
): Promise<readonly string[]> {
  const changed = Object.entries(plan.rests_on).flatMap(([name, { fingerprint }]) =>
    printOf(targetOf(o.targets, name)) === fingerprint
      ? []
      : [`${name}: connector, settings or credential changed since the plan was made`],
  )
  const moved: string[] = []
  for (const item of items) {
    const target = targetOf(o.targets, item.connection)
    const { connection, action, id, input, lane, person } = item
    const wanted = { connection, action, id, input, lane, person }
    const { item: now } = await considered({ store: o.store, target, now: o.now }, wanted, null)
    if (JSON.stringify(now.bound) !== JSON.stringify(item.bound))
      moved.push(`${connection} ${id ?? ''}: it is another object than was meant`)
    else if (now.change !== item.change)
      moved.push(`${connection} ${id ?? ''}: planned was "${item.change}", now it would be "${now.change}"`)
  }
  return [...changed, ...moved]
}
