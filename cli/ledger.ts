import { closeSync, openSync, writeSync } from 'node:fs'
import { Failure } from '../runtime/errors.ts'
import type { LedgerEntry } from '../runtime/ledger/entry.ts'
import type { LedgerFilter } from '../runtime/store/ledger-port.ts'
import { COMMON, type CommandSpec, type Flags, STORE, whole } from './args.ts'
import { command } from './command.ts'
import { type BothStores, readingStore, withStore } from './compose.ts'
import { UNREADABLE } from './failure.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { readSecret, secretRef } from './secrets.ts'
import { jsonLine, type Paint, painter, plural, safe, table } from './text.ts'

const spec = {
  name: 'ledger',
  about:
    'Who did what, from where, for whom and why: changes, decisions, verdicts, configuration. Entries are never changed; names of people stand\nin it as pseudonyms, which --person finds. With no flag: the newest entries.',
  words: '',
  takes: [0, 0],
  flags: {
    about: { type: 'string', value: 'WHAT', about: 'an intent, a hash, a connection, connection/stream, connection/stream/id' },
    by: { type: 'string', value: 'NAME', about: 'only what this one did' },
    what: { type: 'string', value: 'KIND', about: 'only entries of this kind: sending, verdict, "plan approved" …' },
    person: { type: 'string', value: 'ID', about: 'only entries that hold this id or name' },
    since: { type: 'string', value: 'TIME', about: 'ISO, from' },
    until: { type: 'string', value: 'TIME', about: 'ISO, before' },
    after: { type: 'string', value: 'SEQ', about: 'only entries after this number; in order from there' },
    limit: { type: 'string', value: 'N', about: 'entries to show (default 50)' },
    check: { type: 'boolean', about: 'read all of it and say whether anything was changed in the store' },
    export: { type: 'string', value: 'FILE', about: 'write every entry as it was hashed, for verify-ledger; - is stdout' },
    checkpoint: { type: 'boolean', about: 'sign what the ledger is now; keep the printed note elsewhere' },
    key: { type: 'string', value: 'REF', about: 'with --checkpoint: the Ed25519 key, env:VARIABLE or file:PATH' },
    origin: { type: 'string', value: 'NAME', about: 'with --checkpoint: the name of this ledger, iam.acme.example' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall ledger --person 00u1 --since 2026-11-01', 'what was done to one account'],
    [
      'rollcall ledger --checkpoint --key file:ledger.pem --origin iam.acme.example > 2026-11-21.note',
      'sign it; the key is made by `openssl genpkey -algorithm ed25519`',
    ],
    ['rollcall ledger --export ledger.jsonl', 'for `rollcall verify-ledger`'],
  ],
} as const satisfies CommandSpec
type LedgerFlags = Flags<typeof spec.flags>

export const run = command(spec, async ({ flags }, io) => {
  if (flags.checkpoint) return withStore(flags.store, io, false, (store) => checkpoint(store, flags, io))
  return readingStore(flags.store, io, (store) => {
    if (flags.check) return check(store, flags, io)
    return flags.export === undefined ? list(store, flags, io) : exported(store, flags.export, flags, io)
  })
})

async function list(store: BothStores, flags: LedgerFlags, io: Io): Promise<Exit> {
  const limit = whole('--limit', flags.limit, 50, [1, 100_000])
  const size = await store.ledgerSize()
  const { about, by, what, person } = flags
  const given = { about, by, what, person, since: time('--since', flags.since), until: time('--until', flags.until) }
  const wanted = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<LedgerFilter>
  const newest = Object.keys(wanted).length === 0 ? Math.max(0, size - limit) : 0
  const after = whole('--after', flags.after, newest, [0, Number.MAX_SAFE_INTEGER])
  const entries = await store.audit({ after, limit, ...wanted })
  const next = entries.at(-1)?.seq ?? after
  if (flags.json) {
    io.out(
      jsonLine({ version: JSON_VERSION, command: 'ledger', size, entries, next, more: entries.length === limit && next < size }),
    )
    return EXIT.fine
  }
  const paint = painter(io.color)
  io.out(
    table(
      entries.map((entry) => row(entry, paint)),
      '',
    ),
  )
  io.err(
    `${plural(entries.length, 'entry', 'entries')} of ${size.toLocaleString('en-US')}${next < size ? `; next: --after ${next}` : ''}\n`,
  )
  return EXIT.fine
}

function row({ seq, at, what, by, about, on_behalf_of, why }: LedgerEntry, paint: Paint): readonly string[] {
  const who = on_behalf_of === null ? by : `${by} for ${on_behalf_of}`
  return [String(seq), paint.dim(at), paint.bold(safe(what)), safe(about), safe(who), why === null ? '' : paint.dim(safe(why))]
}

function time(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new Failure('cli/usage', flag, `${flag} is a time like 2026-11-21 or 2026-11-21T08:00:00Z`)
  return new Date(ms).toISOString()
}

async function check(store: BothStores, flags: LedgerFlags, io: Io): Promise<Exit> {
  const [size, wrong] = [await store.ledgerSize(), await store.checkLedger()]
  if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'ledger', size, holds: wrong === null, ...wrong }))
  else if (wrong === null) {
    io.out(`whole: ${plural(size, 'entry', 'entries')}, each as it was hashed\n`)
    io.out(
      '  who can write this store could have written all of it anew: hold it against a checkpoint kept elsewhere (verify-ledger)\n',
    )
  } else {
    io.out(`${painter(io.color).red('broken')} after entry ${wrong.last_good}: ${safe(wrong.because)}\n`)
    io.out('  stop writing to this store, keep a copy of it, and compare with the last checkpoint kept elsewhere\n')
  }
  return wrong === null ? EXIT.fine : EXIT.findings
}

const LOT = 5_000

async function exported(store: BothStores, path: string, flags: LedgerFlags, io: Io): Promise<Exit> {
  const size = await store.ledgerSize()
  const file = path === '-' ? null : opened(path)
  try {
    for (let after = 0; after < size; ) {
      const texts = await store.ledgerTexts(after, Math.min(LOT, size - after))
      after += texts.length
      const lines = texts.map((text) => `${text}\n`).join('')
      if (file === null) io.out(lines)
      else writeSync(file, lines)
      if (io.tty) io.err(`\r${after.toLocaleString('en-US')} of ${size.toLocaleString('en-US')}`)
    }
  } finally {
    if (file !== null) closeSync(file)
    if (io.tty) io.err('\n')
  }
  if (file !== null && flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'ledger', exported: size, file: path }))
  else io.err(`wrote ${plural(size, 'entry', 'entries')}\n`)
  return EXIT.fine
}

/** Somebody's earlier export is not overwritten. */
function opened(path: string): number {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault'
    const because = code === 'EEXIST' ? 'is there already' : (UNREADABLE[code] ?? `cannot be written: ${code}`)
    throw new Failure('cli/usage', '--export', `${safe(path)} ${because}`)
  }
}

async function checkpoint(store: BothStores, flags: LedgerFlags, io: Io): Promise<Exit> {
  const { key, origin } = flags
  if (key === undefined || origin === undefined)
    throw new Failure(
      'cli/usage',
      '--checkpoint',
      'a checkpoint needs --key env:VARIABLE or file:PATH and --origin NAME\n  rollcall ledger --help shows all of it',
    )
  const { signCheckpoint, signerOf, verifierText } = await import('../runtime/ledger/checkpoint.ts')
  const signer = signerOf(origin, readSecret('--key', secretRef('--key', key), io.env))
  const size = await store.ledgerSize()
  const root = await store.ledgerRoot(size)
  const note = signCheckpoint({ origin, size, root }, signer)
  await store.keepCheckpoint(size, note)
  const verifier = verifierText(signer)
  if (flags.json)
    io.out(jsonLine({ version: JSON_VERSION, command: 'ledger', size, root: root.toString('base64'), note, verifier }))
  else {
    io.out(note)
    io.err(`whoever checks needs the verifier key: ${verifier}\n`)
  }
  return EXIT.fine
}
