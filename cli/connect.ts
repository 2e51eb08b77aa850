import { Failure } from '../runtime/errors.ts'
import type { Connection } from '../runtime/types.ts'
import { withoutMarks } from './ages.ts'
import { COMMON, type CommandSpec, STORE, whole } from './args.ts'
import { attested, canaries, PROTECT, SCOPE } from './attest.ts'
import { command } from './command.ts'
import { CONNECTION, guardedIo, targetFrom, withStore } from './compose.ts'
import { actOf } from './inputs.ts'
import { EXIT, type Io, JSON_VERSION } from './io.ts'
import { levelsFrom, OWNERS } from './levels.ts'
import { lookAtSecrets } from './seen.ts'
import { jsonLine, painter, safe } from './text.ts'

const spec = {
  name: 'connect',
  about: 'Stores a connection: which connector, its settings, and where its secrets are found. A secret itself is never stored.',
  words: 'NAME',
  takes: [1, 1],
  flags: {
    ...CONNECTION,
    ...OWNERS,
    'rotate-every': { type: 'string', value: 'DAYS', about: 'when its secrets are due to be replaced (default 90; 0: never)' },
    ...SCOPE,
    ...PROTECT,
    ...STORE,
    ...COMMON,
  },
  examples: [
    [
      'rollcall connect acme --connector okta --set domain=acme.okta.com --secret token=env:OKTA_TOKEN',
      'a token in the environment',
    ],
    [
      'rollcall connect hr --connector ./hr.yaml --set url=https://hr.local --secret key=file:/run/secrets/hr --allow-private',
      'a target on the own network',
    ],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words }, io) => {
  const [name = ''] = words
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new Failure('cli/usage', 'connect', 'a connection is named with letters, digits, `.`, `_` and `-`, at most 64')
  }
  const target = await targetFrom(flags, name, io)
  const now = io.now()
  return withStore(flags.store, io, true, async (store) => {
    const before = await store.connection(name)
    const { seen, changed } = await lookAtSecrets(target.connection, before?.seen ?? {}, io)
    const connection = {
      ...target.connection,
      seen,
      ...rotateEvery(flags['rotate-every'], before),
      owner: flags.owner ?? before?.owner ?? null,
      data_owner: flags['data-owner'] ?? before?.data_owner ?? null,
      levels: levelsFrom(flags.level, before?.levels),
      attested:
        attested(flags['attest-scope'], flags['attest-days'], now) ??
        (changed.length === 0 && sameCredential(before, target.connection) ? (before?.attested ?? null) : null),
      canaries: canaries(flags.canary, target.connector, before?.canaries ?? {}),
      protected: canaries(flags.protect, target.connector, before?.protected ?? {}, '--protect'),
      created_at: before?.created_at ?? target.connection.created_at,
    }
    await store.putConnection(connection, actOf(io, 'rollcall connect'))
    // Stored all the same: the machine that syncs may be another one.
    const problem = await secretsProblem(connection, io)
    if (problem !== null) io.err(`note: ${problem}\n`)
    if (flags.json)
      io.out(
        jsonLine({
          version: JSON_VERSION,
          command: 'connect',
          created: before === null,
          connection: withoutMarks(connection, now),
        }),
      )
    else {
      const paint = painter(io.color)
      io.out(`${paint.green(before === null ? 'connected' : 'changed')}  ${safe(name)}: ${safe(target.connector.title)}\n`)
      io.out(`  next: rollcall check ${safe(name)}, then rollcall sync ${safe(name)}\n`)
    }
    return EXIT.fine
  })
})

function rotateEvery(given: string | undefined, before: Connection | null): Pick<Connection, 'rotate_every_days'> {
  if (given === undefined) return before?.rotate_every_days === undefined ? {} : { rotate_every_days: before.rotate_every_days }
  const days = whole('--rotate-every', given, 90, [0, 3650])
  return { rotate_every_days: days === 0 ? null : days }
}

/** A statement about what a credential sees says nothing about another credential. */
function sameCredential(
  a: { readonly secrets: object; readonly settings: object } | null,
  b: { readonly secrets: object; readonly settings: object },
): boolean {
  return a !== null && JSON.stringify([a.secrets, a.settings]) === JSON.stringify([b.secrets, b.settings])
}

async function secretsProblem(connection: Connection, io: Io): Promise<string | null> {
  try {
    await guardedIo(connection, io)
    return null
  } catch (error) {
    if (error instanceof Failure) return error.message
    throw error
  }
}
