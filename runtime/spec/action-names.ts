/** What the name of an action says about it, before anything else is declared. */
import type { ActionName, FacetState, RecordType } from '../types.ts'

type Standard = Exclude<ActionName, `custom_${string}`>

type Meaning = {
  /** Streams it may act on. */
  readonly on: readonly RecordType[]
  readonly destructive: boolean
  /** Gives or takes something that an input names. */
  readonly names_entitlement: boolean
}

const of = (destructive: boolean, ...on: readonly RecordType[]): Meaning => ({ on, destructive, names_entitlement: false })
const entitled = (destructive: boolean): Meaning => ({ on: ['account'], destructive, names_entitlement: true })

export const MEANINGS: { readonly [name in Standard]: Meaning } = {
  create_account: of(false, 'account'),
  update_account: of(false, 'account'),
  deactivate_account: of(true, 'account'),
  reactivate_account: of(false, 'account'),
  delete_account: of(true, 'account'),
  grant: entitled(false),
  revoke: entitled(true),
  set_license: of(false, 'account'),
  remove_license: of(true, 'account'),
  revoke_sessions: of(true, 'account', 'session'),
  revoke_tokens: of(true, 'account', 'credential'),
  rotate_credential: of(false, 'account', 'credential'),
}

const TAKEN_AWAY: readonly FacetState[] = ['absent', 'inactive', 'revoked', 'not_held']

/** Null for an action of the connector's own. */
export function meaningOf(name: string): Meaning | null {
  return Object.hasOwn(MEANINGS, name) ? MEANINGS[name as Standard] : null
}

/** Is there no object yet? Then it has no native id, no look before, and is searched for by its natural key. */
export function isCreate(name: string, has_find: boolean): boolean {
  return name === 'create_account' || (meaningOf(name) === null && has_find)
}

/** A connector's own action takes away where a state of what it does says so. */
export function isDestructive(name: string, does: readonly unknown[]): boolean {
  return meaningOf(name)?.destructive ?? does.some((state) => TAKEN_AWAY.includes(state as FacetState))
}
