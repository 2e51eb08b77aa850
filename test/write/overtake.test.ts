/**
 * A leaver asked for while everything else is busy: when does its first request, and its change, arrive at the target?
 * ROLLCALL_BACKLOG=100000 for the full run.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { drain, intentOf } from '../../runtime/write/engine.ts'
import { openLab, PROVENANCE } from './lab.ts'
import { smallTarget, user } from './target.ts'

const BACKLOG = Number(process.env['ROLLCALL_BACKLOG'] ?? 10_000)
const LEAVERS = 12
const LATENCY_MS = 20

test(`a leaver overtakes a backlog of ${BACKLOG} intents and running syncs`, { timeout: 300_000 }, async () => {
  const it = await smallTarget()
  it.latency_ms = LATENCY_MS
  const stop = new AbortController()
  const lab = await openLab(it.url, undefined, { signal: stop.signal })
  try {
    for (let n = 0; n < BACKLOG; n++) it.users.set(`b${n}`, { ...user(1), id: `b${n}` })
    for (let from = 0; from < BACKLOG; from += 1000) {
      const lot = Array.from({ length: Math.min(1000, BACKLOG - from) }, (_, n) =>
        intentOf(lab.ctx, {
          action: 'update_account',
          id: `b${from + n}`,
          input: { title: 'Lead' },
          lane: 'joiner',
          provenance: PROVENANCE,
        }),
      )
      await lab.store.request(await Promise.all(lot))
    }
    const working = drain(lab.ctx, { until: Date.now() + 200_000, concurrency: 64 })
    const syncing = Array.from({ length: 16 }, async () => {
      while (!stop.signal.aborted)
        await lab.http.send(
          {
            method: 'GET',
            url: `${it.url}/users?userName=x`,
            headers: {},
            body: null,
            decode: { kind: 'json' },
            expect: [],
            where: 'GET /users',
          },
          { lane: 'sync', signal: stop.signal },
        )
    })
    await sleep(500)
    const took: { readonly looked_ms: number; readonly sent_ms: number }[] = []
    for (let n = 0; n < LEAVERS; n++) {
      const id = `leaver${n}`
      it.users.set(id, { ...user(1), id })
      const asked = performance.now()
      await lab.ask('deactivate_account', id)
      const first = async (method: string) => {
        for (;;) {
          const found = it.requests.findLast((request) => request.path.startsWith(`/users/${id}`) && request.method === method)
          if (found !== undefined) return Math.round(found.at - asked)
          await sleep(2)
        }
      }
      took.push({ looked_ms: await first('GET'), sent_ms: await first('POST') })
      await sleep(40)
    }
    const waiting = await lab.store.waiting('small')
    stop.abort()
    await Promise.all([working, ...syncing])
    const looked = took.map((one) => one.looked_ms).sort((a, b) => a - b)
    const sent = took.map((one) => one.sent_ms).sort((a, b) => a - b)
    console.log(
      `first request after ms: ${looked.join(' ')}; the change itself after ms: ${sent.join(' ')}; waiting: ${JSON.stringify(waiting)}`,
    )
    // There was a backlog to overtake.
    expect(waiting['joiner']).toBeGreaterThan(BACKLOG / 2)
    expect(looked.at(-1)).toBeLessThan(250 + LATENCY_MS)
    expect(sent[Math.floor(LEAVERS / 2)]).toBeLessThan(250 + 3 * LATENCY_MS)
  } finally {
    stop.abort()
    await lab.close()
    await it.close()
  }
})
