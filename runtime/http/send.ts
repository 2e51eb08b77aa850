/** One request until it is over: p-retry is the only loop, `decide` the only one who says whether it goes round again. */
import pRetry from 'p-retry'
import { decode } from '../kinds/decode/index.ts'
import type { Told } from '../kinds/kind.ts'
import type { FailureCode, HttpRequest, Lane, Limits, Observation } from '../types.ts'
import { release } from './body.ts'
import { ask as askBreaker, type Breaker, CLOSED, note, STAYS_DEAD_AFTER } from './breaker.ts'
import { type AnswerView, type CompiledRule, classify, type Said, type Test } from './classify.ts'
import type { Credential, Credentials } from './credentials.ts'
import { checkUrl } from './egress.ts'
import type { Answer, Exchange, Whole } from './exchange.ts'
import { follow } from './follow.ts'
import type { Limiter } from './limits.ts'
import type { Lost } from './lost.ts'
import { type Outcome, observe, unauthorised } from './outcome.ts'
import { bare, patched, type Wire } from './patch.ts'
import type { Permits, Refusal, Sleep } from './permits.ts'
import type { Redact } from './redact.ts'
import { decide, MAX_TOLD_WAIT_MS, WAIT_BUDGET_MS } from './retry.ts'

export type Counters = { requests: number; token_requests: number; retries: number; waits: number; bytes: number }
export const newCounters = (): Counters => ({ requests: 0, token_requests: 0, retries: 0, waits: 0, bytes: 0 })

export type Room = {
  readonly limits: Limits
  readonly limiter: Limiter
  readonly permits: Permits
  readonly exchange: Exchange
  readonly credentials: () => Credentials
  readonly redact: Redact
  readonly rules: readonly CompiledRule[]
  readonly expect: (text: string) => Test
  readonly told: (answer: AnswerView) => Told
  readonly allow_private: boolean
  readonly now: () => number
  readonly sleep: Sleep
  readonly random: () => number
  readonly closing: AbortSignal
  readonly onWait: (wait: { readonly why: string; readonly until: string }) => void
  readonly counters: Counters
}

export type Sending = {
  readonly request: HttpRequest
  readonly lane: Lane
  readonly signal: AbortSignal | undefined
  /** Sent once, whatever comes back: a write, or a token request that uses its credential up. */
  readonly once: boolean
  /** Awaited in the slot, right before the wire. */
  readonly ready?: () => Promise<void>
  /** False: a token request, which carries its own proof, and whose every answer is for the auth word to read. */
  readonly authorised: boolean
  readonly origins: readonly string[]
}

/** `whole`: the last whole answer, if there was one. */
export type Sent = { readonly observation: Observation; readonly whole: Whole | null }
export type SendOne = (sending: Sending) => Promise<Sent>

/** Thrown inside the loop only: p-retry goes on for this and for nothing else. */
class Again extends Error {}

/** What one request has been through so far. */
type Trail = {
  requests: number
  failures: number
  waits: number
  waiting_since: number | null
  /** How often the breaker had opened when this request first met it. */
  openings: number | null
  /** 1: with a token that another process got, which may be ended too; 2 and more: anew. */
  renewed: number
}

export function openSend(room: Room): SendOne {
  let breaker: Breaker = CLOSED
  /** How the last request that says something of the target failed: who is not sent must know why. */
  let why = ''
  const { now } = room
  /** One for a whole sync, not one for each of its requests. */
  const signals = new WeakMap<AbortSignal, AbortSignal>()
  const either = (signal: AbortSignal): AbortSignal => {
    const both = signals.get(signal) ?? AbortSignal.any([signal, room.closing])
    signals.set(signal, both)
    return both
  }

  return async (sending) => {
    const started_ms = now()
    const trail: Trail = { requests: 0, failures: 0, waits: 0, waiting_since: null, openings: null, renewed: 0 }
    const signal = sending.signal === undefined ? room.closing : either(sending.signal)
    const outcome = await loop(sending, trail, signal)
    const observation = observe(outcome, trail.requests, now() - started_ms, room.redact)
    if (sending.authorised && outcome.kind === 'answer') {
      // Decoded and digested: only a token's answer is read again.
      release(outcome.whole.bytes)
      return { observation, whole: null }
    }
    return { observation, whole: outcome.whole }
  }

  async function loop(sending: Sending, trail: Trail, signal: AbortSignal): Promise<Outcome> {
    try {
      return await pRetry(() => attempt(sending, trail, signal), {
        retries: Number.POSITIVE_INFINITY,
        minTimeout: 0,
        shouldRetry: ({ error }) => error instanceof Again,
      })
    } catch (error) {
      if (signal.aborted) return { kind: 'lost', code: 'http/aborted', because: 'the request was called off', whole: null }
      throw error
    }
  }

  async function attempt(sending: Sending, trail: Trail, signal: AbortSignal): Promise<Outcome> {
    const verdict = checkUrl(sending.request.url, sending.origins, room.allow_private)
    if (!verdict.ok) return { kind: 'lost', code: verdict.code, because: verdict.because, whole: null }
    const shut = await pass(trail, signal)
    if (shut !== null) return shut
    const credential = sending.authorised ? await room.credentials().get() : NOBODY
    if ('failed' in credential) return unauthorised(credential)
    const wire = (url: string): Wire => patched({ ...sending.request, url }, credential.patch)

    const { said, whole, told, sent_ms } = await room.limiter.run(sending.lane, signal, () =>
      exchange(sending, verdict.url.href, wire, trail, signal),
    )
    switch (said.said) {
      case 'answer':
        return {
          kind: 'answer',
          body: said.body,
          duplicates: said.duplicates,
          digest: said.digest,
          whole: whole as Whole,
          url: bare((whole as Whole).url, credential.patch.query),
        }
      case 'refused':
        return { kind: 'refused', code: said.code, because: said.because, status: whole?.status ?? 0, gap: said.gap, whole }
      case 'renew':
        return await renew(sending, trail, credential, said.because, whole)
      case 'lost':
      case 'failed':
      case 'wait':
        return await again(sending, trail, said, { whole, told, sent_ms }, signal)
    }
  }

  /** Within the slot: on the wire, then what it means, so that what it tells of limits binds the next who gets a slot. */
  async function exchange(
    sending: Sending,
    url: string,
    wire: (url: string) => Wire,
    trail: Trail,
    signal: AbortSignal,
  ): Promise<{ readonly said: Heard } & Came> {
    await sending.ready?.()
    const sent_ms = now()
    // A write goes to where it was declared to go and nowhere else; what a redirect means, the looks say.
    const { answer, hops, blocked } =
      sending.authorised && !sending.once
        ? await follow(url, { ...room, origins: sending.origins, wire, signal, before: room.permits.take })
        : { answer: await room.exchange(wire(url), signal), hops: 0, blocked: null }
    trail.requests += hops + 1
    room.counters.requests += hops + 1
    heed(answer)
    if (!answer.ok) return { said: { said: 'lost', ...answer }, whole: null, told: NOTHING_TOLD, sent_ms }
    room.counters.bytes += answer.bytes.length
    if (blocked !== null) {
      return {
        said: { said: 'refused', code: 'egress/redirect-blocked', because: blocked, gap: false },
        whole: answer,
        told: NOTHING_TOLD,
        sent_ms,
      }
    }
    const { request } = sending
    const said = classify(request, answer, {
      word: decode[request.decode.kind],
      rules: sending.authorised ? room.rules : [],
      expect: room.expect,
      redact: room.redact,
    })
    const body = said.said === 'answer' || said.said === 'failed' || said.said === 'wait' ? said.body : null
    const told = room.told({ status: answer.status, headers: answer.headers, body })
    if (sending.authorised) room.permits.told(told, Math.max(0, room.limiter.in_flight() - 1))
    return { said, whole: answer, told, sent_ms }
  }

  /** The breaker's book-keeping. What was never sent, or was called off, says nothing about the target. */
  function heed(answer: Answer): void {
    const was = breaker
    if (!answer.ok && (answer.final || answer.code.startsWith('egress/'))) breaker = { ...breaker, probing_ms: null }
    else breaker = note(breaker, answer.ok && answer.status < 500, now())
    if (breaker.failures > was.failures) why = answer.ok ? `status ${answer.status}` : answer.because
    if (breaker.openings > was.openings) {
      room.onWait({
        why: room.redact.text(`${breaker.failures} requests in a row got no answer: ${why}`),
        until: new Date(breaker.until_ms).toISOString(),
      })
    }
  }

  /** Outlives one opening of the breaker, not two, and none of a target that stays dead. Null: go. */
  async function pass(trail: Trail, signal: AbortSignal): Promise<Outcome | null> {
    for (;;) {
      const asked = askBreaker(breaker, now())
      if (asked.go) {
        breaker = asked.breaker
        return null
      }
      trail.openings ??= breaker.openings
      if (breaker.openings > trail.openings || breaker.openings >= STAYS_DEAD_AFTER) {
        const because = `not sent: the last ${breaker.failures} requests to this target got no answer (${why})`
        return { kind: 'lost', code: 'http/breaker-open', because, whole: null }
      }
      await room.sleep(asked.wait_ms, signal)
    }
  }

  async function renew(sending: Sending, trail: Trail, used: Credential, because: string, whole: Whole | null): Promise<Outcome> {
    const refused = { kind: 'refused', code: 'http/unauthorized', because, status: 401, gap: false, whole } as const
    // A 401 says that nothing was done, so even a write may go out again: once, with another credential.
    if (!sending.authorised || trail.renewed >= 2) return refused
    const fresh = await room.credentials().renew(used)
    trail.renewed += fresh !== null && !('failed' in fresh) && fresh.token?.shared === true ? 1 : 2
    if (fresh === null) return refused
    if ('failed' in fresh) return unauthorised(fresh)
    room.counters.retries++
    throw new Again()
  }

  async function again(
    sending: Sending,
    trail: Trail,
    said: Extract<Heard, { readonly code: FailureCode; readonly said: 'lost' | 'failed' | 'wait' }>,
    { whole, told, sent_ms }: Came,
    signal: AbortSignal,
  ): Promise<Outcome> {
    signal.throwIfAborted()
    const waits = said.said === 'wait'
    const until_ms = waits ? told.until_ms : null
    const concurrency = told.limit === 0 && told.remaining === 0
    const refusal: Refusal = { status: whole?.status ?? 0, sent_ms, concurrency }
    if (waits) {
      trail.waits++
      trail.waiting_since ??= now()
      room.counters.waits++
    } else trail.failures++
    const decision = decide({
      said: waits ? 'wait' : 'failed',
      code: said.code,
      because: said.because,
      final: said.said === 'lost' && said.final,
      until_ms,
      failures: trail.failures,
      attempts: room.limits.attempts,
      waits: trail.waits,
      waited_ms: trail.waiting_since === null ? 0 : now() - trail.waiting_since,
      wait_budget_ms: WAIT_BUDGET_MS,
      idempotent: !sending.once && REPEATABLE.has(sending.request.method),
      now_ms: now(),
      random: room.random(),
    })
    if (!decision.again) {
      // What is sent once is not sent again here, but the looks that follow it heed the limit like everybody.
      if (waits && sending.once)
        room.permits.pause(Math.min(until_ms ?? now() + 1_000, now() + MAX_TOLD_WAIT_MS), ASKED_TO_WAIT, refusal)
      return { kind: 'lost', code: said.code, because: decision.because, whole }
    }
    room.counters.retries++
    // A limit is the connection's, so everybody waits: in the gate, where a leaver still goes first afterwards.
    if (waits) room.permits.pause(now() + decision.wait_ms, ASKED_TO_WAIT, refusal)
    else {
      if (decision.wait_ms >= TOLD_WAIT_MS) {
        const tries = `try ${trail.failures + 1} of ${room.limits.attempts}`
        room.onWait({
          why: room.redact.text(`${sending.request.where}: ${decision.because}; ${tries}`),
          until: new Date(now() + decision.wait_ms).toISOString(),
        })
      }
      await room.sleep(decision.wait_ms, signal)
    }
    throw new Again()
  }
}

/** A shorter pause between two tries is not worth a line. */
const TOLD_WAIT_MS = 1_000

const ASKED_TO_WAIT = 'the target asked to wait'
const NOTHING_TOLD: Told = { remaining: null, until_ms: null }

/** What came of one exchange, beside what it means. */
type Came = { readonly whole: Whole | null; readonly told: Told; readonly sent_ms: number }

type Heard = Said | ({ readonly said: 'lost' } & Lost)

/** Reads only, so far: a POST that lists (GraphQL, JSON-RPC, a search) changes nothing. */
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'POST'])
const NOBODY: Credential = { token: null, patch: {} }
