import type { Change } from '../runtime/types.ts'
import { COMMON, type CommandSpec, STORE, whole } from './args.ts'
import { command } from './command.ts'
import { readingStore, storedConnection } from './compose.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, type Paint, painter, safe, table } from './text.ts'

const spec = {
  name: 'changes',
  about:
    'The ordered, replayable log of what syncs found: created, updated, vanished, confirmed deleted, returned.\nThe cursor at the end says where to go on.',
  words: 'NAME',
  takes: [1, 1],
  flags: {
    after: { type: 'string', value: 'CURSOR', about: 'only what came after this cursor (default 0: from the beginning)' },
    limit: { type: 'string', value: 'N', about: 'events to show (default 100)' },
    stream: { type: 'string', value: 'STREAM', about: 'only this stream' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall changes acme', 'from the beginning'],
    ['rollcall changes acme --after 317 --stream users --json', 'what is new, for a program'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words: [name = ''] }, io) => {
  const limit = whole('--limit', flags.limit, 100, [1, 1_000_000])
  const after = whole('--after', flags.after, 0, [0, Number.MAX_SAFE_INTEGER])
  return readingStore(flags.store, io, async (store) => {
    await storedConnection(store, name)
    const changes = await store.changes(name, { after, limit, ...(flags.stream === undefined ? {} : { stream: flags.stream }) })
    const next = changes.at(-1)?.seq ?? after
    if (flags.json)
      io.out(
        jsonLine({ version: JSON_VERSION, command: 'changes', connection: name, changes, next, more: changes.length === limit }),
      )
    else {
      const paint = painter(io.color)
      io.out(
        table(
          changes.map((change) => row(change, paint)),
          '',
        ),
      )
      io.out(`next: --after ${next}\n`)
    }
    return EXIT.fine
  })
})

function row(change: Change, paint: Paint): readonly string[] {
  const tint = {
    created: paint.green,
    updated: paint.yellow,
    returned: paint.green,
    vanished: paint.red,
    confirmed_deleted: paint.red,
  }[change.kind]
  const name = change.fields?.['userName'] ?? change.fields?.['displayName'] ?? change.fields?.['account'] ?? ''
  return [
    String(change.seq),
    tint(change.kind),
    safe(change.stream),
    safe(change.id),
    safe(String(name)),
    paint.dim(`sync ${change.sync}, ${change.at}`),
  ]
}
