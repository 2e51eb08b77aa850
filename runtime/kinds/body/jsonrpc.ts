import type { Json } from '../../types.ts'
import type { BodyKind } from '../kind.ts'
import { fill, setPaths } from './parts/fill.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'jsonrpc' },
    method: { type: 'string', minLength: 1, description: 'Name of the method.' },
    params: { type: ['object', 'array'], default: {}, description: 'Parameters. Texts in them are templates.' },
  },
  required: ['kind', 'method'],
  additionalProperties: false,
} as const

/** A JSON-RPC 2.0 request. One request an HTTP exchange, so the id is always 1. Patches go below `params`. */
export const jsonrpc: BodyKind<{ readonly kind: string; readonly method: string; readonly params?: Json }> = {
  kind: 'jsonrpc',
  description: 'A JSON-RPC 2.0 request.',
  schema,
  example: { kind: 'jsonrpc', method: 'user.get', params: { limit: 100 } },
  write: (options, render, patch) => {
    const params = setPaths(fill(options.params ?? {}, render), patch)
    return { type: 'application/json', text: JSON.stringify({ jsonrpc: '2.0', id: 1, method: options.method, params }) }
  },
}
