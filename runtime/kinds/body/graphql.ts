import type { Json } from '../../types.ts'
import type { BodyKind } from '../kind.ts'
import { fill, setPaths } from './parts/fill.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'graphql' },
    query: {
      type: 'string',
      minLength: 1,
      description: 'The GraphQL document, as it is: its braces are no templates. Values go through `variables`.',
    },
    variables: { type: 'object', default: {}, description: 'Variables of the query. Texts in them are templates.' },
  },
  required: ['kind', 'query'],
  additionalProperties: false,
} as const

/** A GraphQL request (GraphQL over HTTP §5.4). Patches go below `variables`; a value is never pasted into the document. */
export const graphql: BodyKind<{ readonly kind: string; readonly query: string; readonly variables?: Json }> = {
  kind: 'graphql',
  description: 'A GraphQL request; values go through variables.',
  schema,
  example: {
    kind: 'graphql',
    query: 'query($after: String) { users(after: $after) { nodes { id } } }',
    variables: { first: 100 },
  },
  write: (options, render, patch) => {
    const variables = setPaths(fill(options.variables ?? {}, render), patch)
    return { type: 'application/json', text: JSON.stringify({ query: options.query, variables }) }
  },
}
