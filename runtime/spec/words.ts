/** The families of the shelf that a connector file names by `kind`. */
import type { Word } from '../kinds/kind.ts'

export type Family = 'auth' | 'pages' | 'decode' | 'body' | 'told' | 'prove'
type Table = { readonly [kind: string]: Word }

const any = (kind: string): Word => ({
  kind,
  description: kind,
  schema: { type: 'object', properties: { kind: { const: kind } }, required: ['kind'] },
  example: { kind },
})
const table = async (family: Family, kinds: string): Promise<Table> => {
  try {
    return ((await import(`../kinds/${family}/index.ts`)) as { [family: string]: Table })[family]!
  } catch {
    return Object.fromEntries(kinds.split(' ').map((kind) => [kind, any(kind)]))
  }
}

export const WORDS: { readonly [family in Family]: Table } = {
  auth: await table('auth', 'none bearer header query basic oauth2_client_credentials oauth2_refresh jwt_bearer login choose'),
  pages: await table('pages', 'none link cursor next_url offset page_number scim_index scim_cursor'),
  decode: await table('decode', 'json jsonl csv xml'),
  body: await table('body', 'json form graphql jsonrpc'),
  told: await table('told', 'headers'),
  prove: await table('prove', 'total count count_per_parent second_pass by_id two_path known_account canaries'),
}
