import { COMMON, type CommandSpec, STORE } from './args.ts'
import { unknownStream } from './attest.ts'
import { waiverLines } from './certify-text.ts'
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
  const { gateOf } = await import('../runtime/govern/gate-of.ts')
  const { withWaivers } = await import('../runtime/judge/waiver.ts')
  return readingStore(flags.store, io, async (store) => {
    const target = await storedTarget(store, name, io)
    for (const stream of flags.stream)
      if (!Object.hasOwn(target.connector.streams, stream)) throw unknownStream(target.connector, stream)
    const asked = await gateOf(store, target, flags.stream.length === 0 ? null : new Set(flags.stream), io.now())
    const answer = withWaivers(asked, await store.waivers(), io.now(), [])
    if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'gate', connection: name, gate: answer }))
    else io.out(`${gateLines(answer, painter(io.color))}${waiverLines(answer, painter(io.color), name)}`)
    return answer.is === 'allow' ? EXIT.fine : EXIT.gate
  })
})
