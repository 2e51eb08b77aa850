import { ERRORS, type ErrorEntry, Failure } from '../runtime/errors.ts'
import { nearest } from '../runtime/spec/nearest.ts'
import { COMMON, type CommandSpec } from './args.ts'
import { command } from './command.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, painter, safe, table } from './text.ts'

const spec = {
  name: 'explain',
  about: 'Says what a code means and what to do next. Without a code, lists them all.',
  words: '[CODE]',
  takes: [0, 1],
  flags: COMMON,
  examples: [
    ['rollcall explain spec/unknown-key', 'one code'],
    ['rollcall explain --json', 'all of them, for a program'],
  ],
} as const satisfies CommandSpec

const CODES: { readonly [code: string]: ErrorEntry } = ERRORS

export const run = command(spec, async ({ flags, words }, io) => {
  const [code] = words
  const paint = painter(io.color)
  if (code === undefined) {
    if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'explain', codes: CODES }))
    else
      io.out(
        table(
          Object.entries(CODES).map(([name, entry]) => [paint.bold(name), entry.means]),
          '',
        ),
      )
    return EXIT.fine
  }
  const entry = Object.hasOwn(CODES, code) ? CODES[code] : undefined
  if (entry === undefined) {
    const hint = nearest(code, Object.keys(CODES))
    throw new Failure(
      'cli/usage',
      'explain',
      `there is no code \`${safe(code)}\`${hint === null ? '; `rollcall explain` lists them' : `; did you mean \`${hint}\`?`}`,
    )
  }
  if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'explain', codes: { [code]: entry } }))
  else {
    const again = entry.again ? 'yes' : 'no, something must change first'
    io.out(
      `${paint.bold(code)}\n  ${entry.means}\n\n  next: ${entry.next}\n  may the same be tried again: ${again}\n  HTTP status in the API: ${entry.http}\n`,
    )
  }
  return EXIT.fine
})
