import { COMMON, type CommandSpec, STORE } from './args.ts'
import { unknownStream } from './attest.ts'
import { command } from './command.ts'
import { readingStore, storedTarget } from './compose.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, painter } from './text.ts'
import { gateLines } from './verdict-text.ts'

const spec = {
  name: 'gate',
  about:
    'May a certification rest on what was read? Exit 0 where it may, 4 where not, with each reason and what would settle it.',
  words: 'NAME',
  takes: [1, 1],
  flags: {
    stream: { type: 'string', multiple: true, value: 'STREAM', about: 'only these streams are in scope; several times' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall gate acme', 'all certified streams'],
    ['rollcall gate acme --stream users --stream memberships --json', 'two of them, for a program'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words: [name = ''] }, io) => {
  const [{ gate }, { fingerprintOf }] = await Promise.all([import('../runtime/judge/gate.ts'), import('../runtime/read/sync.ts')])
  const { revertReasons, withReverts } = await import('./reverts.ts')
  return readingStore(flags.store, io, async (store) => {
    const { connector, connection } = await storedTarget(store, name, io)
    for (const stream of flags.stream) if (!Object.hasOwn(connector.streams, stream)) throw unknownStream(connector, stream)
    const inScope = Object.values(connector.streams).filter((s) => flags.stream.length === 0 || flags.stream.includes(s.name))
    const judged = gate({
      snapshots: (await store.snapshots(name)).map(({ latest }) => latest),
      streams: inScope.map(({ name: stream, certified, fresh_for_s }) => ({ name: stream, certified, fresh_for_s })),
      now_ms: io.now(),
      fingerprint: fingerprintOf(connector, connection),
    })
    const streams = new Set(inScope.map((stream) => stream.name))
    const answer = withReverts(judged, await revertReasons(store, connector, name, streams))
    if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'gate', connection: name, gate: answer }))
    else io.out(gateLines(answer, painter(io.color)))
    return answer.is === 'allow' ? EXIT.fine : EXIT.gate
  })
})
