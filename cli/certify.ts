import { writeFileSync } from 'node:fs'
import { Failure } from '../runtime/errors.ts'
import type { CertifyContext } from '../runtime/govern/certify/look.ts'
import type { Who } from '../runtime/govern/certify/open.ts'
import { RECORD_TYPES, type RecordType } from '../runtime/types.ts'
import { COMMON, type CommandSpec, type Flags, STORE } from './args.ts'
import { closeIt, decideThem, openIt, withdrawIt } from './certify-acts.ts'
import { reasonLines, statusText } from './certify-text.ts'
import { command } from './command.ts'
import { type BothStores, readingStore, storedTarget, withStore } from './compose.ts'
import { UNREADABLE } from './failure.ts'
import { named } from './inputs.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { sheetText } from './review-sheet.ts'
import { jsonLine, painter, plural, safe } from './text.ts'

const spec = {
  name: 'certify',
  about: `A review of who holds what: opened and closed only where the gate allows. What to do:
  open             freeze what was read, if it is complete, fresh and nothing of it is in doubt
  sheet CERT       the records to decide upon, as CSV; decide --csv takes it back
  decide CERT      keep or revoke, by --keep ID, --revoke ID, --rest keep or --csv FILE; a revocation asks for its change
  act CERT         ask (again) for revocations that nothing carries out
  status [CERT]    where it stands, and what keeps it from closing; without CERT: all of them
  refreeze CERT    freeze again, after the connector or its credential changed; decisions about unchanged records stay
  close CERT       exit 4 with every reason and what would settle it, while anything is not complete, decided, verified
  withdraw CERT    end it without a proof`,
  words: 'WHAT [CERT]',
  takes: [1, 2],
  flags: {
    name: { type: 'string', value: 'TEXT', about: 'open: what it is called' },
    owner: { type: 'string', value: 'NAME', about: 'open: who answers for it' },
    connection: { type: 'string', multiple: true, value: 'NAME', about: 'open: in scope; several times' },
    stream: { type: 'string', multiple: true, value: 'STREAM', about: 'open: only these streams; decide: whose ids these are' },
    type: {
      type: 'string',
      multiple: true,
      value: 'TYPE',
      about: `open: only streams of ${RECORD_TYPES.slice(0, 4).join(', ')} …`,
    },
    where: { type: 'string', multiple: true, value: '[STREAM.]FIELD=VALUE', about: 'open: only records with this value' },
    review: {
      type: 'string',
      multiple: true,
      value: 'STREAM',
      about: 'open: decided upon one by one (default: grants, else accounts)',
    },
    keep: { type: 'string', multiple: true, value: 'ID', about: 'decide: stays' },
    revoke: { type: 'string', multiple: true, value: 'ID', about: 'decide: is taken back' },
    rest: { type: 'string', value: 'keep', about: 'decide: whatever is not decided yet is kept' },
    csv: { type: 'string', value: 'FILE', about: 'decide: a sheet with the columns id and decision' },
    intent: { type: 'string', value: 'INTENT', about: 'decide --revoke: the change that takes it back, asked for elsewhere' },
    out: { type: 'string', value: 'FILE', about: 'sheet: where to (default stdout)' },
    by: { type: 'string', value: 'NAME', about: 'who does this' },
    why: { type: 'string', value: 'TEXT', about: 'why' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall certify open --name "Q4 review" --connection acme --owner "Kim Park" --by kim --why "quarterly, SOX 404"', 'open'],
    ['rollcall certify decide 01K… --csv reviewed.csv --by lee --why "manager review"', 'what the reviewers said'],
    ['rollcall certify close 01K… --by kim --why "all decided"', 'close, or hear why not'],
  ],
} as const satisfies CommandSpec
export type CertifyFlags = Flags<typeof spec.flags>

export const run = command(spec, async ({ flags, words: [what = '', cert] }, io) => {
  const id = (): string => {
    if (cert !== undefined) return cert
    throw new Failure('cli/usage', what, `certify ${safe(what)} needs the certification; \`rollcall certify status\` lists them`)
  }
  switch (what) {
    case 'open': {
      const who = whoOf(flags)
      const asked = askedOf(flags)
      return withStore(flags.store, io, false, async (store) => openIt(await contextOf(store, io), asked, who, flags.json, io))
    }
    case 'status':
      return readingStore(flags.store, io, async (store) =>
        cert === undefined ? await list(store, flags, io) : await status(await contextOf(store, io), cert, flags, io),
      )
    case 'sheet':
      return readingStore(flags.store, io, async (store) => sheet(await contextOf(store, io), id(), flags, io))
    case 'decide':
    case 'act':
    case 'refreeze':
    case 'close':
    case 'withdraw': {
      const [of, who] = [id(), whoOf(flags)]
      return withStore(flags.store, io, false, async (store) => {
        const ctx = await contextOf(store, io)
        switch (what) {
          case 'decide':
          case 'act':
            return decideThem(ctx, of, what === 'act' ? null : flags, who, flags.json, io)
          case 'close':
            return closeIt(ctx, of, who, flags.json, io)
          case 'refreeze':
            return openIt(ctx, of, who, flags.json, io)
          case 'withdraw':
            return withdrawIt(ctx, of, who, flags.json, io)
        }
      })
    }
    default:
      throw new Failure(
        'cli/usage',
        'certify',
        `certify has no \`${safe(what)}\`; it has open, sheet, decide, act, status, refreeze, close, withdraw`,
      )
  }
})

export async function contextOf(store: BothStores, io: Io): Promise<CertifyContext> {
  const { openNewId } = await import('../runtime/write/new-id.ts')
  return { store, target: (name) => storedTarget(store, name, io), now: io.now, newId: openNewId(io.now) }
}

const whoOf = (flags: CertifyFlags): Who => ({
  by: named('--by', 'NAME', 'certify', flags.by),
  why: named('--why', 'TEXT', 'certify', flags.why),
  from: 'cli',
})

function askedOf(flags: CertifyFlags) {
  if (flags.connection.length === 0)
    throw new Failure('cli/usage', '--connection', '--connection NAME is missing: what is certified?')
  for (const type of flags.type)
    if (!(RECORD_TYPES as readonly string[]).includes(type))
      throw new Failure('cli/usage', '--type', `--type is one of ${RECORD_TYPES.join(', ')}`)
  return {
    name: named('--name', 'TEXT', 'certify', flags.name),
    owner: named('--owner', 'NAME', 'certify', flags.owner),
    connections: flags.connection,
    streams: flags.stream,
    types: flags.type as readonly RecordType[],
    review: flags.review,
    where: flags.where.map((text) => {
      const [, stream, field, is] = /^(?:([\w-]+)\.)?(\w+)=(.*)$/s.exec(text) ?? []
      if (field === undefined || is === undefined)
        throw new Failure('cli/usage', '--where', '--where takes FIELD=VALUE or STREAM.FIELD=VALUE')
      return { stream: stream ?? null, field, is }
    }),
  }
}

async function list(store: BothStores, flags: CertifyFlags, io: Io): Promise<Exit> {
  const { certificationOf } = await import('../runtime/govern/certify/state.ts')
  const all = (await store.certifications()).map(certificationOf)
  if (flags.json) {
    const certifications = all.map(({ certification, name, owner, state, opened }) => ({
      certification,
      name,
      owner,
      state,
      opened_at: opened.at,
    }))
    io.out(jsonLine({ version: JSON_VERSION, command: 'certify', certifications }))
  } else
    for (const one of all)
      io.out(
        `${one.certification}  ${one.state}  ${safe(one.name)}  ${painter(io.color).dim(`opened ${one.opened.at} by ${safe(one.opened.by)}`)}\n`,
      )
  if (all.length === 0) io.err('no certification was opened yet\n')
  return EXIT.fine
}

async function status(ctx: CertifyContext, id: string, flags: CertifyFlags, io: Io): Promise<Exit> {
  const { look } = await import('../runtime/govern/certify/look.ts')
  const { certificationOf } = await import('../runtime/govern/certify/state.ts')
  const { rowOf } = await import('../runtime/govern/certify/look.ts')
  const known = certificationOf(await rowOf(ctx.store, id))
  const looked = await look(ctx, id, null)
  const open = known.state === 'open'
  if (flags.json) {
    const { statusJson } = await import('./certify-acts.ts')
    io.out(jsonLine({ version: JSON_VERSION, command: 'certify', ...statusJson(looked) }))
  } else {
    const paint = painter(io.color)
    io.out(statusText(looked, paint))
    if (known.closed !== null)
      io.out(`  closed ${known.closed.at} by ${safe(known.closed.by)}; \`rollcall proof ${id} --out proof.zip\`\n`)
    if (open) io.out(reasonLines(looked.gate, paint, id))
  }
  return !open || looked.gate.is === 'allow' ? EXIT.fine : EXIT.gate
}

async function sheet(ctx: CertifyContext, id: string, flags: CertifyFlags, io: Io): Promise<Exit> {
  const { sheetOf } = await import('../runtime/govern/certify/sheet.ts')
  const rows = await sheetOf(ctx, id)
  if (flags.out !== undefined) writeNew('--out', flags.out, sheetText(rows))
  if (flags.json)
    io.out(
      jsonLine({
        version: JSON_VERSION,
        command: 'certify',
        certification: id,
        rows: flags.out === undefined ? rows : rows.length,
      }),
    )
  else if (flags.out === undefined) io.out(sheetText(rows))
  else io.out(`wrote ${plural(rows.length, 'record')} to ${safe(flags.out)}\n`)
  return EXIT.fine
}

/** Somebody's earlier file is not overwritten. */
export function writeNew(flag: string, path: string, text: string | Uint8Array): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault'
    const because = code === 'EEXIST' ? 'is there already' : (UNREADABLE[code] ?? `cannot be written: ${code}`)
    throw new Failure('cli/usage', flag, `${safe(path)} ${because}`)
  }
}
