/** Whoever was named is looked at by id: alive, gone beside a control, or not answered for. */
import { describe, expect, test } from 'vitest'
import { lookAt, MOST_TRIES } from '../../runtime/watch/look.ts'
import { type Lab, MIN, watchLab } from './lab.ts'

async function begun(more: Parameters<typeof watchLab>[0] = {}): Promise<Lab> {
  const lab = await watchLab(more)
  await lab.watch()
  lab.pass(MIN)
  await lab.sync()
  lab.pass(MIN)
  return lab
}
const shown = async (lab: Lab, id: string) => (await lab.seen(id)).map(({ shows, is, because }) => [shows, is, because])

describe('gone', () => {
  test('is only believed beside a record known to be alive that answers in the same minute', async () => {
    const lab = await begun()
    lab.change('u5', null)
    lab.pass(MIN)
    await lab.watch()
    expect(await shown(lab, 'u5')).toEqual([['gone', 'missing', expect.stringMatching(/^404/)]])
    expect(lab.target.asked.filter(({ path }) => path.startsWith('/users/')).map(({ path }) => path)).toEqual([
      '/users/u5',
      '/users/u1',
    ])
  })

  test('who is asked for is no control of his own going: others are asked', async () => {
    const lab = await begun()
    for (const id of ['u1', 'u2', 'u3']) lab.change(id, null)
    lab.pass(MIN)
    await lab.watch()
    for (const id of ['u1', 'u2', 'u3'])
      expect(await shown(lab, id)).toEqual([['gone', 'missing', expect.stringMatching(/^404/)]])
    expect(lab.target.asked.at(-1)?.path).toBe('/users/u4')
  })

  test('who is alive in the same batch is control enough', async () => {
    const lab = await begun()
    lab.change('u5', null)
    lab.change('u6', { on: false })
    lab.pass(MIN)
    await lab.watch()
    expect([await shown(lab, 'u5'), lab.target.asked.filter(({ path }) => path.startsWith('/users/')).length]).toEqual([
      [['gone', 'missing', expect.stringMatching(/^404/)]],
      2,
    ])
  })

  test('is not believed where everybody seems to be gone: a right that was lost looks like that. It is no try of anybody', async () => {
    const lab = await begun()
    lab.change('u5', { on: false })
    lab.world.lie = ({ path }) => (path.startsWith('/users/') ? { status: 404, body: {} } : undefined)
    for (let n = 0; n < 8; n++) {
      lab.pass(20 * MIN)
      const watched = await lab.watch()
      expect([watched.looked.looks, watched.waiting, watched.given_up]).toEqual([0, 1, 0])
      expect(watched.looked.stopped).toMatch(/^who is known to be alive does not answer either: 404/)
    }
    expect(await lab.seen()).toEqual([])
    lab.world.lie = () => undefined
    await lab.watch()
    expect(await shown(lab, 'u5')).toEqual([['alive', 'changed', 'it answered']])
  })

  test('is not believed where nobody is known: no read was made yet', async () => {
    const lab = await watchLab()
    await lab.watch()
    lab.event('u99')
    lab.pass(MIN)
    await lab.watch()
    expect(await shown(lab, 'u99')).toEqual([['unanswered', null, expect.stringMatching(/nobody is known to be alive/)]])
  })

  test('a control that answers minutes later is none', async () => {
    const lab = await begun()
    lab.change('u5', null)
    lab.pass(MIN)
    lab.world.lie = ({ path }) => {
      if (path === '/users/u1') lab.world.now += 2 * MIN
      return undefined
    }
    await lab.watch()
    expect(await shown(lab, 'u5')).toEqual([
      ['unanswered', null, expect.stringMatching(/nobody who is known to be alive answered in the same minute/)],
    ])
  })

  test('a record that says of itself that it is gone needs a control too', async () => {
    const lab = await begun({ more: { users: { gone: "= has(record.state) && record.state == 'deleted'" } } })
    lab.change('u5', { state: 'deleted' })
    lab.pass(MIN)
    await lab.watch()
    expect(await shown(lab, 'u5')).toEqual([['gone', 'missing', 'its record says that it is gone']])
    expect(lab.target.asked.at(-1)?.path).toBe('/users/u1')
  })
})

describe('an answer that shows nothing', () => {
  test.each([
    ['an error', { status: 500, body: {} }, /500/],
    ['403', { status: 403, body: {} }, /403/],
    ['another record', { body: { id: 'u6', login: 'other', on: true } }, /another record came/],
    ['no record', { body: [] }, /no id|no record/],
    ['a record without an id', { body: { login: 'a', on: true } }, /no id/],
    [
      'a record with a field of another type',
      { body: { id: 'u5', login: 'a', on: 'yes' } },
      /cannot be read: active must be true or false/,
    ],
    ['a login page', { headers: { 'content-type': 'text/html' }, body: '<html>sign in</html>' }, /HTML/],
  ])(
    '%s is not "gone" and not "alive": five tries, further and further apart, then it waits to be named again',
    async (_, reply, because) => {
      const lab = await begun()
      lab.change('u5', { on: false })
      lab.world.lie = ({ path }) => (path === '/users/u5' ? reply : undefined)
      for (let minute = 1; minute <= 30; minute++) {
        lab.pass(MIN)
        await lab.watch()
      }
      const watched = await lab.watch()
      const seen = await lab.seen('u5')
      expect(seen.map(({ shows, is, fields }) => [shows, is, fields])).toEqual(Array(MOST_TRIES).fill(['unanswered', null, null]))
      expect(seen[0]?.because).toMatch(because)
      const began = Date.parse(seen[0]!.named_at)
      expect(seen.map(({ at }) => (Date.parse(at) - began) / MIN)).toEqual([0, 1, 3, 7, 15])
      expect([watched.waiting, watched.given_up, watched.given_up_samples]).toEqual([1, 1, [{ stream: 'users', id: 'u5' }]])
      lab.world.lie = () => undefined
      lab.change('u5', { on: true })
      lab.pass(MIN)
      expect((await lab.watch()).waiting).toBe(0)
      expect((await lab.seen('u5')).at(-1)).toMatchObject({ shows: 'alive', is: 'as_stored' })
    },
  )

  test('one that never answers keeps nobody else waiting', async () => {
    const lab = await begun({ people: 300 })
    lab.world.lie = ({ path }) => (/^\/users\/u(1\d\d|2\d\d)$/.test(path) ? { status: 403, body: {} } : undefined)
    for (let n = 100; n <= 299; n++) lab.change(`u${n}`, { on: false })
    for (let n = 1; n <= 9; n++) lab.change(`u${n}`, { on: false })
    lab.pass(MIN)
    expect((await lab.watch()).looked).toMatchObject({ looks: 209, alive: 9, unanswered: 200, stopped: null })
    // Before their next try is due.
    for (let n = 1; n <= 5; n++) lab.change(`u${n}`, { on: true })
    lab.pass(1_000)
    expect((await lab.watch()).looked).toMatchObject({ looks: 5, alive: 5, unanswered: 0, stopped: null })
  })
})

test('somebody who is not in the newest read is new; one that a filter leaves out is not mapped, and is missing from what was stored', async () => {
  const lab = await begun({ more: { users: { filters: [{ name: 'robots', drop: "= login.startsWith('bot')" }] } } })
  lab.change('u77', { login: 'new@acme.example' })
  lab.change('u5', { login: 'bot5' })
  lab.pass(MIN)
  await lab.watch()
  expect((await lab.seen('u77'))[0]).toMatchObject({
    shows: 'alive',
    is: 'new',
    fields: { userName: 'new@acme.example', active: true },
  })
  expect((await lab.seen('u5'))[0]).toMatchObject({
    shows: 'alive',
    is: 'missing',
    fields: null,
    because: expect.stringMatching(/filter `robots`/),
  })
})

test('who is missing from a newer, lesser read is not new: the last complete one has him', async () => {
  const lab = await begun({ people: 60 })
  lab.world.lie = ({ path, query }) => (path === '/users' && query['after'] !== undefined ? { status: 403, body: {} } : undefined)
  lab.pass(MIN)
  expect(await lab.sync()).toBe('incomplete')
  lab.world.lie = () => undefined
  lab.change('u55', { on: false })
  lab.pass(MIN)
  await lab.watch()
  expect((await lab.seen('u55'))[0]).toMatchObject({ is: 'changed', moved: ['active'] })
})

test('a look asks past caches', async () => {
  const lab = await begun()
  lab.change('u5', { on: false })
  lab.pass(MIN)
  await lab.watch()
  expect(lab.target.asked.find(({ path }) => path === '/users/u5')?.headers['cache-control']).toBe('no-cache')
})

test('who is named again while it is looked at is looked at again', async () => {
  const lab = await begun()
  lab.change('u5', { on: false })
  lab.pass(MIN)
  let asked = 0
  lab.world.lie = ({ path }) => {
    if (path === '/users/u5' && ++asked === 1) {
      void lab.store.touch('acme', { by: 'webhook' }, [{ stream: 'users', id: 'u5' }], new Date(lab.world.now).toISOString())
      return { after_ms: 100, body: { id: 'u5', login: 'person5@acme.example', on: false } }
    }
    return undefined
  }
  lab.world.people.get('u5')!.on = true
  await lab.watch()
  expect((await lab.seen('u5')).map(({ fields, cause }) => [fields?.['active'], cause.by])).toEqual([
    [false, 'feed'],
    [true, 'webhook'],
  ])
})

test('however many wait, they are read a batch at a time', async () => {
  const lab = await begun({ people: 350 })
  for (let n = 1; n <= 350; n++) lab.change(`u${n}`, { on: false })
  lab.pass(MIN)
  let most = 0
  const touched: typeof lab.store.touched = async (...args) => {
    const line = await lab.store.touched(...args)
    most = Math.max(most, line.length)
    return line
  }
  const { watchOnce } = await import('../../runtime/watch/once.ts')
  const watched = await watchOnce({ ...lab.context, store: { ...lab.store, touched } })
  expect([watched.looked.looks, most]).toEqual([350, 100])
  const slow = { ...lab.context.connector, limits: { ...lab.context.connector.limits, requests_per_minute: 30 } }
  for (let n = 1; n <= 40; n++) lab.change(`u${n}`, { on: true })
  lab.pass(MIN)
  most = 0
  await watchOnce({ ...lab.context, connector: slow, store: { ...lab.store, touched } })
  expect(most).toBe(15)
})

test('a limit is kept, and who is left waits for the next round', async () => {
  const lab = await begun()
  for (let n = 1; n <= 30; n++) lab.change(`u${n}`, { on: false })
  lab.pass(MIN)
  const watched = await lab.watch({ limit: 12 })
  expect([watched.looked.looks, watched.waiting]).toEqual([12, 18])
  expect((await lookAt(lab.context, {})).looks).toBe(18)
  expect(new Set((await lab.seen()).map(({ id }) => id)).size).toBe(30)
})

test('a round that is stopped writes down nothing that was not answered', async () => {
  const lab = await begun()
  for (let n = 1; n <= 30; n++) lab.change(`u${n}`, { on: false })
  lab.pass(MIN)
  const stop = new AbortController()
  lab.world.lie = ({ path }) => {
    if (path.startsWith('/users/')) stop.abort()
    return undefined
  }
  const { watchOnce } = await import('../../runtime/watch/once.ts')
  const watched = await watchOnce({ ...lab.context, signal: stop.signal })
  expect([watched.looked.stopped, watched.waiting, (await lab.seen()).length]).toEqual(['stopped on request', 30, 0])
})
