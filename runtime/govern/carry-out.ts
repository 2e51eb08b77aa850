/** A plan into intents, and those through the engine: connections beside each other, one failing never stops another. */
import { Failure } from '../errors.ts'
import { personName } from '../person-name.ts'
import type { IntentRow, WriteStore } from '../store/write-port.ts'
import { askAnew, drain, intentOf, type WriteContext } from '../write/engine.ts'
import type { Approval, Intent, Plan, PlanItem } from '../write-types.ts'
import { movedSince, type PlanOptions, targetOf } from './plan.ts'

/** Brakes that an approval of the list alone does not release: somebody has to name them. */
export const NEEDS_OVERRIDE: ReadonlySet<string> = new Set(['zero_source', 'everybody', 'own_account', 'protected'])

/** `all`, or names with commas. */
const overrides = (approval: Approval): readonly string[] => (approval.override ?? '').split(',').map((name) => name.trim())

export type Released = { readonly approval: Approval | null }

/**
 * Null approval: nothing holds the plan. Uses an approval up.
 * Throws `Failure` plan/held, plan/own-approval, plan/expired-approval, plan/override.
 */
export async function release(store: WriteStore, plan: Plan, now: string): Promise<Released> {
  if (plan.held.length === 0) return { approval: null }
  const unnamed = (approval: Approval) =>
    plan.held.filter(({ brake }) => NEEDS_OVERRIDE.has(brake) && !overrides(approval).includes(brake))
  const all = (await store.approvals(plan.hash)).filter((one) => one.used_at === null)
  const valid = all.filter((one) => !samePerson(one.by, plan.made_by) && Date.parse(one.expires_at) > Date.parse(now))
  const reasons = plan.held.map(({ brake, because }) => `${brake}: ${because}`).join('; ')
  if (valid.length === 0) {
    const own = all.some((one) => samePerson(one.by, plan.made_by))
    const old = all.find((one) => Date.parse(one.expires_at) <= Date.parse(now))
    if (own)
      throw new Failure(
        'plan/own-approval',
        plan.hash,
        `${plan.made_by} made this plan, and nobody approves their own; held by ${reasons}; its hash is ${plan.hash}`,
      )
    if (old !== undefined)
      throw new Failure(
        'plan/expired-approval',
        plan.hash,
        `the approval of ${old.by} ended at ${old.expires_at}; held by ${reasons}; its hash is ${plan.hash}`,
      )
    throw new Failure('plan/held', plan.hash, `held by ${reasons}; its hash is ${plan.hash}`)
  }
  // One that does not name a brake can never release this list: it is used up, and the next one counts.
  for (let last = valid[0]!; ; ) {
    const approval = await store.useApproval(plan.hash, plan.made_by, now)
    if (approval !== null && unnamed(approval).length === 0) return { approval }
    const missing = unnamed(approval ?? last).map(({ brake }) => brake)
    if (approval === null)
      throw new Failure(
        'plan/override',
        plan.hash,
        `the approval of ${last.by} does not name ${missing.join(', ')}; held by ${reasons}`,
      )
    last = approval
  }
}

export const samePerson = (a: string, b: string): boolean => personName(a) === personName(b)

export type Asker = { readonly by: string; readonly why: string; readonly from: string; readonly due_at?: string }

const LOT = 1000

export type Asked = {
  readonly asked: number
  /** Of an earlier call for the same run. */
  readonly before: number
  /** Changes that were under way already, asked for by somebody else: they stand for ours. */
  readonly others: readonly string[]
}

/**
 * Durable, in the plan's order. What of the run is there already is not asked for again. `run`: what the intents carry as their plan; a
 * plan from a file is carried out once, so there it is the hash.
 * Throws `Failure` plan/moved with what moved, and what `release` throws.
 */
export async function askForPlan(
  o: Pick<PlanOptions, 'store' | 'targets' | 'now'> & { readonly newId: () => string },
  plan: Plan,
  asker: Asker,
  run = plan.hash,
): Promise<Asked> {
  const known = await rowsOf(o.store, run)
  const keys = new Set(known.map(({ intent }) => keyOf(intent)))
  const missing = plan.items.filter((item) => !keys.has(keyOf(item)))
  if (missing.length === 0) return { asked: 0, before: known.length, others: [] }
  const moved = await movedSince(o, plan, missing)
  if (moved.length > 0) {
    const more = moved.length > 10 ? `\nand ${moved.length - 10} more` : ''
    throw new Failure('plan/moved', plan.hash, moved.slice(0, 10).join('\n') + more)
  }
  const at = new Date(o.now()).toISOString()
  // An approval that an earlier call used up holds for the rest of the same list.
  const used = known.length > 0 ? ((await o.store.approvals(plan.hash)).find((one) => one.used_at !== null) ?? null) : null
  const { approval } = used === null ? await release(o.store, plan, at) : { approval: used }
  const others: string[] = []
  for (let first = 0; first < missing.length; first += LOT) {
    const lot = missing.slice(first, first + LOT)
    const intents = await Promise.all(lot.map((item) => intentFor(o, run, item, asker)))
    for (const { intent, made } of await askAnew(o.store, intents)) {
      if (!made) others.push(intent)
      else if (approval !== null) await approved(o.store, intent, approval, at)
    }
  }
  return { asked: missing.length, before: known.length, others }
}

async function approved(store: WriteStore, intent: string, { by, hash }: Approval, at: string): Promise<void> {
  await store.append(intent, { kind: 'approved', at, by, hash }, { by, what: 'approved with its plan' })
}

const keyOf = ({ connection, action, id, input }: Pick<Intent, 'connection' | 'action' | 'id' | 'input'>): string =>
  JSON.stringify([connection, action, id, Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1))])

async function intentFor(
  o: Parameters<typeof askForPlan>[0],
  run: string,
  item: PlanItem,
  { by, why, from, due_at }: Asker,
): Promise<Intent> {
  const { action, id, input, lane, person } = item
  const wanted = { action, id, input, lane, plan: run, provenance: { by, why, from, person } }
  return await intentOf(
    { ...targetOf(o.targets, item.connection), store: o.store, now: o.now, newId: o.newId },
    { ...wanted, ...(item.before === undefined ? {} : { planned: item.before }), ...(due_at === undefined ? {} : { due_at }) },
  )
}

/** In the order in which they were asked for. */
export async function rowsOf(store: WriteStore, plan: string): Promise<readonly IntentRow[]> {
  const rows: IntentRow[] = []
  for (;;) {
    const after = rows.at(-1)?.intent.intent
    const lot = await store.intents({ plan, limit: LOT, ...(after === undefined ? {} : { after }) })
    rows.push(...lot)
    if (lot.length < LOT) return rows.reverse()
  }
}

/** Opens a connection for writing. Throws `Failure` where it cannot (a missing secret, a connector that is gone). */
export type Open = (connection: string) => Promise<WriteContext>

/** Why nothing was done in a connection; absent: it was worked on. */
export type NotStarted = ReadonlyMap<string, Failure>

/** Until nothing waits there, or the context's signal says stop. */
export async function carryOut(open: Open, connections: readonly string[]): Promise<NotStarted> {
  const failed = new Map<string, Failure>()
  await Promise.all(
    connections.map(async (name) => {
      try {
        await drain(await open(name))
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        failed.set(name, error)
      }
    }),
  )
  return failed
}
