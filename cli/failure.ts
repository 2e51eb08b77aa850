import { ERRORS, Failure } from '../runtime/errors.ts'

/** A failure with more to show than one line. `rendered` is for a terminal: escaped and painted already. */
export class RenderedFailure extends Failure {
  readonly rendered: string
  constructor(code: string, where: string, because: string, rendered: string) {
    super(code, where, because)
    this.rendered = rendered
  }
}

/** A failure for which the command knows a better next step than the table of codes. */
export class GuidedFailure extends Failure {
  readonly next: string
  constructor(failure: Failure, next: string) {
    super(failure.code, failure.where, failure.message, { cause: failure })
    this.next = next
  }
}

/** What to do next, from the failure itself or from the table. */
export function nextOf(failure: Failure): string | null {
  return failure instanceof GuidedFailure ? failure.next : nextOfCode(failure.code)
}

export function nextOfCode(code: string): string | null {
  if (code === 'egress/not-public') return ALLOW_PRIVATE
  return (ERRORS as { readonly [code: string]: { readonly next: string } })[code]?.next ?? null
}

/** What the codes of the file system mean, after the name of the file. */
export const UNREADABLE: { readonly [code: string]: string } = {
  EACCES: 'may not be read by this user',
  EISDIR: 'is a directory, not a file',
  ENOENT: 'is not there',
  ENOTDIR: 'is not there: a part of its path is a file',
}

/** Here the table's advice has a flag to name. */
const ALLOW_PRIVATE =
  'If the target is on your own network, add --allow-private here or to `rollcall connect`: only the operator may open that network, never a connector. Metadata and link-local addresses stay closed.'
