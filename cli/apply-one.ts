/** One change, from the wish to what is seen. */
import { Failure } from '../runtime/errors.ts'
import { brakesOf } from '../runtime/govern/plan.ts'
import { considered } from '../runtime/govern/plan-item.ts'
import { settle } from '../runtime/govern/standing.ts'
import { outcomeNow } from '../runtime/govern/where-it-stands.ts'
import type { IntentRow } from '../runtime/store/write-port.ts'
import type { JsonObject } from '../runtime/types.ts'
import { requestChange, runIntent, type WriteContext } from '../runtime/write/engine.ts'
import type { IntentEvent, Outcome } from '../runtime/write-types.ts'
import type { ApplyFlags } from './apply-flags.ts'
import { type Changing, isStop, openChanging, spanOf, TEN_MINUTES } from './changing.ts'
import { type BothStores, refuseConnectionFlags, storeDir, storedTarget, type Target, targetFrom, withStore } from './compose.ts'
import { actionNamed, actOf, asker, inputFrom, inputPairs, oneOffAsker } from './inputs.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { outcomeText } from './outcome-text.ts'
import { jsonLine, painter, safe } from './text.ts'

/** Before anything was sent, so often without an answer: the target cannot be worked with now. */
const BLIND_LOOKS = 3

export async function applyOne(name: string | undefined, action: string, flags: ApplyFlags, io: Io): Promise<Exit> {
  // Before the store is opened: a wrong flag or connector must not leave a store behind.
  const { by, why } = name === undefined ? oneOffAsker(flags, io) : asker('apply', flags.by, flags.why)
  const wait_ms = spanOf('--wait', flags.wait, TEN_MINUTES)
  const pairs = inputPairs(flags.input)
  const given = name === undefined ? await targetFrom(flags, flags.name ?? null, io) : null
  if (given !== null) inputFrom(actionNamed(given.connector, action), pairs)
  if (name !== undefined) refuseConnectionFlags(flags, name)
  return withStore(flags.store, io, given !== null, async (store) => {
    const target = given === null ? await storedTarget(store, name ?? '', io) : await kept(store, given, flags['dry-run'], io)
    const declared = actionNamed(target.connector, action)
    const input = inputFrom(declared, pairs)
    const id = flags.id ?? null
    const person = flags.person?.trim().toLowerCase() ?? null
    const wanted = { connection: target.connection.name, action, id, input, person }
    const { item } = await considered({ store, target, now: io.now }, wanted, null)
    const held = await brakesOf(store, new Map([[target.connection.name, target]]), [item], null)
    const changing = openChanging(store, io, { dir: storeDir(flags.store, io), wait_ms, allow_private: flags['allow-private'] })
    try {
      const ctx = await changing.open(target)
      if (flags['dry-run']) return await dryRun(ctx, wanted, { by, why }, item.change, held, flags.json, io)
      if (held.length > 0) {
        const because = held.map((one) => `${one.brake}: ${one.because}`).join('; ')
        throw new Failure('plan/held', action, `held by ${because}; nothing was sent`)
      }
      const { intent } = await requestChange(ctx, { action, id, input, provenance: { by, why, from: 'cli', person } })
      await look(ctx, intent, changing)
      await withdrawHeld(store, intent, by, new Date(io.now()).toISOString())
      await settle(store, target.connector, target.connection.name, new Date(io.now()).toISOString())
      return await told(store, intent, changing.stopped(), target, flags.json, io)
    } finally {
      await changing.close()
    }
  })
}

/** A connection from flags is stored with what people added to it before. */
async function kept(store: BothStores, target: Target, dry: boolean, io: Io): Promise<Target> {
  const before = await store.connection(target.connection.name)
  const connection =
    before === null
      ? target.connection
      : {
          ...before,
          ...target.connection,
          owner: before.owner,
          attested: before.attested,
          canaries: before.canaries,
          protected: before.protected ?? {},
          created_at: before.created_at,
        }
  if (!dry) await store.putConnection(connection, actOf(io, 'rollcall apply'))
  return { connector: target.connector, connection }
}

async function look(ctx: WriteContext, intent: string, changing: Changing): Promise<void> {
  let blind = 0
  const onProgress: WriteContext['onProgress'] = (progress) => {
    ctx.onProgress?.(progress)
    const { event } = progress
    const unseen = event.kind === 'look' && event.look.phase === 'before' && event.look.shows === 'unanswered'
    blind = unseen ? blind + 1 : 0
    if (blind >= BLIND_LOOKS) changing.give_up('the target gives no usable answer')
  }
  try {
    await runIntent({ ...ctx, onProgress }, intent)
  } catch (error) {
    if (!isStop(error, changing)) throw error
  }
}

/**
 * Held for good (another object, a protected one): it is withdrawn, so that the same command with a right id is a new change and not the
 * old one again. What was sent is never withdrawn.
 */
async function withdrawHeld(store: BothStores, intent: string, by: string, at: string): Promise<void> {
  const row = await store.intent(intent)
  const held = row?.events.findLast((event) => event.kind === 'held')
  if (row?.state !== 'held' || held?.kind !== 'held' || row.events.some((event) => event.kind === 'sending')) return
  await store.append(
    intent,
    { kind: 'cancelled', at, by, because: `held by ${held.brake}: ${held.because}` },
    { by, what: 'withdrawn' },
  )
}

async function told(
  store: BothStores,
  intent: string,
  stopped: string | null,
  target: Target,
  json: boolean,
  io: Io,
): Promise<Exit> {
  const row = (await store.intent(intent)) as IntentRow
  const killed = await killedBy(store, target.connection.name)
  const outcome = outcomeNow(row, killed, stopped)
  const title = `${safe(target.connector.actions[row.intent.action]?.title ?? row.intent.action)} ${safe(row.intent.id ?? outcome.id ?? '')} at ${safe(target.connection.name)}`
  if (json) io.out(jsonLine(applyJson(row, outcome)))
  else io.out(outcomeText(title, outcome, row.intent.id === null, painter(io.color)))
  const unreachable = row.state !== 'done' && stopped === 'the target gives no usable answer'
  return outcome.is === 'verified' ? EXIT.fine : unreachable ? EXIT.environment : EXIT.gate
}

export async function killedBy(store: BothStores, connection: string): Promise<string | null> {
  const stop = (await store.killSwitches()).find((one) => one.scope === '*' || one.scope === connection)
  return stop === undefined ? null : `${stop.why} (${stop.by}, ${stop.at})`
}

export function applyJson(row: IntentRow, outcome: Outcome): object {
  const { intent, connection, action, id, input, lane, provenance, plan, made_at, due_at } = row.intent
  const looks = row.events.flatMap((event: IntentEvent) => (event.kind === 'look' ? [event.look] : []))
  return {
    version: JSON_VERSION,
    command: 'apply',
    connection,
    intent,
    action,
    id: id ?? outcome.id,
    input: Object.keys(input),
    lane,
    by: provenance.by,
    why: provenance.why,
    person: provenance.person,
    plan,
    made_at,
    due_at,
    state: row.state,
    outcome,
    looks: looks.map(({ facet, phase, at, where, shows, control, rung, because, residual_until }) => ({
      facet,
      phase,
      at,
      where,
      shows,
      control,
      rung,
      because,
      residual_until,
    })),
    sent: row.events.flatMap((event) =>
      event.kind === 'sending' ? [{ step: event.step, attempt: event.attempt, at: event.at }] : [],
    ),
    residual_until: outcome.residual_until,
  }
}

async function dryRun(
  ctx: WriteContext,
  wanted: { readonly action: string; readonly id: string | null; readonly input: JsonObject; readonly person: string | null },
  who: { readonly by: string; readonly why: string },
  change: string,
  held: readonly { readonly brake: string; readonly because: string }[],
  json: boolean,
  io: Io,
): Promise<Exit> {
  const { preview } = await import('../runtime/govern/preview.ts')
  const seen = await preview(ctx, { ...wanted, provenance: { ...who, from: 'cli', person: wanted.person } })
  const stops = [...held, ...(seen.stops === null ? [] : [seen.stops])]
  if (json)
    io.out(
      jsonLine({
        version: JSON_VERSION,
        command: 'apply',
        dry_run: true,
        connection: ctx.connection.name,
        change,
        held: stops,
        ...seen,
      }),
    )
  else {
    const paint = painter(io.color)
    io.out(`${paint.bold('dry run')}  ${safe(change)}\n  now: ${safe(seen.now)}\n`)
    for (const stop of stops) io.out(`  ${paint.red('held')}  ${safe(stop.brake)}: ${safe(stop.because)}\n`)
    for (const { step, request, body, as_declared } of seen.would_send) {
      const open = as_declared === null ? '' : ` (as declared; ${safe(as_declared)})`
      io.out(`  would send  ${safe(step)}: ${safe(request)}${open}${body === null ? '' : `\n              ${safe(body)}`}\n`)
    }
    for (const one of seen.would_look)
      io.out(`  would look  ${one.facet}: ${safe(one.probe)}, ${one.agree} times in agreement, within ${one.within_s} s\n`)
    io.out('  nothing was sent\n')
  }
  return stops.length > 0 ? EXIT.gate : seen.answered ? EXIT.fine : EXIT.environment
}
