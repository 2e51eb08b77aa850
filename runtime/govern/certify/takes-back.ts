/** Which change takes a record back: a grant from its account, an account out of service. */
import { Failure } from '../../errors.ts'
import type { Action, Connector, JsonObject, StoredRecord, Stream } from '../../types.ts'
import { itemInput, itemStream } from '../item-actions.ts'

export type TakesBack = { readonly action: string; readonly id: string; readonly input: JsonObject }

/** Null: the connector has no action that does. */
export function takesBack(connector: Connector, stream: Stream, record: Pick<StoredRecord, 'id' | 'fields'>): TakesBack | null {
  const actions = Object.values(connector.actions)
  if (stream.is === 'account') {
    const out = actions.find((one) => one.name === 'deactivate_account' && one.on === stream.name && isAlone(one))
    return out === undefined ? null : { action: out.name, id: record.id, input: {} }
  }
  const { account, entitlement } = record.fields
  if (stream.is !== 'grant' || typeof account !== 'string') return null
  for (const action of actions) {
    if (!Object.values(action.does).some((state) => state === 'not_held' || state === 'revoked')) continue
    if (!(stream.refers['account'] ?? [action.on]).includes(action.on)) continue
    const input =
      itemStream(connector, action)?.name === stream.name ? itemInput(action, record) : entitled(action, stream, entitlement)
    if (input !== null) return { action: action.name, id: account, input }
  }
  return null
}

const isAlone = (action: Action): boolean => Object.values(action.input).every(({ required }) => !required)

/** The one required input names the entitlement. */
function entitled(action: Action, stream: Stream, entitlement: unknown): JsonObject | null {
  const required = Object.entries(action.input).filter(([, input]) => input.required)
  const [first] = required
  if (first === undefined || required.length > 1 || typeof entitlement !== 'string') return null
  const [name, { stream: of }] = first
  return of !== null && (stream.refers['entitlement'] ?? []).includes(of) ? { [name]: entitlement } : null
}

export const noWayBack = (stream: string, id: string): Failure =>
  new Failure(
    'certify/decision',
    id,
    `no action of the connector takes back a record of ${stream}; name the intent that does with --intent`,
  )
