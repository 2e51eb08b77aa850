import { Failure } from '../runtime/errors.ts'
import { type AccountRef, refText, type Side } from '../runtime/govern/accounts.ts'
import type { Target } from '../runtime/govern/facts.ts'
import { leaverChanges, type NotPossible } from '../runtime/govern/offboard.ts'
import { findPerson, type Person } from '../runtime/govern/people.ts'
import { makePlan } from '../runtime/govern/plan.ts'
import { COMMON, type CommandSpec, STORE } from './args.ts'
import { ASKING, openChanging, spanOf, TEN_MINUTES, WAITING } from './changing.ts'
import { command } from './command.ts'
import { type BothStores, storeDir, storedConnection, storedConnector, withStore } from './compose.ts'
import { asker } from './inputs.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { leave } from './offboard-run.ts'
import { jsonLine, painter, plural, safe } from './text.ts'

const spec = {
  name: 'offboard',
  about:
    'A person leaves: every account of theirs in every connection is deactivated, sessions and tokens end, groups, roles and licences are taken back; each is looked at.\nAccess goes, data stays: nothing is deleted without --delete. Accounts that are not certain are listed and not touched.\nThe same command goes on where one was interrupted. Exit 0 only where all of it is seen and nothing is left in doubt.',
  words: 'PERSON',
  takes: [1, 1],
  flags: {
    ...ASKING,
    account: {
      type: 'string',
      multiple: true,
      value: 'CONN/STREAM/ID',
      about: 'an account that is theirs, whatever the lists say; several times',
    },
    only: { type: 'string', multiple: true, value: 'NAME', about: 'only in this connection; several times' },
    delete: { type: 'boolean', about: 'the policy says that accounts are deleted at the end' },
    resume: { type: 'boolean', about: 'only go on with what was begun; begins nothing new' },
    'dry-run': { type: 'boolean', about: 'show the accounts and the plan; nothing is sent' },
    'allow-private': { type: 'boolean', about: 'targets may be on a private network, over plain http' },
    ...WAITING,
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall offboard kim@acme.example --dry-run --by lee --why "leaves on Friday"', 'what would be done'],
    ['rollcall offboard kim@acme.example --by lee --why "left"', 'do it, and look'],
    [
      'rollcall offboard kim@acme.example --account github/members/1042 --by lee --why "left"',
      'with an account that only a person knows to be theirs',
    ],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words: [who = ''] }, io) => {
  const { by, why } = asker('offboard', flags.by, flags.why)
  const wait_ms = spanOf('--wait', flags.wait, TEN_MINUTES)
  const refs = flags.account.map(refFrom)
  return withStore(flags.store, io, false, async (store) => {
    const sides = await sidesOf(store, flags.only, io)
    for (const { connection } of refs)
      if (!sides.some((side) => side.connection.name === connection)) await storedConnection(store, connection)
    const targets = new Map<string, Target>(
      sides.flatMap(({ connection, connector }) =>
        connector === null ? [] : [[connection.name, { connection, connector }] as const],
      ),
    )
    const person = await findPerson(store, sides, { who, accounts: refs })
    const { wanted, not_possible } = await leaverChanges(store, targets, person.accounts, {
      person: person.person,
      remove: flags.delete,
    })
    const planned = await makePlan({ store, targets, wanted, source: null, made_by: by, why, now: io.now, keep_already: true })
    if (flags['dry-run']) return dryRun(person, planned.plan, not_possible, flags.json, io)
    const changing = openChanging(store, io, {
      dir: storeDir(flags.store, io),
      wait_ms,
      allow_private: flags['allow-private'],
      name_connections: true,
    })
    try {
      return await leave({ store, io, targets, person, plan: planned.plan, not_possible, changing, by, why, flags })
    } finally {
      await changing.close()
    }
  })
})

/** `conn/stream/id`; an id may hold slashes. Throws `cli/usage`. */
function refFrom(text: string): AccountRef {
  const [connection = '', stream = '', ...rest] = text.split('/')
  const id = rest.join('/')
  if (connection === '' || stream === '' || id === '')
    throw new Failure('cli/usage', '--account', '--account takes connection/stream/id, for example github/members/1042')
  return { connection, stream, id }
}

/** Every connection, or those named; one whose connector cannot be read is kept, so that it is told. */
async function sidesOf(store: BothStores, only: readonly string[], io: Io): Promise<readonly Side[]> {
  const connections =
    only.length === 0 ? await store.connections() : await Promise.all(only.map((name) => storedConnection(store, name)))
  return await Promise.all(
    connections.map(async (connection) => ({ connection, connector: await storedConnector(connection, io) })),
  )
}

function dryRun(
  person: Person,
  plan: {
    readonly items: readonly { readonly connection: string; readonly change: string }[]
    readonly held: readonly { readonly brake: string; readonly because: string }[]
    readonly hash: string
  },
  not_possible: readonly NotPossible[],
  json: boolean,
  io: Io,
): Exit {
  const accounts = person.accounts.map(({ connection, stream, id, by, fields }) => ({
    connection,
    stream,
    id,
    by,
    userName: fields['userName'] ?? null,
  }))
  const ambiguous = person.ambiguous.map(({ connection, stream, id, because }) => ({ connection, stream, id, because }))
  if (json)
    io.out(
      jsonLine({
        version: JSON_VERSION,
        command: 'offboard',
        dry_run: true,
        person: person.person,
        accounts,
        ambiguous,
        unseen: person.unseen,
        unproven: person.unproven,
        plan,
        not_possible,
      }),
    )
  else {
    const paint = painter(io.color)
    io.out(`${paint.bold(safe(person.person))}  ${plural(accounts.length, 'account')}\n`)
    for (const one of accounts)
      io.out(`  ${safe(refText(one))}  ${safe(String(one.userName ?? ''))}  ${paint.dim(safe(one.by))}\n`)
    for (const one of ambiguous)
      io.out(
        `  ${paint.yellow('not certain')}  ${safe(refText(one))}: ${safe(one.because)}; not touched unless named with --account\n`,
      )
    for (const one of person.unseen) io.out(`  ${paint.yellow('not seen')}  ${safe(refText(one))} is in no snapshot\n`)
    for (const item of plan.items) io.out(`  ${paint.red('−')} ${safe(item.connection)}  ${safe(item.change)}\n`)
    for (const one of not_possible)
      io.out(
        `  ${paint.yellow(one.is.replace('_', ' '))}  ${safe(one.connection)} ${safe(one.id)} ${safe(one.facet)}: ${safe(one.because)}\n`,
      )
    for (const one of plan.held) io.out(`  ${paint.red('held')}  ${safe(one.brake)}: ${safe(one.because)}\n`)
    for (const one of person.unproven)
      io.out(
        `  ${paint.yellow(one.verdict)}  ${safe(one.connection)} ${safe(one.stream)}: ${one.of === 'accounts' ? 'people may have accounts that the list does not show' : 'accounts may hold more than the list shows'}\n`,
      )
    io.out(`  nothing was sent; hash ${plan.hash}\n`)
  }
  return plan.held.length > 0 || ambiguous.length > 0 || accounts.length === 0 ? EXIT.gate : EXIT.fine
}
