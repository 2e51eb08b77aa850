import { afterEach, describe, expect, test } from 'vitest'
import { drain, intentOf, recheck, recheckDue, runIntent } from '../../runtime/write/engine.ts'
import type { IntentEvent, Outcome } from '../../runtime/write-types.ts'
import { openLab, PROVENANCE, type SmallLab } from './lab.ts'
import { type SmallTarget, smallTarget } from './target.ts'

const open: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function both(): Promise<{ it: SmallTarget; lab: SmallLab }> {
  const it = await smallTarget()
  const lab = await openLab(it.url)
  open.push(it, lab)
  return { it, lab }
}

async function run(lab: SmallLab, intent: string): Promise<Outcome> {
  const outcome = await runIntent(lab.ctx, intent)
  const events = (await lab.store.intent(intent))?.events ?? []
  if (outcome === null) throw new Error(`no outcome: ${JSON.stringify(events.at(-1))}`)
  return outcome
}
const eventsOf = async (lab: SmallLab, intent: string): Promise<readonly IntentEvent[]> =>
  (await lab.store.intent(intent))?.events ?? []
const kinds = (events: readonly IntentEvent[]): readonly string[] => events.map((event) => event.kind)

describe('an intent, from asked for to outcome', () => {
  test('a deactivation is sent step by step, each verified before the next', async () => {
    const { it, lab } = await both()
    const intent = await lab.ask('deactivate_account', 'u2')
    const outcome = await run(lab, intent)
    expect(outcome.is, outcome.because).toBe('verified')
    expect(outcome.changed).toBe(true)
    expect(it.effects).toEqual(['deactivate u2', 'end u2'])
    const order = kinds(await eventsOf(lab, intent)).filter((kind, at, all) => kind !== all[at - 1])
    expect(order).toEqual(['requested', 'looked', 'sending', 'answered', 'look', 'sending', 'answered', 'look', 'outcome'])
  })

  test('one withdrawn while it is looked at ends as cancelled: nothing is sent, and nothing is thrown at the others', async () => {
    const { it, lab } = await both()
    const intent = await lab.ask('update_account', 'u2', { input: { title: 'Boss' } })
    const withdrawn: Promise<void>[] = []
    it.lie = (request) => {
      if (request.method !== 'GET' || withdrawn.length > 0) return null
      const event = { kind: 'cancelled', at: new Date().toISOString(), by: 'Ada', because: 'she leaves' } as const
      withdrawn.push(lab.store.append(intent, event, { by: 'Ada', what: 'cancelled' }))
      return null
    }
    expect(await runIntent(lab.ctx, intent)).toBeNull()
    await Promise.all(withdrawn)
    expect((await lab.store.intent(intent))?.outcome).toBe('cancelled')
    expect(withdrawn).toHaveLength(1)
    expect(it.mutations()).toEqual([])
  })

  test('one withdrawn while it is looked at does not stop the others of the same drain', async () => {
    const { it, lab } = await both()
    const intent = await lab.ask('update_account', 'u2', { input: { title: 'Boss' } })
    const other = await lab.ask('update_account', 'u3', { input: { title: 'Boss' } })
    const withdrawn: Promise<void>[] = []
    it.lie = ({ method, path }) => {
      if (method !== 'GET' || path !== '/users/u2' || withdrawn.length > 0) return null
      const event = { kind: 'cancelled', at: new Date().toISOString(), by: 'Ada', because: 'she leaves' } as const
      withdrawn.push(lab.store.append(intent, event, { by: 'Ada', what: 'cancelled' }))
      return null
    }
    const drained = await drain(lab.ctx)
    expect(withdrawn).toHaveLength(1)
    expect([drained.done, drained.put_aside]).toEqual([1, 1])
    expect([(await lab.store.intent(intent))?.outcome, (await lab.store.intent(other))?.outcome]).toEqual([
      'cancelled',
      'verified',
    ])
    expect(it.effects).toEqual(['patch u3'])
  })

  test('what is so already is looked at and not sent', async () => {
    const { it, lab } = await both()
    Object.assign(it.users.get('u2')!, { active: false, sessions: 0 })
    const outcome = await run(lab, await lab.ask('deactivate_account', 'u2'))
    expect(outcome).toMatchObject({ is: 'verified', changed: false })
    expect(it.mutations()).toEqual([])
  })

  test('an account that is inactive but has open sessions is not called so already: what is missing is sent', async () => {
    const { it, lab } = await both()
    Object.assign(it.users.get('u2')!, { active: false, sessions: 2 })
    const outcome = await run(lab, await lab.ask('deactivate_account', 'u2'))
    expect(outcome.is, outcome.because).toBe('verified')
    expect(it.users.get('u2')!.sessions).toBe(0)
  })

  test('a success that did nothing is refuted', async () => {
    const { it, lab } = await both()
    it.lie = (request) => (request.method === 'POST' ? { apply: false, answer: { status: 200, body: { active: false } } } : null)
    const outcome = await run(lab, await lab.ask('deactivate_account', 'u2'))
    expect(outcome.facets.find((facet) => facet.facet === 'account')?.is).toBe('refuted')
    expect(['refuted', 'partial']).toContain(outcome.is)
    expect(it.users.get('u2')!.active).toBe(true)
  })

  test('a refusal that changed nothing is rejected', async () => {
    const { it, lab } = await both()
    it.lie = (request) => (request.method === 'PATCH' ? { apply: false, answer: { status: 403 } } : null)
    const outcome = await run(lab, await lab.ask('update_account', 'u2', { input: { title: 'Boss' } }))
    expect(outcome.is, outcome.because).toBe('rejected')
  })

  test('an answer that is lost after the effect is not sent again', async () => {
    const { it, lab } = await both()
    it.lie = (request) => (request.method === 'PATCH' ? { apply: true, answer: 'drop' } : null)
    const outcome = await run(lab, await lab.ask('update_account', 'u2', { input: { title: 'Boss' } }))
    expect(outcome.is, outcome.because).toBe('verified')
    expect(it.mutations().length).toBe(1)
  })

  test('a request that never arrived is sent once more, after the looks agree at the deadline', async () => {
    const { it, lab } = await both()
    let dropped = 0
    it.lie = (request) => (request.method === 'PATCH' && dropped++ === 0 ? { apply: false, answer: 'drop' } : null)
    const outcome = await run(lab, await lab.ask('update_account', 'u2', { input: { title: 'Boss' } }))
    expect(outcome.is, outcome.because).toBe('verified')
    const [first, second] = it.mutations()
    expect(it.mutations().length).toBe(2)
    expect(second!.at - first!.at).toBeGreaterThan(1400)
  })

  test('what cannot be repeated is never sent twice', async () => {
    const { it, lab } = await both()
    it.lie = (request) => (request.method === 'POST' ? { apply: true, answer: 'drop' } : null)
    const outcome = await run(lab, await lab.ask('custom_points', 'u2'))
    expect(outcome.is, outcome.because).toBe('unknown')
    expect(it.mutations().length).toBe(1)
  })

  test('accepted without a way to look is unverifiable, not verified', async () => {
    const { it, lab } = await both()
    const outcome = await run(lab, await lab.ask('custom_points', 'u2'))
    expect(outcome.is).toBe('unverifiable')
    expect(it.effects).toEqual(['points u2'])
  })

  test('"ask later" is waited for and asked again', async () => {
    const { it, lab } = await both()
    let refused = 0
    it.lie = (request) =>
      request.method === 'PATCH' && refused++ === 0
        ? { apply: false, answer: { status: 429, headers: { 'retry-after': '0' } } }
        : null
    const outcome = await run(lab, await lab.ask('update_account', 'u2', { input: { title: 'Boss' } }))
    expect(outcome.is, outcome.because).toBe('verified')
    expect(it.effects).toEqual(['patch u2'])
  })

  test('a create finds what it made; the same asked for again makes nothing', async () => {
    const { it, lab } = await both()
    const input = { userName: 'new@acme.example' }
    const first = await run(lab, await lab.ask('create_account', null, { input }))
    expect(first.is, first.because).toBe('verified')
    expect(it.users.get(first.id ?? '')?.userName).toBe('new@acme.example')
    const again = await run(lab, await lab.ask('create_account', null, { input }))
    expect(again).toMatchObject({ is: 'verified', changed: false, id: first.id })
    expect(it.effects).toEqual(['create new@acme.example'])
    // No value was given for it, so the key is left out and the target's own stands.
    expect(it.mutations()[0]!.body).toEqual({ userName: 'new@acme.example', active: true })
  })

  test('a create whose answer is lost leaves one object', async () => {
    const { it, lab } = await both()
    it.lie = (request) => (request.method === 'POST' ? { apply: true, answer: { status: 502 } } : null)
    const outcome = await run(lab, await lab.ask('create_account', null, { input: { userName: 'new@acme.example' } }))
    expect(outcome.is, outcome.because).toBe('verified')
    expect(it.effects).toEqual(['create new@acme.example'])
  })

  test('a value that looks like a template or an expression stays what it is', async () => {
    const { it, lab } = await both()
    const title = '= {id} {{x}} "quoted"'
    const outcome = await run(lab, await lab.ask('update_account', 'u2', { input: { title } }))
    expect(outcome.is, outcome.because).toBe('verified')
    expect(it.users.get('u2')!.title).toBe(title)
  })
})

describe('brakes', () => {
  async function held(lab: SmallLab, intent: string): Promise<string> {
    expect(await runIntent(lab.ctx, intent)).toBeNull()
    const last = (await eventsOf(lab, intent)).at(-1)
    return last?.kind === 'held' ? last.brake : `${last?.kind}`
  }

  test('a name given to somebody else is held: the bound value differs', async () => {
    const { it, lab } = await both()
    const wanted = {
      action: 'deactivate_account',
      id: 'u2',
      input: {},
      provenance: { by: 'a', why: 'b', from: 'c', person: null },
    }
    const made = await intentOf(lab.ctx, wanted)
    const [requested] = await lab.store.request([
      { ...made, bound: { userName: 'user2@acme.example', createdAt: '2020-01-01T00:00:00Z' } },
    ])
    expect(await held(lab, requested!.intent)).toBe('identity')
    expect(it.mutations()).toEqual([])
  })

  test('without a snapshot it is bound to the id alone, and says so; the first look binds the ones after it', async () => {
    const { it, lab } = await both()
    const outcome = await run(lab, await lab.ask('deactivate_account', 'u3'))
    expect(outcome).toMatchObject({ is: 'verified', bound_to: 'the id alone' })
    const made = await intentOf(lab.ctx, { action: 'deactivate_account', id: 'u4', input: {}, provenance: PROVENANCE })
    const bound = { userName: 'user4@acme.example', createdAt: null }
    const [known] = await lab.store.request([{ ...made, bound }])
    expect((await run(lab, known!.intent)).bound_to).toBe('the id, userName')
    // Looked at, then stopped; while it waits the id is given to somebody else.
    const waits = await lab.ask('deactivate_account', 'u2')
    const stop = async () => await lab.store.stop({ scope: 'small', by: 'anna', why: 'x', at: new Date().toISOString() })
    const onProgress: SmallLab['ctx']['onProgress'] = ({ event }) => void (event.kind === 'looked' && void stop())
    expect(await runIntent({ ...lab.ctx, onProgress }, waits)).toBeNull()
    expect(kinds(await eventsOf(lab, waits))).toEqual(['requested', 'looked'])
    Object.assign(it.users.get('u2')!, { userName: 'somebody.else@acme.example' })
    await lab.store.go('small', 'anna', new Date().toISOString(), 'mended')
    const later = { ...lab, ctx: { ...lab.ctx, now: () => Date.now() + 120_000 } }
    expect(await held(later, waits)).toBe('identity')
    expect(it.effects.filter((effect) => effect.includes('u2'))).toEqual([])
  })

  test("the connection's own account, a protected id and a protected record are never touched", async () => {
    const { it, lab } = await both()
    expect(await held(lab, await lab.ask('deactivate_account', 'u0'))).toBe('protected')
    it.users.get('u3')!.title = 'Owner'
    expect(await held(lab, await lab.ask('deactivate_account', 'u3'))).toBe('protected')
    const guarded = { ...lab, ctx: { ...lab.ctx, connection: { ...lab.ctx.connection, protected: { users: ['u4'] } } } }
    expect(await held(guarded, await lab.ask('deactivate_account', 'u4'))).toBe('protected')
    expect(it.mutations()).toEqual([])
  })

  test('a kill switch stops what is not sent, also between two steps, and lets it go on after', async () => {
    const { it, lab } = await both()
    const at = new Date().toISOString()
    const intent = await lab.ask('deactivate_account', 'u2')
    it.lie = (request) => {
      if (request.method === 'POST') void lab.store.stop({ scope: 'small', by: 'anna', why: 'wrong list', at })
      return null
    }
    expect(await runIntent(lab.ctx, intent)).toBeNull()
    expect(it.effects).toEqual(['deactivate u2'])
    it.lie = () => null
    await lab.store.go('small', 'anna', at, 'mended')
    expect((await run(lab, intent)).is).toBe('verified')
    expect(it.effects).toEqual(['deactivate u2', 'end u2'])
  })

  test.each(['a read of the kill switches', 'the last look at its history'])(
    'a stop given right after %s lets 0 requests leave',
    async (moment) => {
      const { it, lab } = await both()
      const intent = await lab.ask('update_account', 'u2', { input: { title: 'Boss' } })
      let [looked, stopped] = [false, false]
      const stop = async () => {
        if (!looked || stopped) return
        stopped = true
        await lab.store.stop({ scope: 'small', by: 'anna', why: 'wrong list', at: new Date().toISOString() })
      }
      const late = moment.startsWith('the last') ? 'append' : 'killSwitches'
      const store = new Proxy(lab.store, {
        get: (target, name) => {
          if (name === 'killSwitches' && late === name)
            return async () => {
              const now = await target.killSwitches()
              await stop()
              return now
            }
          if (name === 'append' && late === name)
            return async (...args: Parameters<typeof target.append>) => {
              if (args[1].kind === 'sending') await stop()
              await target.append(...args)
            }
          return Reflect.get(target, name)
        },
      })
      const onProgress: SmallLab['ctx']['onProgress'] = ({ event }) => {
        looked ||= event.kind === 'looked'
      }
      expect(await runIntent({ ...lab.ctx, store, onProgress }, intent)).toBeNull()
      expect(stopped).toBe(true)
      expect(it.mutations()).toEqual([])
      expect(kinds(await eventsOf(lab, intent))).toEqual(['requested', 'looked'])
      await lab.store.go('small', 'anna', new Date().toISOString(), 'mended')
      expect((await run(lab, intent)).is).toBe('verified')
    },
  )

  test('no audit, no action: 200 times the audit record cannot be written, 0 requests that change something', async () => {
    const { it, lab } = await both()
    for (let n = 0; n < 200; n++) it.users.set(`x${n}`, { ...it.users.get('u2')!, id: `x${n}` })
    let refused = 0
    const store = new Proxy(lab.store, {
      get: (target, name) =>
        name !== 'append'
          ? Reflect.get(target, name)
          : async (...args: Parameters<typeof target.append>) => {
              if (args[1].kind !== 'sending') return await target.append(...args)
              refused++
              throw new Error('ENOSPC: the audit record cannot be written')
            },
    })
    for (let n = 0; n < 200; n++) {
      const intent = await lab.ask('deactivate_account', `x${n}`)
      await expect(runIntent({ ...lab.ctx, store }, intent)).rejects.toThrow('ENOSPC')
    }
    expect(refused).toBe(200)
    expect(it.mutations()).toEqual([])
  })
})

describe('a recheck of what we took back ourselves', () => {
  const LATER_MS = 3_700_000
  const later = (lab: SmallLab): SmallLab['ctx'] => ({ ...lab.ctx, now: () => Date.now() + LATER_MS })

  test.each([
    ['a deactivation, reactivated', 'deactivate_account', {}, 'reactivate_account', {}],
    ['a deactivation, deleted', 'deactivate_account', {}, 'delete_account', {}],
    ['a title, changed again', 'update_account', { title: 'A' }, 'update_account', { title: 'B' }],
  ])('%s by us is not called reverted, and is not looked at', async (_, first, input, then, more) => {
    const { it, lab } = await both()
    const intent = await lab.ask(first, 'u2', { input })
    expect((await run(lab, intent)).is).toBe('verified')
    const second = await lab.ask(then, 'u2', { input: more })
    expect((await run(lab, second)).is).toBe('verified')
    const asked = it.requests.length
    expect(await recheck(later(lab), intent)).toMatchObject({ changed: false, looks: 0, outcome: { is: 'verified' } })
    expect(it.requests.length).toBe(asked)
  })

  test('a reactivation under way: what is seen meanwhile may be its doing', async () => {
    const { it, lab } = await both()
    const intent = await lab.ask('deactivate_account', 'u2')
    await run(lab, intent)
    const second = await lab.ask('reactivate_account', 'u2')
    const onBoundary: SmallLab['ctx']['onBoundary'] = (name) => {
      if (name === 'recorded') throw new Error('killed')
    }
    await expect(runIntent({ ...lab.ctx, onBoundary }, second)).rejects.toThrow('killed')
    expect(it.users.get('u2')?.active).toBe(true)
    expect(await recheck(later(lab), intent)).toMatchObject({ changed: false, outcome: { is: 'verified' } })
  })

  test('one that the target refused took nothing back: somebody else did', async () => {
    const { it, lab } = await both()
    const intent = await lab.ask('deactivate_account', 'u2')
    await run(lab, intent)
    it.lie = ({ method }) => (method === 'PATCH' ? { apply: false, answer: { status: 403 } } : null)
    expect((await run(lab, await lab.ask('reactivate_account', 'u2'))).is).toBe('rejected')
    it.users.get('u2')!.active = true
    await recheck(later(lab), intent)
    const again = { ...lab.ctx, now: () => Date.now() + LATER_MS + 1000 }
    expect((await recheck(again, intent)).outcome?.is).toBe('reverted')
  })
})

describe('input', () => {
  test.each([
    ['update_account', 'u2', {}, 'input title is required'],
    ['update_account', 'u2', { title: 7 }, 'input title must be a text'],
    ['update_account', 'u2', { title: 'x', boss: true }, 'input boss is not known; update_account takes title'],
    ['update_account', null, { title: 'x' }, 'update_account needs the native id of the record it changes'],
    ['fire', 'u2', {}, 'connector small has no action fire'],
  ])('%s %s %j is refused before anything is kept', async (action, id, input, because) => {
    const { lab } = await both()
    await expect(lab.ask(action, id, { input })).rejects.toThrow(because)
    expect(await lab.store.intents({ limit: 10 })).toEqual([])
  })
})

describe('draining', () => {
  test('many objects at once, one change at a time an object', async () => {
    const { it, lab } = await both()
    it.latency_ms = 5
    for (const title of ['A', 'B', 'C'])
      for (const id of ['u1', 'u2', 'u3']) await lab.ask('update_account', id, { input: { title } })
    const under_way = new Map<string, number>()
    const most = { of_one: 0, at_all: 0 }
    const onProgress: SmallLab['ctx']['onProgress'] = ({ id, event }) => {
      const by = event.kind === 'looked' ? 1 : event.kind === 'outcome' ? -1 : 0
      under_way.set(id ?? '', (under_way.get(id ?? '') ?? 0) + by)
      most.of_one = Math.max(most.of_one, ...under_way.values())
      most.at_all = Math.max(most.at_all, [...under_way.values()].filter((n) => n > 0).length)
    }
    const drained = await drain({ ...lab.ctx, onProgress }, { concurrency: 3 })
    expect(most).toEqual({ of_one: 1, at_all: 3 })
    expect(drained.outcomes.map(({ outcome }) => outcome.is)).toEqual(Array(9).fill('verified'))
    expect([...it.users.values()].filter((one) => one.title === 'C').map((one) => one.id)).toEqual(['u1', 'u2', 'u3'])
    expect(it.effects.length).toBe(9)
  })

  test('ends beside a change that nobody can see the end of, and works off the others', { timeout: 20_000 }, async () => {
    const { it, lab } = await both()
    // Once it was sent nothing that is asked about it is answered.
    const gone = new Set<string>()
    it.lie = (request) => {
      if (!request.path.includes('u1')) return null
      if (request.method !== 'GET') gone.add('u1')
      return gone.has('u1') ? { apply: false, answer: { status: 500 } } : null
    }
    const lost = await lab.ask('update_account', 'u1', { input: { title: 'Lost' } })
    expect((await drain(lab.ctx)).outcomes.map(({ outcome }) => outcome.is)).toEqual(['unknown'])
    // A look later that was not answered either: it stays what it was, and takes nobody's turn.
    await recheck({ ...lab.ctx, now: () => Date.now() + 3_600_000 }, lost)
    await lab.ask('update_account', 'u2', { input: { title: 'Next' } })
    const again = await drain(lab.ctx, { until: Date.now() + 3_000 })
    expect(again.outcomes.map(({ outcome }) => outcome.is)).toEqual(['verified'])
    expect(await lab.store.next('small', () => [])).toBeNull()
    expect((await lab.store.intent(lost))?.state).toBe('done')
  })

  describe('beside a target that answers no look before', () => {
    const blinded = async (lane: 'leaver' | 'joiner', action: string, input: Record<string, string> = {}) => {
      const { it, lab } = await both()
      it.lie = ({ path }) => (path.includes('u1') ? { apply: false, answer: { status: 500 } } : null)
      const intent = await lab.ask(action, 'u1', { lane, input, due_at: new Date(Date.now() - 600_000).toISOString() })
      // Its clock runs a hundred times as fast: the waiting of minutes is seconds.
      const [began, real] = [Date.now(), Date.now()]
      const now = () => began + (Date.now() - real) * 100
      const fast = { ...lab.ctx, now, sleep: (ms: number, signal?: AbortSignal) => lab.ctx.sleep(ms / 100, signal) }
      const drained = await drain(fast)
      return { it, lab, intent, fast, drained }
    }

    test('drain ends: the leaver is told as unknown, and is carried out by a later look that is answered', {
      timeout: 20_000,
    }, async () => {
      const { it, lab, intent, fast, drained } = await blinded('leaver', 'deactivate_account')
      expect(drained.outcomes.map(({ outcome }) => outcome.is)).toEqual(['unknown'])
      expect(it.mutations()).toEqual([])
      expect((await recheckDue({ ...fast, now: () => fast.now() + 120_000 })).map(({ outcome }) => outcome?.is)).toEqual([
        'unknown',
      ])
      it.lie = () => null
      const ahead_ms = fast.now() + 240_000 - Date.now()
      const later = { ...lab.ctx, now: () => Date.now() + ahead_ms }
      expect((await recheckDue(later)).map(({ outcome }) => outcome?.is)).toEqual(['verified'])
      expect(it.effects).toEqual(['deactivate u1', 'end u1'])
      expect((await lab.store.intent(intent))?.outcome).toBe('verified')
    })

    test('a leaver withdraws a grant that nobody could look at, so that no later look carries it out', {
      timeout: 20_000,
    }, async () => {
      const { it, lab, intent, fast } = await blinded('joiner', 'reactivate_account')
      expect((await lab.store.intent(intent))?.outcome).toBe('unknown')
      it.lie = () => null
      expect((await run(lab, await lab.ask('deactivate_account', 'u1'))).is).toBe('verified')
      expect((await lab.store.intent(intent))?.outcome).toBe('cancelled')
      await recheckDue({ ...lab.ctx, now: () => fast.now() + 240_000 })
      expect(it.users.get('u1')?.active).toBe(false)
    })

    test('one that was overtaken by a later change of ours is held for a person, and not sent', { timeout: 20_000 }, async () => {
      const { it, lab, intent, fast } = await blinded('joiner', 'update_account', { title: 'Old wish' })
      it.lie = () => null
      expect((await run(lab, await lab.ask('update_account', 'u1', { input: { title: 'New' } }))).is).toBe('verified')
      await recheckDue({ ...lab.ctx, now: () => fast.now() + 240_000 })
      expect(it.users.get('u1')?.title).toBe('New')
      expect((await eventsOf(lab, intent)).at(-1)).toMatchObject({ kind: 'held', brake: 'overtaken' })
    })
  })

  test('200 orderings of create, update, fail, deactivate: the deactivation always leaves', async () => {
    const { it, lab } = await both()
    it.lie = (request) =>
      request.method === 'PATCH' && request.body['title'] === 'fails' ? { apply: false, answer: { status: 500 } } : null
    const orders = permutations(['create', 'update', 'fail', 'deactivate'])
    const quick = { ...lab.ctx, connector: { ...lab.ctx.connector, actions: quicker(lab.ctx.connector.actions) } }
    let n = 0
    for (let round = 0; n < 200; round++) {
      for (const order of orders) {
        if (n >= 200) break
        const id = `o${n++}`
        it.users.set(id, { ...it.users.get('u2')!, id, userName: `${id}@acme.example`, active: true, sessions: 1 })
        const person = `person-${id}`
        for (const what of order) {
          const provenance = { by: 'hr', why: 'feed', from: 'test', person }
          if (what === 'create')
            await lab.ask('create_account', null, { input: { userName: `new-${id}@acme.example` }, provenance })
          if (what === 'update') await lab.ask('update_account', id, { input: { title: `round ${round}` }, provenance })
          if (what === 'fail') await lab.ask('update_account', id, { input: { title: 'fails' }, provenance })
          if (what === 'deactivate') await lab.ask('deactivate_account', id, { provenance })
          // A feed that comes bit by bit, every fiftieth: what came before has been worked off, or has failed.
          if (n % 50 === 0) await drain(quick)
        }
      }
    }
    await drain(quick, { concurrency: 200 })
    const deactivated = new Set(it.effects.filter((effect) => effect.startsWith('deactivate o')))
    expect(deactivated.size).toBe(200)
    expect([...it.users.values()].filter((one) => one.id.startsWith('o') && one.active)).toEqual([])
  }, 60_000)
})

function quicker(actions: SmallLab['ctx']['connector']['actions']) {
  return Object.fromEntries(
    Object.entries(actions).map(([name, action]) => [
      name,
      { ...action, verify: action.verify.map((verify) => ({ ...verify, within_s: 0.05, every_s: 0.005 })) },
    ]),
  )
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items]
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))
}
