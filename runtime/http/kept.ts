/** What signing in keeps for the next time, and the access tokens that all processes of a connection share. */
import type { Token } from '../kinds/kind.ts'

type Texts = { readonly [name: string]: string }

export type Kept = {
  readonly read: () => Promise<Texts>
  /** Durable when it resolves. Within `alone` it throws `auth/fenced` where another process has kept something later meanwhile. */
  readonly keep: (name: string, value: string) => Promise<void>
  /** One at a time over all processes that share what is kept. Throws `auth/lease`. Absent: no other process shares it. */
  readonly alone?: <T>(work: (kept: Pick<Kept, 'read' | 'keep'>) => Promise<T>) => Promise<T>
}

const SHARED = 'access:'

export const sharedName = (line: string): string => `${SHARED}${line}`
/** `renew_at_ms`: when whoever uses it asks for the next; infinite: when it is refused. */
export const sharedText = ({ value }: Token, renew_at_ms: number): string =>
  `${Number.isFinite(renew_at_ms) ? Math.floor(renew_at_ms) : ''} ${value}`

/** Null: nobody has kept one. */
export function sharedToken(kept: Texts, line: string): { readonly token: Token; readonly renew_at_ms: number } | null {
  const [, until = '', value] = /^(\d*) (.+)$/s.exec(kept[sharedName(line)] ?? '') ?? []
  if (value === undefined) return null
  const renew_at_ms = until === '' ? Number.POSITIVE_INFINITY : Number(until)
  return { token: { value, expires_at_ms: until === '' ? null : renew_at_ms, keep: {}, shared: true }, renew_at_ms }
}

/** The secrets in it: an access token without its time. */
export const secretsIn = (kept: Texts): readonly string[] =>
  Object.entries(kept).map(([name, value]) => (name.startsWith(SHARED) ? value.replace(/^\d* /, '') : value))

export function sameTexts(a: Texts, b: Texts): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => a[name] === b[name])
}
