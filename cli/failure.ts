import { Failure } from '../runtime/errors.ts'

/** A failure with more to show than one line. `rendered` is for a terminal: escaped and painted already. */
export class RenderedFailure extends Failure {
  readonly rendered: string
  constructor(code: string, where: string, because: string, rendered: string) {
    super(code, where, because)
    this.rendered = rendered
  }
}
