import { ERRORS, type ErrorEntry, Failure } from '../runtime/errors.ts'
import { nearest } from '../runtime/spec/nearest.ts'
import { COMMON, type CommandSpec } from './args.ts'
import { command } from './command.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, type Paint, painter, safe, table } from './text.ts'

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
    else io.out(listing(paint))
    return EXIT.fine
  }
  const entry = Object.hasOwn(CODES, code) ? CODES[code] : undefined
  if (entry === undefined) {
    const room = Object.keys(CODES).filter((name) => name.split('/')[0] === code.split('/')[0])
    const hint = nearest(code, room) ?? nearest(code, Object.keys(CODES))
    const known = room.length === 0 ? '`rollcall explain` lists them' : `of that room there are ${room.join(', ')}`
    throw new Failure(
      'cli/usage',
      'explain',
      `there is no code \`${safe(code)}\`${hint === null ? `; ${known}` : `; did you mean \`${hint}\`?`}`,
    )
  }
  if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'explain', codes: { [code]: entry } }))
  else {
    const rows = [
      ['means', entry.means],
      ['next', entry.next],
      ['again', entry.again ? 'the same may be tried again' : 'not without a change'],
      ['http', `${entry.http} in the API`],
    ]
    io.out(`${paint.bold(code)}\n${table(rows.map(([label = '', text = '']) => [paint.dim(label), text]))}`)
  }
  return EXIT.fine
})

/** What each room of the runtime is asked; the first word of a code. */
const ROOMS: { readonly [room: string]: string } = {
  auth: 'signing in',
  body: 'request bodies',
  cli: 'the command line',
  decode: 'reading an answer',
  egress: 'where requests may go',
  http: 'sending requests',
  pages: 'paging',
  read: 'reading a stream',
  sample: 'a connector against one answer',
  spec: 'connector files',
  store: 'what is remembered',
  value: 'paths, expressions, templates',
}

function listing(paint: Paint): string {
  const rooms = Map.groupBy(Object.entries(CODES), ([name]) => name.split('/')[0] ?? '')
  const blocks = [...rooms].map(([room, entries]) => {
    const about = ROOMS[room] === undefined ? '' : `  ${paint.dim(ROOMS[room])}`
    return `${paint.bold(room)}${about}\n${table(entries.map(([name, entry]) => [name, entry.means]))}`
  })
  return blocks.join('\n')
}
