/** The doors of the write room. */
export type { Boundary, WriteContext, WriteProgress } from './context.ts'
export { type Drained, type DrainOptions, drain } from './drain.ts'
export { type Rechecked, recheck, recheckDue } from './recheck.ts'
export { askAnew, intentOf, keyOf, type Requested, requestChange, type Wanted } from './request-change.ts'
export { runIntent } from './run.ts'
