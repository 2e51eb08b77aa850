import { hash } from 'node:crypto'
import { inspect } from 'node:util'

/** A secret value that cannot be printed by accident: every way of showing it gives `[secret:abcd]`, four hex digits of its sha-256. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  /** The value itself. Whoever calls this tells the scrubber. */
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return mark(this.#value)
  }
  toJSON(): string {
    return mark(this.#value)
  }
  [inspect.custom](): string {
    return mark(this.#value)
  }
}

/** Tells two secrets apart without telling either. */
export const mark = (value: string): string => `[secret:${hash('sha256', value).slice(0, 4)}]`
