/** Writes schemas/*.json: `npm run emit`. A test compares what is committed with what this would write. */
import { writeFileSync } from 'node:fs'
import { argv } from 'node:process'
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
  for (const [file, text] of Object.entries(emitted())) writeFileSync(new URL(`../../schemas/${file}`, import.meta.url), text)
}
