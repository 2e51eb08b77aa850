import { Failure } from '../errors.ts'
import { auth } from '../kinds/auth/index.ts'
import type { AuthKind, AuthView, Token, TokenAsk } from '../kinds/kind.ts'
import type { FailureCode, KindOptions } from '../types.ts'
import { type Kept, sameTexts, sharedName, sharedText, sharedToken } from './kept.ts'

export type TokenFailure = { readonly failed: FailureCode; readonly because: string }

export type TokenAnswer =
  | { readonly status: number; readonly headers: { readonly [name: string]: string }; readonly body: unknown }
  | { readonly lost: string; readonly code: FailureCode }

export type TokensOptions = {
  /** The word under `auth:`. */
  readonly kind: string
  readonly options: KindOptions
  /** Settings and secrets as they are now; `kept` in it is replaced by what `kept.read` gives. */
  readonly view: () => Promise<AuthView>
  /** Reads the secrets again: has one been replaced? The next `view` has the new ones. */
  readonly replaced?: () => Promise<boolean>
  /** One exchange through egress rules, limits and retries, without auth. A 4xx is an answer, not a throw. */
  readonly fetchToken: (ask: TokenAsk) => Promise<TokenAnswer>
  /** The durable notes of this connection. */
  readonly kept: Kept
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export type Tokens = {
  /** The token to use now; null where this auth needs none. Concurrent callers share one token request. */
  get(): Promise<Token | null | TokenFailure>
  /** After a 401: a new token, unless `bad` has already been replaced. */
  renew(bad: Token | null): Promise<Token | null | TokenFailure>
}

/** Renewed this long before it expires, but never earlier than after 90 % of its life. */
const MARGIN_MS = 60_000
const MARGIN_SHARE = 0.1
/** A refusal stands this long, so that a thousand waiting requests are not a thousand guesses at a locked door. */
const REFUSAL_STANDS_MS = 10_000
/** A clock further off than this makes signed assertions invalid at strict targets. */
const SKEW_MS = 30_000
/** With these a target says that what we signed in with is not what it takes now. */
const NOT_OURS: ReadonlySet<string> = new Set(['auth/invalid-grant', 'auth/invalid-client', 'auth/refused'])

/** Keeps one connection's access token: single-flight, renewed before it expires, what rotates is durable before it is used. */
export function openTokens(o: TokensOptions): Tokens {
  const word: AuthKind | undefined = auth[o.kind]
  let current: { readonly token: Token; readonly renew_at_ms: number } | null = null
  /** Received but not yet durable: its refresh token exists nowhere else. */
  let unkept: Token | null = null
  /** What the target refused last: another process that has it still is not asked for it. */
  let spent: string | null = null
  let refused: { readonly failure: TokenFailure; readonly until_ms: number } | null = null
  let flight: Promise<Token | null | TokenFailure> | null = null
  let skew_ms = 0

  const viewNow = async (kept: Pick<Kept, 'read'>): Promise<AuthView> => ({
    ...(await o.view()),
    kept: await kept.read(),
    now_ms: o.now() + skew_ms,
  })

  async function exchange(kind: AuthKind, view: AuthView): Promise<Token | null | TokenFailure> {
    const ask = kind.ask === null ? null : await kind.ask(o.options, view)
    if (ask === null) return null
    const answer = await o.fetchToken(ask)
    if ('lost' in answer) return { failed: answer.code, because: `no answer to the token request: ${answer.lost}` }
    const told = Date.parse(answer.headers['date'] ?? '')
    if (!Number.isNaN(told)) skew_ms = Math.abs(told - o.now()) > SKEW_MS ? told - o.now() : 0
    return kind.accept(o.options, { ...view, now_ms: o.now() }, answer)
  }

  /** One more try where something has changed that could have been the reason: a rotation elsewhere, a replaced secret, or our clock. */
  async function exchangeTwice(kind: AuthKind, kept: Pick<Kept, 'read'>): Promise<Token | null | TokenFailure> {
    const view = await viewNow(kept)
    const first = await exchange(kind, view)
    if (!isFailure(first) || !NOT_OURS.has(first.failed)) return first
    const replaced = (await o.replaced?.()) ?? false
    const again = await viewNow(kept)
    const rotated = first.failed === 'auth/invalid-grant' && !sameTexts(view.kept, again.kept)
    const signed = 'private_key' in o.options || 'options' in o.options
    const clock_was_off = signed && first.failed !== 'auth/refused' && Math.abs(again.now_ms - view.now_ms) > SKEW_MS
    return rotated || replaced || clock_was_off ? await exchange(kind, again) : first
  }

  const renewAt = ({ expires_at_ms }: Token): number => {
    if (expires_at_ms === null) return Number.POSITIVE_INFINITY
    const life_ms = expires_at_ms - o.now()
    return o.now() + life_ms - Math.min(MARGIN_MS, life_ms * MARGIN_SHARE)
  }
  const use = (token: Token, renew_at_ms: number): Token => {
    current = { token, renew_at_ms }
    return token
  }

  async function settle(token: Token, kept: Pick<Kept, 'keep'>, line: string | null): Promise<Token | TokenFailure> {
    unkept = token
    try {
      for (const [name, value] of Object.entries(token.keep)) await kept.keep(name, value)
      if (line !== null) await kept.keep(sharedName(line), sharedText(token, renewAt(token)))
    } catch (cause) {
      // A later one is kept: this one is dead already.
      if (cause instanceof Failure && cause.code === 'auth/fenced') {
        unkept = null
        throw cause
      }
      const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'the store refused it'
      return { failed: 'auth/not-kept', because: `the new refresh token could not be stored (${why}), so the token was not used` }
    }
    unkept = null
    return use(token, renewAt(token))
  }

  async function obtain(): Promise<Token | null | TokenFailure> {
    if (word === undefined) return { failed: 'auth/unknown', because: `there is no auth word \`${o.kind}\`` }
    if (unkept === null && refused !== null && o.now() < refused.until_ms) return refused.failure
    refused = null
    let got: Token | null | TokenFailure
    try {
      got = await obtainBy(word)
    } catch (cause) {
      // A word throws only for what the author or operator wrote: a bad key, a missing setting. Its messages hold no values.
      if (!(cause instanceof Failure)) throw cause
      got = { failed: cause.code, because: cause.message }
    }
    const waits = isFailure(got) && ['auth/unavailable', 'auth/not-kept', 'auth/lease', 'auth/fenced'].includes(got.failed)
    if (isFailure(got) && got.failed.startsWith('auth/') && !waits)
      refused = { failure: got, until_ms: o.now() + REFUSAL_STANDS_MS }
    return got
  }

  async function obtainBy(kind: AuthKind): Promise<Token | null | TokenFailure> {
    const line = kind.line?.(o.options, await o.view()) ?? null
    if (line === null || o.kept.alone === undefined) return await obtainAlone(kind, o.kept, null)
    const { alone } = o.kept
    const once = () => alone((kept) => obtainAlone(kind, kept, line))
    try {
      return await once()
    } catch (cause) {
      if (!(cause instanceof Failure) || cause.code !== 'auth/fenced') throw cause
      return await once()
    }
  }

  /** `line`: nobody else asks for a token of it at this time. */
  async function obtainAlone(
    kind: AuthKind,
    kept: Pick<Kept, 'read' | 'keep'>,
    line: string | null,
  ): Promise<Token | null | TokenFailure> {
    if (unkept !== null) return await settle(unkept, kept, line)
    const other = line === null ? null : sharedToken(await kept.read(), line)
    if (other !== null && other.token.value !== spent && o.now() < other.renew_at_ms) return use(other.token, other.renew_at_ms)
    const got = await exchangeTwice(kind, kept)
    return got === null || isFailure(got) ? got : await settle(got, kept, line)
  }

  function once(): Promise<Token | null | TokenFailure> {
    flight ??= obtain().finally(() => {
      flight = null
    })
    return flight
  }

  const get = async (): Promise<Token | null | TokenFailure> =>
    current !== null && o.now() < current.renew_at_ms ? current.token : await once()

  return {
    get,
    async renew(bad) {
      if (current !== null && (bad === null || current.token.value !== bad.value)) return await get()
      current = null
      spent = bad?.value ?? spent
      return await once()
    },
  }
}

export const isFailure = (t: Token | null | TokenFailure): t is TokenFailure => t !== null && 'failed' in t
