/**
 * The outbox, worked off: what the store holds as waiting is sent, at least once, with the same id at every try. One at a time a webhook and
 * a few at once in all, so that an endpoint that hangs holds up its own and nobody's syncs. A process that dies loses nothing: what was not
 * answered still waits.
 */
import { Failure } from '../errors.ts'
import type { Webhook } from '../levels-types.ts'
import type { Secret } from '../secret.ts'
import type { Act } from '../store/ledger-port.ts'
import type { Due, WebhookStore } from '../store/webhook-port.ts'
import { nextTry } from './schedule.ts'
import { signedHeaders } from './sign.ts'

export type PostContext = {
  readonly store: WebhookStore
  /** Opened once a process and secret, with its entry in the ledger. Throws what the vault throws. */
  readonly secret: (webhook: Webhook, name: string) => Promise<Secret>
  /** Without redirects, guarded, bounded. Rejects where there is no answer. */
  readonly send: (
    url: string,
    headers: { readonly [name: string]: string },
    body: string,
    signal: AbortSignal,
  ) => Promise<{ readonly status: number; readonly retry_after_s: number | null }>
  readonly now: () => number
  /** From 0 to less than 1. */
  readonly dice: () => number
  readonly log: (line: string) => void
}
export type Post = {
  /** Something may be due. */
  readonly wake: () => void
  /** What is under way is broken off and waits for the next process. */
  readonly close: () => Promise<void>
}

const AT_ONCE = 8
const LONGEST_SLEEP_MS = 60_000
const AFTER_FAULT_MS = 5_000

export function openPost(ctx: PostContext): Post {
  const busy = new Map<string, Promise<void>>()
  const closing = new AbortController()
  let timer: NodeJS.Timeout | null = null
  let looking: Promise<void> | null = null
  let again = false

  const sleep = (ms: number): void => {
    if (timer !== null) clearTimeout(timer)
    if (closing.signal.aborted) return
    timer = setTimeout(wake, Math.min(Math.max(0, ms), LONGEST_SLEEP_MS))
    timer.unref()
  }

  function wake(): void {
    if (closing.signal.aborted) return
    if (looking !== null) {
      again = true
      return
    }
    looking = look().finally(() => {
      looking = null
      if (again) wake()
    })
  }

  async function look(): Promise<void> {
    again = false
    try {
      if (busy.size < AT_ONCE)
        for (const due of await ctx.store.due(ctx.now(), new Set(busy.keys()), AT_ONCE - busy.size)) begin(due)
      const next = busy.size < AT_ONCE ? await ctx.store.nextDue(new Set(busy.keys())) : null
      if (next !== null) sleep(next - ctx.now())
    } catch (error) {
      ctx.log(`webhooks: ${codeOf(error)}`)
      sleep(AFTER_FAULT_MS)
    }
  }

  function begin(due: Due): void {
    const { webhook } = due.webhook
    const work = deliver(ctx, due, closing.signal)
      .catch((error: unknown) => {
        ctx.log(`webhook ${webhook}: ${codeOf(error)}`)
        return wait(AFTER_FAULT_MS, closing.signal)
      })
      .finally(() => {
        busy.delete(webhook)
        wake()
      })
    busy.set(webhook, work)
  }

  return {
    wake,
    async close() {
      closing.abort()
      if (timer !== null) clearTimeout(timer)
      await Promise.all([...busy.values(), ...(looking === null ? [] : [looking])])
    },
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Failure ? error.code : error instanceof Error ? error.name : 'unknown'

/** A fault of our own (a full disk) must not make a loop. */
const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      done()
    })
  })

type Tried = { readonly status: number | null; readonly because: string; readonly retry_after_s: number | null }

async function deliver(ctx: PostContext, due: Due, closing: AbortSignal): Promise<void> {
  const { webhook, message, tries, began_at } = due
  const from = ctx.now()
  const { status, because, retry_after_s } = await tryOnce(ctx, due, closing)
  // Broken off by ourselves: no answer of theirs.
  if (closing.aborted && status === null) return
  const now = ctx.now()
  const done = status !== null && status >= 200 && status <= 299
  const next_at = done || status === 410 ? null : nextTry({ tries: tries + 1, began_at, now, retry_after_s, dice: ctx.dice() })
  const at = new Date(now).toISOString()
  const state = done ? 'delivered' : next_at === null ? 'dead' : 'waiting'
  await ctx.store.tried({ webhook: webhook.webhook, message, at, status, because, ms: now - from, state, next_at })
  if (state === 'dead') ctx.log(`webhook ${webhook.webhook}: ${message} is given up: ${because}`)
  if (status === 410) await disable(ctx, webhook.webhook, at)
}

async function tryOnce(ctx: PostContext, { webhook, message, body }: Due, closing: AbortSignal): Promise<Tried> {
  try {
    const now = ctx.now()
    const valid = webhook.secrets.filter(({ until }) => until === null || Date.parse(until) > now)
    const secrets = await Promise.all(valid.map(({ name }) => ctx.secret(webhook, name)))
    const { status, retry_after_s } = await ctx.send(webhook.url, signedHeaders(secrets, message, now, body), body, closing)
    return { status, because: wordsOf(status), retry_after_s }
  } catch (error) {
    const because = error instanceof Failure ? error.code : error instanceof Error ? reasonOf(error) : 'unknown'
    return { status: null, because: `no answer: ${because}`, retry_after_s: null }
  }
}

/** Our own words and codes of the system: never what the other end said. */
const reasonOf = (error: Error): string =>
  (error as NodeJS.ErrnoException).code ??
  (error.name === 'TimeoutError' || error.name === 'AbortError' ? 'timeout' : error.message)

function wordsOf(status: number): string {
  if (status >= 200 && status <= 299) return 'taken'
  if (status >= 300 && status <= 399) return `answered ${status}: redirects are not followed; change the address`
  return status === 410 ? 'answered 410: it wants no more' : `answered ${status}`
}

/** RFC 9110 §15.5.11, as Standard Webhooks asks. */
async function disable({ store, log }: PostContext, id: string, at: string): Promise<void> {
  const webhook = await store.webhook(id)
  if (webhook === null || !webhook.enabled) return
  const because = 'the endpoint answered 410 Gone'
  const act: Act = { at, by: 'rollcall', from: 'rollcall', why: because }
  await store.putWebhook({ ...webhook, enabled: false, because }, 'webhook switched off', act)
  log(`webhook ${id}: switched off, ${because}`)
}
