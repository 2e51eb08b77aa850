import { COMMON, type CommandSpec, STORE } from './args.ts'
import { ASKING } from './changing.ts'
import { command } from './command.ts'
import { asker } from './inputs.ts'
import { give } from './stop.ts'

const spec = {
  name: 'go',
  about: 'Lifts a stop of `rollcall stop`. A stop of everything and one of a connection are two: each is lifted by itself.',
  words: '[NAME]',
  takes: [0, 1],
  flags: { ...ASKING, ...STORE, ...COMMON },
  examples: [
    ['rollcall go --by kim --why "the HR feed is whole again"', 'the stop of everything'],
    ['rollcall go acme --by kim --why "acme agreed"', 'that of one connection'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words: [name] }, io) =>
  give({ do: 'go', scope: name ?? '*', ...asker('go', flags.by, flags.why), at: new Date(io.now()).toISOString() }, flags, io),
)
