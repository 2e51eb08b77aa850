import type { ProbeKind } from '../kind.ts'
import { count } from './count.ts'
import { empty } from './empty.ts'
import { gone } from './gone.ts'
import { listed } from './listed.ts'
import { log } from './log.ts'
import { moved } from './moved.ts'
import { notListed } from './not-listed.ts'
import { residual } from './residual.ts'
import { state } from './state.ts'

/** Every word of `probe` by its kind. The options a word sees have passed its schema, so the table may forget their types. */
export const probe: { readonly [kind: string]: ProbeKind } = Object.freeze({
  state,
  gone,
  listed,
  not_listed: notListed,
  empty,
  count,
  log,
  moved,
  residual,
} as unknown as { readonly [kind: string]: ProbeKind })
