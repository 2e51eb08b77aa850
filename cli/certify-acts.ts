/** What `rollcall certify` changes, and how it is told. */
import type { Gate } from '../runtime/certify-types.ts'
import { Failure } from '../runtime/errors.ts'
import { closeCertification, withdrawCertification } from '../runtime/govern/certify/close.ts'
import { askFor, type Deciding, decide } from '../runtime/govern/certify/decide.ts'
import { type CertifyContext, type Looked, look } from '../runtime/govern/certify/look.ts'
import { openCertification, refreeze, type Who } from '../runtime/govern/certify/open.ts'
import type { ScopeAsked } from '../runtime/govern/certify/scope.ts'
import { reasonLines, statusText } from './certify-text.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { sheetFrom } from './review-sheet.ts'
import { jsonLine, painter, plural, safe } from './text.ts'

const gateJson = ({ is, reasons, waived }: Gate) => ({ is, reasons, waived })

type Asked = ScopeAsked & { readonly name: string; readonly owner: string }

/** `asked` a text: that certification is frozen again. */
export async function openIt(ctx: CertifyContext, asked: Asked | string, who: Who, json: boolean, io: Io): Promise<Exit> {
  const opened = typeof asked === 'string' ? await refreeze(ctx, asked, who) : await openCertification(ctx, asked, who)
  const about = typeof asked === 'string' ? asked : asked.connections.join(' ')
  const paint = painter(io.color)
  if (opened.is === 'refused') {
    if (json) io.out(jsonLine({ version: JSON_VERSION, command: 'certify', is: 'refused', gate: gateJson(opened.gate) }))
    else io.out(`${paint.red('not opened')}\n${reasonLines(opened.gate, paint, about)}`)
    return EXIT.gate
  }
  const { certification, frozen } = opened
  if (json)
    io.out(
      jsonLine({ version: JSON_VERSION, command: 'certify', is: 'opened', certification, frozen, gate: gateJson(opened.gate) }),
    )
  else io.out(statusText(await look(ctx, certification, null), paint))
  return EXIT.fine
}

type DecideFlags = {
  readonly keep: readonly string[]
  readonly revoke: readonly string[]
  readonly stream: readonly string[]
  readonly connection: readonly string[]
  readonly rest: string | undefined
  readonly csv: string | undefined
  readonly intent: string | undefined
}

/** `flags` null: nothing is decided, what was is asked for. */
export async function decideThem(
  ctx: CertifyContext,
  id: string,
  flags: DecideFlags | null,
  who: Who,
  json: boolean,
  io: Io,
): Promise<Exit> {
  const given = flags === null ? { decisions: [], blank: 0 } : await decisionsOf(ctx, id, flags)
  const made =
    flags === null ? { kept: 0, revoked: 0, asked: await askFor(ctx, id, who) } : await decide(ctx, id, given.decisions, who)
  const looked = await look(ctx, id, null)
  const { kept, revoked } = made
  const intents = made.asked.intents.map(({ item, intent }) => ({
    connection: item.connection,
    stream: item.stream,
    id: item.id,
    intent,
  }))
  if (json)
    io.out(
      jsonLine({ version: JSON_VERSION, command: 'certify', kept, revoked, blank: given.blank, intents, ...statusJson(looked) }),
    )
  else {
    const connections = [...new Set(intents.map(({ connection }) => connection))]
    io.out(statusText(looked, painter(io.color)))
    if (given.blank > 0) io.out(`  ${plural(given.blank, 'row')} of the sheet without a decision\n`)
    for (const { connection, intent, id: of } of intents) io.out(`  asked for  ${intent}  ${safe(connection)} ${safe(of)}\n`)
    for (const name of connections) io.out(`  → \`rollcall apply ${safe(name)} --resume\` carries it out and looks\n`)
  }
  return EXIT.fine
}

async function decisionsOf(
  ctx: CertifyContext,
  id: string,
  flags: DecideFlags,
): Promise<{ readonly decisions: readonly Deciding[]; readonly blank: number }> {
  const [connection = null, stream = null] = [flags.connection[0], flags.stream[0]]
  if (flags.intent !== undefined && flags.revoke.length !== 1)
    throw new Failure('cli/usage', '--intent', '--intent goes with one --revoke ID')
  const of = (is: Deciding['is'], intent: string | null) => (one: string) => ({
    connection,
    stream,
    id: one,
    is,
    why: null,
    by: null,
    intent,
  })
  const sheet = flags.csv === undefined ? { decisions: [], blank: 0 } : sheetFrom(flags.csv)
  const named = [...sheet.decisions, ...flags.keep.map(of('keep', null)), ...flags.revoke.map(of('revoke', flags.intent ?? null))]
  if (flags.rest === undefined) {
    if (named.length === 0 && sheet.blank === 0)
      throw new Failure('cli/usage', 'decide', 'say what: --keep ID, --revoke ID, --rest keep or --csv FILE')
    return { decisions: named, blank: sheet.blank }
  }
  if (flags.rest !== 'keep') throw new Failure('cli/usage', '--rest', '--rest takes keep: nothing is revoked unseen')
  const told = new Set(named.map((one) => one.id))
  const { undecided } = await look(ctx, id, null)
  const rest = undecided
    .filter((item) => !told.has(item.id))
    .map((item) => ({ ...of('keep', null)(item.id), connection: item.connection, stream: item.stream }))
  return { decisions: [...named, ...rest], blank: 0 }
}

export async function closeIt(ctx: CertifyContext, id: string, who: Who, json: boolean, io: Io): Promise<Exit> {
  const closed = await closeCertification(ctx, id, who)
  const paint = painter(io.color)
  if (closed.is === 'refused') {
    if (json)
      io.out(
        jsonLine({ version: JSON_VERSION, command: 'certify', is: 'refused', certification: id, gate: gateJson(closed.gate) }),
      )
    else io.out(`${paint.red('not closed')}\n${reasonLines(closed.gate, paint, id)}`)
    return EXIT.gate
  }
  if (json) io.out(jsonLine({ version: JSON_VERSION, command: 'certify', ...closed, gate: gateJson(closed.gate) }))
  else
    io.out(
      `${paint.green('closed')}  ledger entry ${closed.entry}\n  → \`rollcall proof ${id} --out proof.zip\` writes what anybody can check\n`,
    )
  return EXIT.fine
}

export async function withdrawIt(ctx: CertifyContext, id: string, who: Who, json: boolean, io: Io): Promise<Exit> {
  await withdrawCertification(ctx, id, who)
  if (json) io.out(jsonLine({ version: JSON_VERSION, command: 'certify', is: 'withdrawn', certification: id }))
  else io.out('withdrawn: nothing is proven by it\n')
  return EXIT.fine
}

/** Samples of ids a reason. */
const SHOWN = 20

export function statusJson({ certification: of, parts, items, undecided, kept, revocations, gate }: Looked): object {
  const { certification, name, owner, state, opened, closed, frozen_at } = of
  return {
    certification,
    name,
    owner,
    state,
    opened: { at: opened.at, by: opened.by, why: opened.why },
    frozen_at,
    closed: closed === null ? null : { at: closed.at, by: closed.by, why: closed.why },
    scope: parts.map(({ frozen, newest, in_scope, late, gone, changed }) => ({
      ...frozen,
      newest: newest === null ? null : { sync: newest.sync, verdict: newest.verdict.is, in_scope },
      late: { count: late.length, ids: late.slice(0, SHOWN).map(({ id }) => id) },
      gone: { count: gone.length, ids: gone.slice(0, SHOWN).map(({ id }) => id) },
      changed: { count: changed.length, ids: changed.slice(0, SHOWN).map(({ id }) => id) },
    })),
    records: items.length,
    undecided: { count: undecided.length, ids: undecided.slice(0, SHOWN).map(({ id }) => id) },
    keep: kept,
    revoke: revocations.length,
    revocations: revocations.map(({ item, intent, row }) => ({
      connection: item.connection,
      stream: item.stream,
      id: item.id,
      intent,
      state: row?.state ?? null,
      outcome: row?.outcome ?? null,
    })),
    gate: gateJson(gate),
  }
}
