import { Failure } from '../runtime/errors.ts'
import type { ConnectionGate } from '../runtime/govern/scope-gate.ts'
import { COMMON, type CommandSpec, STORE } from './args.ts'
import { unknownStream } from './attest.ts'
import { waiverLines } from './certify-text.ts'
import { command } from './command.ts'
import { readingStore, storedTarget } from './compose.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, painter, safe } from './text.ts'
import { gateLines } from './verdict-text.ts'

const spec = {
  name: 'gate',
  about:
    'May a certification rest on what was read? Exit 0 where it may, 4 where not, with each reason and what would settle it.',
  words: 'NAME[/STREAM] …',
  takes: [1, 100],
  flags: {
    stream: { type: 'string', multiple: true, value: 'STREAM', about: 'only these streams are in scope; several times' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall gate acme', 'all certified streams'],
    ['rollcall gate acme --stream users --stream memberships --json', 'two of them, for a program'],
    ['rollcall gate acme hr/people', 'a scope of two connections'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words }, io) => {
  const { scopeFrom, scopeGate } = await import('../runtime/govern/scope-gate.ts')
  const single = words.length === 1 && !words[0]?.includes('/')
  if (!single && flags.stream.length > 0)
    throw new Failure('cli/usage', '--stream', '--stream is for one connection; of several it is NAME/STREAM')
  return readingStore(flags.store, io, async (store) => {
    const [name = ''] = words
    const scope = single && flags.stream.length > 0 ? new Map([[name, flags.stream]]) : scopeFrom(words.join(','))
    const target = async (one: string) => {
      const found = await storedTarget(store, one, io)
      for (const stream of scope.get(one) ?? [])
        if (!Object.hasOwn(found.connector.streams, stream)) throw unknownStream(found.connector, stream)
      return found
    }
    const answer = await scopeGate(store, target, scope, io.now())
    const paint = painter(io.color)
    const [first] = answer.connections
    if (flags.json && single) {
      const { connection: _, ...gate } = first as ConnectionGate
      io.out(jsonLine({ version: JSON_VERSION, command: 'gate', connection: name, gate }))
    } else if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'gate', scope: words, ...answer }))
    else
      for (const gate of answer.connections)
        io.out(
          `${single ? '' : `${paint.bold(safe(gate.connection))}\n`}${gateLines(gate, paint)}${waiverLines(gate, paint, gate.connection)}`,
        )
    return answer.is === 'allow' ? EXIT.fine : EXIT.gate
  })
})
