import { setTimeout as sleepFor } from 'node:timers/promises'
import { Failure } from '../runtime/errors.ts'
import type { CheckedSightings } from '../runtime/govern/watch-standing.ts'
import { DURATION, seconds } from '../runtime/kinds/duration.ts'
import type { Send } from '../runtime/types.ts'
import type { Watched } from '../runtime/watch/once.ts'
import type { Sighting } from '../runtime/watch-types.ts'
import { COMMON, type CommandSpec, type Flags, STORE } from './args.ts'
import { breachJson, breachLine } from './breach-text.ts'
import { command } from './command.ts'
import { guardedIo, openTheHttp, readingStore, storeDir, storedTarget, type Target, withStore } from './compose.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { jsonLine, painter, plural, safe } from './text.ts'
import { openAsking } from './vault.ts'
import { feedLine, reportJson, waitingLine } from './watch-text.ts'

const spec = {
  name: 'watch',
  about:
    'Asks the feeds of a connection what was touched since they were last asked, and looks at each record by its id. What a feed says is\nnever taken for state: it only names. Each whole sync then says whether the feed named all that changed.\nExit 1 where a feed skipped something, has a hole, or a look shows something undone that was verified; 3 where a feed gave no answer.\nWith --json and without --once: one document a round.',
  words: 'NAME',
  takes: [1, 1],
  flags: {
    once: { type: 'boolean', about: 'one round, instead of one every so often until it is stopped' },
    every: { type: 'string', value: 'SPAN', about: 'from one round to the next: 30s, 5m (default 1m)' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall watch acme', 'until Ctrl-C, a round every minute; between two rounds others may use the store'],
    ['rollcall watch acme --once --json', 'one round, for a program'],
  ],
} as const satisfies CommandSpec

type Round = Watched & CheckedSightings

export const run = command(spec, async ({ flags, words: [name = ''] }, io) => {
  const every_ms = everyOf(flags.every)
  const target = await readingStore(flags.store, io, (store) => storedTarget(store, name, io))
  const { feeds, webhook, connector } = target.connector
  if (Object.keys(feeds).length === 0 && webhook === null)
    throw new Failure('watch/nothing', name, `connector ${safe(connector)} declares no feed and no webhook`)
  const guarded = await guardedIo(target.connection, io)
  const http = await openTheHttp(target, guarded, {
    // The store is open for a round at a time: what signing in keeps lies beside it.
    asking: openAsking(target, guarded, { what: 'watch', dir: storeDir(flags.store, io), store: null }),
    allow_private: false,
    onWait: ({ why, until }) => guarded.err(`waiting until ${until}: ${why}\n`),
  })
  const stop = new AbortController()
  const off = io.onStop(() => stop.abort())
  try {
    return await rounds({ target, send: http.send, flags, every_ms, io: guarded, signal: stop.signal })
  } finally {
    off()
    await http.close()
  }
})

type Watching = {
  readonly target: Target
  readonly send: Send
  readonly flags: Flags<(typeof spec)['flags']>
  readonly every_ms: number
  readonly io: Io
  readonly signal: AbortSignal
}

async function rounds(w: Watching): Promise<Exit> {
  let checked_to = 0
  let exit: Exit = EXIT.fine
  for (;;) {
    const round = await roundOrBusy(w, checked_to)
    if (round !== null) {
      checked_to = round.checked_to
      exit = exitOf(round)
      show(w, round)
    }
    if (w.flags.once) return exit
    // Who was left for the next round does not wait for it.
    const more = round !== null && round.looked.looks >= LOOKS
    if (w.signal.aborted || !(await slept(more ? 0 : w.every_ms, w.signal))) return exit
  }
}

/** Of a round that others wait for; with --once all of them. */
const LOOKS = 1_000

async function roundOrBusy(w: Watching, checked_to: number): Promise<Round | null> {
  const { io, flags } = w
  try {
    return await withStore(flags.store, io, false, async (store) => {
      const { watchAndCheck } = await import('../runtime/govern/watch-standing.ts')
      // As it is now: a person may have changed the connection, or the connector, since the round before.
      const { connector, connection } = await storedTarget(store, w.target.connection.name, io)
      return await watchAndCheck(
        { connector, connection, store, send: w.send, now: io.now, signal: w.signal },
        {
          checked_to,
          ...(flags.once ? {} : { limit: LOOKS }),
          ...(flags.json ? {} : { onSighting: (sighting) => io.out(sightingLine(sighting, io)) }),
        },
      )
    })
  } catch (error) {
    if (flags.once || !(error instanceof Failure) || error.code !== 'store/locked') throw error
    io.err(`note: ${error.message}; the next round tries again\n`)
    return null
  }
}

function exitOf({ feeds, polls, breaches, given_up }: Round): Exit {
  if (breaches.length > 0 || given_up > 0 || feeds.some(({ is }) => is === 'skipped' || is === 'hole')) return EXIT.findings
  return polls.some(({ is }) => is === 'failed') ? EXIT.environment : EXIT.fine
}

function show({ flags, io }: Watching, round: Round): void {
  const { connection, at, polls, looked, breaches } = round
  if (flags.json) {
    const { feeds, waiting, given_up, given_up_samples } = reportJson(round)
    const said = { at, polls, looked, waiting, given_up, given_up_samples, feeds, reverted: breaches.map(breachJson) }
    io.out(jsonLine({ version: JSON_VERSION, command: 'watch', connection, ...said }))
    return
  }
  const paint = painter(io.color)
  const named = polls.reduce((sum, { touched }) => sum + touched, 0)
  const counts = [
    `${named} named`,
    `${plural(looked.looks, 'look')}`,
    ...(looked.changed > 0 ? [`${looked.changed} not as last read`] : []),
    ...(looked.gone > 0 ? [`${looked.gone} gone`] : []),
    ...(looked.unanswered > 0 ? [`${looked.unanswered} unanswered`] : []),
  ]
  const stopped = looked.stopped === null ? '' : `  ${paint.yellow('stopped')}  ${safe(looked.stopped)}\n`
  const unnamed = polls
    .filter((poll) => poll.unnamed > 0)
    .map((poll) => `  ${safe(poll.feed)}: of ${plural(poll.unnamed, 'item')} nobody can say whom they are about\n`)
  io.out(
    [
      `${paint.bold(safe(connection))}  ${at}  ${counts.join(', ')}\n`,
      ...round.feeds.map((feed) => feedLine(feed, paint)),
      ...unnamed,
      stopped,
      waitingLine(round, paint),
      ...breaches.map((breach) => breachLine(breach, io)),
    ].join(''),
  )
}

/** Ids and names of fields: values of records stay in the store. */
function sightingLine({ stream, id, shows, is, moved, because }: Sighting, io: Io): string {
  const paint = painter(io.color)
  const word = shows === 'alive' ? (is === null || is === 'as_stored' ? 'seen' : is) : shows
  const tint = {
    seen: paint.dim,
    changed: paint.yellow,
    new: paint.green,
    missing: paint.red,
    gone: paint.red,
    unanswered: paint.yellow,
  }
  const more = shows === 'unanswered' ? `: ${safe(because)}` : moved.length === 0 ? '' : `: ${moved.map(safe).join(', ')}`
  return `  ${tint[word](word)}  ${safe(stream)} ${safe(id)}${more}\n`
}

function everyOf(text: string | undefined): number {
  if (text === undefined) return 60_000
  if (!new RegExp(DURATION).test(text)) throw new Failure('cli/usage', '--every', '--every needs a span like 30s or 5m')
  return seconds(text) * 1000
}

/** False: stopped meanwhile. */
const slept = (ms: number, signal: AbortSignal): Promise<boolean> => sleepFor(ms, true, { signal }).catch(() => false)
