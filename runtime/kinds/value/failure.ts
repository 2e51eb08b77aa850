import { Failure } from '../../errors.ts'

/** A fault in a value's text. `offset` counts UTF-16 units from the start of the text as the author wrote it, `=` included. */
export class ValueFailure extends Failure {
  readonly offset: number
  constructor(code: string, where: string, offset: number, because: string, options?: { cause?: unknown }) {
    super(code, where, because, options)
    this.offset = offset
  }
}
