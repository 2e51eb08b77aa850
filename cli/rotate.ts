import { COMMON, type CommandSpec, type Flags, STORE } from './args.ts'
import { spanOf } from './changing.ts'
import { command } from './command.ts'
import { CONNECTION, storeDir, storedTarget, withStore } from './compose.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { jsonLine, painter, plural, safe } from './text.ts'

const spec = {
  name: 'rotate',
  about:
    "Replaces a credential, or the keys that seal stored secrets, without an interruption.\nWith a NAME: the new credential is tried against the target first; the old one is used until the new one has proved itself, or until --keep-old is over. Exit 1 while it has not.\nWithout: every data key is wrapped by --key too, so that old and new both open it (also of a server's folder, beside the server); --retire drops what others wrapped.",
  words: '[NAME]',
  takes: [0, 1],
  flags: {
    secret: {
      ...CONNECTION.secret,
      about: 'where the new one is found: env:VARIABLE or file:PATH; without it, the one that waits, or the same place',
    },
    'keep-old': {
      type: 'string',
      value: 'SPAN',
      about: 'how long the old one is used while the new one is not taken (default 24h; 0s: no longer)',
    },
    'allow-private': CONNECTION['allow-private'],
    key: { type: 'string', value: 'REF', about: 'the key that wraps from now on: env:VARIABLE, file:PATH or transit:URL' },
    'old-key': { type: 'string', multiple: true, value: 'REF', about: 'a key that wrapped before; several times' },
    retire: { type: 'boolean', about: 'drop what other keys wrapped, once every process has the new one' },
    'data-keys': { type: 'boolean', about: 'make new data keys too, and seal every stored secret anew' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    [
      'rollcall rotate acme --secret token=env:NEW_TOKEN --keep-old 24h',
      'another credential; the old one works until the new one does',
    ],
    ['rollcall rotate acme', 'try the new one again; or its value was replaced where it lies'],
    [
      'rollcall rotate --store ./data --key file:./new.key --old-key file:./rollcall.key',
      'another key, beside the running server',
    ],
    ['rollcall rotate --store ./data --key file:./new.key --retire', 'later, when the server runs with the new one'],
  ],
} as const satisfies CommandSpec

type RotateFlags = Flags<(typeof spec)['flags']>

export const run = command(spec, async ({ flags, words: [name] }, io) =>
  name === undefined ? keys(flags, io) : credential(name, flags, io),
)

async function credential(name: string, flags: RotateFlags, io: Io): Promise<Exit> {
  const { beginRotation, takeInPlace, tryNewCredential, untilOf } = await import('./rotate-credential.ts')
  const keep_ms = flags['keep-old'] === '0s' ? 0 : spanOf('--keep-old', flags['keep-old'], 86_400_000)
  const until = untilOf(keep_ms, io.now())
  const paint = painter(io.color)
  const where = { dir: storeDir(flags.store, io), allow_private: flags['allow-private'] }
  return withStore(flags.store, io, false, async (store) => {
    const stored = await storedTarget(store, name, io)
    const say = (is: string, because: string | null, line: string, exit: Exit): Exit => {
      if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'rotate', connection: name, is, because }))
      else io.out(line)
      return exit
    }
    const next = `  next: rollcall sync ${safe(name)}: what was read with the old one is no baseline any more\n`
    if (flags.secret.length === 0 && (stored.connection.rotation ?? null) === null) {
      const { changed, because } = await takeInPlace(store, stored, io, where)
      if (because !== null)
        return say(
          'refused',
          because,
          `${paint.red('not taken')}  ${changed.map(safe).join(', ')}: ${safe(because)}\n`,
          EXIT.findings,
        )
      return changed.length === 0
        ? say(
            'same',
            null,
            `${safe(name)}: its secrets have the values they had; give --secret NAME=REF for another place\n`,
            EXIT.findings,
          )
        : say('proved', null, `${paint.green('rotated')}  ${safe(name)}: ${changed.map(safe).join(', ')}\n${next}`, EXIT.fine)
    }
    const connection = flags.secret.length === 0 ? stored.connection : await beginRotation(store, stored, flags.secret, until, io)
    const { is, because } = await tryNewCredential(store, { ...stored, connection }, io, where)
    if (is === 'waiting')
      return say(
        is,
        because,
        `${paint.yellow('waiting')}  ${safe(name)}: ${safe(because ?? '')}\n  the old one is used until the new one has proved itself, or until ${connection.rotation?.until}\n  next: rollcall rotate ${safe(name)} tries it again; so does each sync\n`,
        EXIT.findings,
      )
    const how =
      is === 'proved'
        ? 'it was tried against the target and proved itself'
        : `the time of the old one is over; ${safe(because ?? '')}`
    return say(is, because, `${paint.green('rotated')}  ${safe(name)}: ${how}\n${next}`, EXIT.fine)
  })
}

async function keys(flags: RotateFlags, io: Io): Promise<Exit> {
  const { rotateKeys } = await import('./rotate-keys.ts')
  const done = await rotateKeys(
    {
      dir: storeDir(flags.store, io),
      key: flags.key,
      old: flags['old-key'],
      retire: flags.retire,
      data_keys: flags['data-keys'],
    },
    io,
  )
  if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'rotate', keys: done }))
  else {
    const parts = [
      `${plural(done.tenants, 'tenant')}: ${plural(done.wrapped, 'data key')} wrapped by the new key, ${done.already} were already`,
      ...(done.resealed > 0 ? [`${plural(done.resealed, 'value')} sealed anew`] : []),
      ...(done.dropped > 0 ? [`${plural(done.dropped, 'data key')} dropped`] : []),
      ...(done.retired > 0 ? [`${plural(done.retired, 'wrapping')} of other keys dropped`] : []),
    ]
    io.out(`${painter(io.color).green('rotated')}  ${parts.join('; ')}\n`)
  }
  return EXIT.fine
}
