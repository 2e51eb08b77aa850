/** Writes schemas/*.json: `npm run emit`. A test compares what is committed with what this would write. */
import { readFileSync, writeFileSync } from 'node:fs'
import process, { argv } from 'node:process'
import { MODELS } from '../kinds/model.ts'
import { connectorSchema } from './schema.ts'

/** File name → text, for every schema that is emitted. */
export function emitted(): { readonly [file: string]: string } {
  const models = Object.entries(MODELS).map(([type, model]) => [`${type}.schema.json`, json(model)] as const)
  return Object.fromEntries([['connector.schema.json', json(connectorSchema())], ...models])
}

function json(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`
}

if (import.meta.filename === argv[1]) {
  const place = (file: string) => new URL(`../../schemas/${file}`, import.meta.url)
  for (const [file, text] of Object.entries(emitted())) {
    if (!argv.includes('--check')) writeFileSync(place(file), text)
    else if (readFileSync(place(file), 'utf8') !== text) {
      process.exitCode = 1
      process.stderr.write(`schemas/${file} is not what the kinds say: npm run emit\n`)
    }
  }
}
