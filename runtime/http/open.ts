/** How does one request go out? Egress rules → auth → limits → got → classify → decode. One room a connection. */
import { setTimeout as sleepFor } from 'node:timers/promises'
import { told as toldWords } from '../kinds/told/index.ts'
import { compileCel } from '../kinds/value/cel.ts'
import type { Secret } from '../secret.ts'
import type { Connector, HttpRequest, Json, Observation, Send } from '../types.ts'
import { openAgents, type Resolve } from './agents.ts'
import { looseBody, type Test } from './classify.ts'
import { openCredentials, renderSettings } from './credentials.ts'
import { originOf } from './egress.ts'
import { openExchange } from './exchange.ts'
import { openLimiter } from './limits.ts'
import { openPermits, type Permits, type Sleep } from './permits.ts'
import { openRedact, type Redact } from './redact.ts'
import { newCounters, openSend, type SendOne } from './send.ts'
import type { TokensOptions } from './token.ts'

export type HttpStats = {
  /** On the wire: redirects and token requests included. */
  readonly requests: number
  readonly token_requests: number
  readonly retries: number
  /** Times the target asked to wait. */
  readonly waits: number
  /** Of unpacked bodies. */
  readonly bytes: number
  readonly in_flight: number
  readonly waiting: number
  /** As declared; null: no rate. */
  readonly requests_per_minute: number | null
  readonly concurrent: number
}

export type Http = {
  /** Resolves with what the target did; rejects for nothing that a target does. */
  readonly send: Send
  /**
   * A write: on the wire once, whatever comes back. Never again by itself but after a 401 (nothing was done) with a renewed credential,
   * and never to where a redirect points. 429 and 5xx are `lost`: what became of it, a look says.
   * `ready` is awaited when it has its place among the others and right before it leaves; where it rejects nothing leaves, and so does this.
   */
  readonly sendOnce: (
    request: HttpRequest,
    options: Parameters<Send>[1] & { readonly ready?: () => Promise<void> },
  ) => Promise<Observation>
  readonly stats: () => HttpStats
  /** Requests under way or waiting end as `http/aborted`. */
  readonly close: () => Promise<void>
}

export type HttpOptions = {
  readonly connector: Connector
  /** Values of the settings that are no secrets. */
  readonly settings: { readonly [name: string]: Json }
  /** Asked when a secret is first needed; a `Failure` it throws becomes what `send` answers. */
  readonly secrets: (name: string) => Promise<Secret>
  /** The operator's word, never the connector's: opens private ranges and plain http. */
  readonly allow_private: boolean
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly sleep?: Sleep
  /** Rotated refresh tokens, durable. */
  readonly kept: TokensOptions['kept']
  /** Why the connection stands still, and until when (ISO). */
  readonly onWait?: (wait: { readonly why: string; readonly until: string }) => void
  /** Who counts the rate: a cluster's store. The process itself where absent. */
  readonly permits?: Permits
  /** 0 ≤ x < 1. */
  readonly random?: () => number
  /** All addresses of a name; the system's resolver where absent. */
  readonly resolve?: Resolve
  /** PEM of a private certificate authority. */
  readonly ca?: string
}

/** Throws `Failure` (`value/template`, `egress/undeclared-origin`) where base_url or an origin cannot be rendered from the settings. */
export function openHttp(o: HttpOptions): Http {
  const { connector, now } = o
  const { limits } = connector
  const closing = new AbortController()
  const sleep: Sleep = o.sleep ?? ((ms, signal) => sleepFor(ms, undefined, { signal }))
  const permits =
    o.permits ??
    openPermits({
      requests_per_minute: limits.requests_per_minute,
      concurrent: limits.concurrent,
      now,
      sleep,
      signal: closing.signal,
      ...(o.onWait === undefined ? {} : { onWait: o.onWait }),
    })
  const limiter = openLimiter({ concurrent: limits.concurrent, permits })
  const agents = openAgents({
    allow_private: o.allow_private,
    ...(o.resolve === undefined ? {} : { resolve: o.resolve }),
    ...(o.ca === undefined ? {} : { ca: o.ca }),
  })
  const redact = openRedact()
  const origins = [connector.base_url, ...connector.origins]
    .map((text) => originOf(renderSettings(text, o.settings)))
    .filter((origin) => origin !== null)
  const tests = new Map<string, Test>()
  const expect = (text: string): Test => {
    const test = tests.get(text) ?? compileCel(text, { variables: ['status', 'headers', 'body'] })
    tests.set(text, test)
    return test
  }
  const counters = newCounters()
  const told_by = limits.told_by ?? { kind: 'none' }

  const one: SendOne = openSend({
    limits,
    limiter,
    permits,
    exchange: openExchange({ agents, timeout_ms: limits.timeout_ms, max_bytes: limits.max_bytes }),
    credentials: () => credentials,
    redact,
    rules: connector.responses.map((rule) => ({ ...rule, test: rule.when === null ? null : expect(rule.when) })),
    expect,
    told: (answer) =>
      (toldWords[told_by.kind] ?? toldWords['none'])?.read(told_by, answer, now()) ?? { remaining: null, until_ms: null },
    allow_private: o.allow_private,
    now,
    sleep,
    random: o.random ?? Math.random,
    closing: closing.signal,
    onWait: o.onWait ?? (() => {}),
    counters,
  })

  const credentials = openCredentials({
    connector,
    settings: o.settings,
    secrets: o.secrets,
    redact,
    kept: o.kept,
    now,
    async fetchToken(ask) {
      counters.token_requests++
      // Its URL comes from the connector's own text and the operator's settings, so it is declared: for this request alone.
      const origin = originOf(ask.url)
      const { observation, whole } = await one({
        request: { ...ask, decode: { kind: 'json' }, expect: [], where: 'the token request' },
        // Everybody waits for it.
        lane: 'leaver',
        signal: undefined,
        once: !ask.repeatable,
        authorised: false,
        origins: origin === null ? origins : [...origins, origin],
      })
      if (whole === null) {
        const because = observation.kind === 'answer' ? '' : observation.because
        return { lost: because, code: observation.kind === 'answer' ? 'http/cut' : observation.code }
      }
      const cookies = whole.cookies.length === 0 ? {} : { 'set-cookie': whole.cookies.join('\n') }
      return { status: whole.status, headers: { ...whole.headers, ...cookies }, body: masked(looseBody(whole, null), redact) }
    },
  })

  return {
    async send(request, { lane, signal }) {
      const { observation } = await one({ request, lane, signal, once: false, authorised: true, origins })
      return observation
    },
    async sendOnce(request, { lane, signal, ready }) {
      const before = ready === undefined ? {} : { ready }
      const { observation } = await one({ request, lane, signal, once: true, authorised: true, origins, ...before })
      return observation
    },
    stats: () => ({
      ...counters,
      in_flight: limiter.in_flight(),
      waiting: limiter.waiting(),
      requests_per_minute: limits.requests_per_minute,
      concurrent: limits.concurrent,
    }),
    async close() {
      const reason = new Error('the connection was closed')
      closing.abort(reason)
      limiter.close(reason)
      agents.close()
    },
  }
}

/** The words of a refused token request, before anybody cuts them. A token itself stays: who refreshes may get the same one again. */
function masked(body: unknown, redact: Redact): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const told = Object.entries(body).filter(([name]) => /^(?:error|message|detail)/i.test(name))
  return { ...body, ...Object.fromEntries(told.map(([name, value]) => [name, redact.value(inAnyCase(value, redact))])) }
}

const inAnyCase = (value: unknown, redact: Redact): unknown => (typeof value === 'string' ? redact.text(value) : value)
