import { Environment } from '@marcbachmann/cel-js'
import { found, Pattern } from './regex.ts'

/** `text.matches('…')` is rewritten to this call on a compiled pattern; it is no name an author can write. */
export const MATCHES = 'matches_re2'

type Fn = (...args: never[]) => unknown
const sync = { async: false }

/** The functions that CEL's own library lacks. Signature, then what it does. */
const FUNCTIONS: readonly (readonly [signature: string, handler: Fn])[] = [
  [`string.${MATCHES}(Pattern): bool`, (text: string, pattern: InstanceType<typeof Pattern>) => found(text, pattern)],
  ['string.replace(string, string): string', (text: string, from: string, to: string) => replace(text, from, to)],
  ['base64Decode(string): bytes', (text: string) => base64Decode(text)],
  ['timestamp(double): google.protobuf.Timestamp', (seconds: number) => instant(seconds * 1000)],
  ['timestampMs(double): google.protobuf.Timestamp', (ms: number) => instant(ms)],
  ['timestampMs(int): google.protobuf.Timestamp', (ms: bigint) => instant(Number(ms))],
]

/** Every name is dynamic here; which ones are allowed is judged before. Complete once built. */
export const environment: Environment = build()

function build(): Environment {
  const env = new Environment({
    unlistedVariablesAreDyn: true,
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 2_000, maxDepth: 64, maxListElements: 1_000, maxMapEntries: 200, maxCallArguments: 8 },
  })
  env.registerType('Pattern', Pattern)
  for (const [signature, handler] of FUNCTIONS) env.registerFunction(signature, handler as (...args: unknown[]) => unknown, sync)
  return env
}

function replace(text: string, from: string, to: string): string {
  // An empty needle would put `to` between all characters; a split and join could grow a text without bound.
  if (from === '') return text
  const out = text.split(from).join(to)
  if (out.length > 1_000_000) throw new RangeError('the replaced text is too long')
  return out
}

function base64Decode(text: string): Uint8Array {
  const bare = text.replace(/=+$/, '')
  if (!/^[A-Za-z0-9+/_-]*$/.test(bare) || bare.length % 4 === 1) throw new RangeError('the text is not base64')
  return new Uint8Array(Buffer.from(bare, 'base64'))
}

function instant(ms: number): Date {
  const date = new Date(Math.floor(ms))
  if (Number.isNaN(date.getTime())) throw new RangeError('the number is no instant')
  return date
}
