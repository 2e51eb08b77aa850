/** Writes what is emitted from the code: `npm run emit`. A test, and `npm run check`, compare what is committed with what this would write. */
import { readFileSync, writeFileSync } from 'node:fs'
import process, { argv } from 'node:process'
import { ERRORS, type ErrorEntry } from '../runtime/errors.ts'
import { evidenceSchema } from '../runtime/judge/schema.ts'
import { MODELS } from '../runtime/kinds/model.ts'
import { connectorSchema } from '../runtime/spec/schema.ts'

/** Path from the repository's root → text. */
export function emitted(): { readonly [file: string]: string } {
  const models = Object.entries(MODELS).map(([type, model]) => [`schemas/${type}.schema.json`, json(model)] as const)
  return Object.fromEntries([
    ['schemas/connector.schema.json', json(connectorSchema())],
    ['schemas/evidence.schema.json', json(evidenceSchema)],
    ...models,
    ['docs/errors.md', errorsPage()],
  ])
}

function json(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`
}

/** One table a room. */
function errorsPage(): string {
  const rooms = Map.groupBy(Object.entries(ERRORS) as [string, ErrorEntry][], ([code]) => code.split('/')[0] as string)
  const tables = [...rooms].map(([room, entries]) => {
    const rows = entries.map(
      ([code, entry]) =>
        `| \`${code}\` | ${cell(entry.means)} | ${entry.http} | ${entry.again ? 'yes' : 'no'} | ${cell(entry.next)} |`,
    )
    return [`## ${room}`, '', '| code | what it means | HTTP | again | what to do |', '|---|---|---|---|---|', ...rows, ''].join(
      '\n',
    )
  })
  const head = [
    '# Error codes',
    '',
    'Emitted from `runtime/errors.ts` by `npm run emit`. `again`: may the same thing be tried again without a change?',
    '`rollcall explain CODE` says the same.',
    '',
  ]
  return `${[...head, ...tables].join('\n').trimEnd()}\n`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

if (import.meta.filename === argv[1]) {
  for (const [file, text] of Object.entries(emitted())) {
    const place = new URL(`../${file}`, import.meta.url)
    if (!argv.includes('--check')) writeFileSync(place, text)
    else if (readFileSync(place, 'utf8') !== text) {
      process.exitCode = 1
      process.stderr.write(`${file} is not what the code says: npm run emit\n`)
    }
  }
}
