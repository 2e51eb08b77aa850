import type { ProveKind } from '../kind.ts'
import { byId } from './by-id.ts'
import { canaries } from './canaries.ts'
import { count } from './count.ts'
import { countPerParent } from './count-per-parent.ts'
import { knownAccount } from './known-account.ts'
import { secondPass } from './second-pass.ts'
import { total } from './total.ts'
import { twoPath } from './two-path.ts'

/** Every word of `prove` by its kind. The options a word sees have passed its schema, so the table may forget their types. */
export const prove: { readonly [kind: string]: ProveKind } = Object.freeze({
  total,
  count,
  count_per_parent: countPerParent,
  second_pass: secondPass,
  by_id: byId,
  two_path: twoPath,
  known_account: knownAccount,
  canaries,
} as unknown as { readonly [kind: string]: ProveKind })
