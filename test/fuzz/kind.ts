/** What a kind of case is: made from numbers alone, and run to one of two ends. Anything thrown is a find. */
import type { Random } from './random.ts'

export type Case = {
  readonly text: string
  /** The text stands for bytes, one a character. */
  readonly bytes?: boolean
  /** What else came along: headers, a route, a decode word. */
  readonly about?: { readonly [name: string]: string }
}

export type End = 'taken' | 'refused'

export type Kind = {
  readonly name: string
  readonly make: (random: Random) => Case
  /** Throws on a crash, an error without a known code, and one without a place. */
  readonly run: (it: Case) => End | Promise<End>
  readonly close?: () => Promise<void>
}
