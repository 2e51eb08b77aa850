/** What every engine behind runtime/store/port.ts promises. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../../runtime/store/port.ts'
import type { Connection } from '../../runtime/types.ts'
import { eventContract } from './contract-events.ts'
import { modelContract } from './contract-model.ts'
import { questionContract } from './contract-questions.ts'
import { readContract } from './contract-read.ts'
import { AT, commit, published, row, syncOnce } from './fixture.ts'

export type Opened = {
  readonly store: Store
  /** Ends this process's use and opens the same data again. */
  readonly reopen: () => Promise<Store>
  readonly drop: () => Promise<void>
}

export type Harness = { store: Store; reopen: () => Promise<void> }

export function storeContract(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    let opened: Opened
    const at: Harness = {
      store: undefined as unknown as Store,
      reopen: async () => {
        at.store = await opened.reopen()
      },
    }
    beforeEach(async () => {
      opened = await open()
      at.store = opened.store
    })
    afterEach(() => opened.drop())
    connectionContract(at)
    syncContract(at)
    readContract(at)
    questionContract(at)
    eventContract(at)
    modelContract(at)
  })
}

const CONNECTION: Connection = {
  name: 'acme',
  connector: 'okta',
  connector_file: 'okta.yaml',
  settings: { domain: 'acme.okta.com' },
  secrets: { token: { from: 'env', name: 'TOKEN' } },
  owner: null,
  attested: null,
  canaries: { users: ['1'] },
  allow_private: false,
  created_at: AT,
}

const ENDED = expect.objectContaining({ code: 'store/ended' })
const NOT_FOUND = expect.objectContaining({ code: 'store/not-found' })

function connectionContract(at: Harness): void {
  test('a connection comes back as it was put, replaced by a later one of its name, and goes when removed', async () => {
    expect(await at.store.connection('acme')).toBeNull()
    await at.store.putConnection({ ...CONNECTION, owner: 'first' }, { by: 'test', at: '2026-01-01T00:00:00Z' })
    await at.store.putConnection(CONNECTION, { by: 'test', at: '2026-01-01T00:00:00Z' })
    await at.store.putConnection({ ...CONNECTION, name: 'a' }, { by: 'test', at: '2026-01-01T00:00:00Z' })
    await at.reopen()
    expect(await at.store.connection('acme')).toEqual(CONNECTION)
    expect((await at.store.connections()).map(({ name }) => name)).toEqual(['a', 'acme'])
    await at.store.removeConnection('acme', { by: 'test', at: '2026-01-01T00:00:00Z' })
    expect(await at.store.connection('acme')).toBeNull()
    await expect(at.store.removeConnection('acme', { by: 'test', at: '2026-01-01T00:00:00Z' })).rejects.toEqual(NOT_FOUND)
  })

  test('a removed connection leaves its name nothing: no secret, sync or record; event numbers go on', async () => {
    await at.store.putConnection(CONNECTION, { by: 'test', at: '2026-01-01T00:00:00Z' })
    await at.store.keep('acme', 'refresh', 'r1')
    await syncOnce(at.store, [row('a'), row('b')])
    await at.store.removeConnection('acme', { by: 'test', at: '2026-01-01T00:00:00Z' })
    expect(await at.store.kept('acme')).toEqual({})
    expect(await at.store.syncs('acme', 9)).toEqual([])
    expect(await at.store.snapshots('acme')).toEqual([])
    await syncOnce(at.store, [row('c')])
    expect(await at.store.changes('acme', { after: 0, limit: 9 })).toMatchObject([{ seq: 3, kind: 'created', id: 'c' }])
  })

  test('kept values survive the process, one a name, apart by connection', async () => {
    await at.store.keep('acme', 'refresh', 'one')
    await at.store.keep('acme', 'refresh', 'two')
    await at.store.keep('other', 'refresh', 'three')
    await at.reopen()
    expect(await at.store.kept('acme')).toEqual({ refresh: 'two' })
    expect(await at.store.kept('nobody')).toEqual({})
  })
}

function syncContract(at: Harness): void {
  test('an unfinished sync is taken up again under the same fingerprint, and counts it', async () => {
    const first = await at.store.beginSync('acme', 'one', AT)
    expect(first).toMatchObject({ connection: 'acme', state: 'running', resumed: 0, ended_at: null })
    await at.reopen()
    expect(await at.store.beginSync('acme', 'one', 'later')).toEqual({ ...first, resumed: 1 })
    await at.store.endSync(first.sync, 'paused', 'asked to', 'noon')
    expect((await at.store.syncs('acme', 9))[0]).toMatchObject({ state: 'paused', because: 'asked to' })
    expect(await at.store.beginSync('acme', 'one', 'later')).toEqual({ ...first, resumed: 2 })
  })

  test('under another fingerprint the unfinished sync is abandoned and a new one begins', async () => {
    const first = await at.store.beginSync('acme', 'one', AT)
    const second = await at.store.beginSync('acme', 'two', 'later')
    expect(second.sync).toBeGreaterThan(first.sync)
    expect(await at.store.syncs('acme', 9)).toMatchObject([
      { sync: second.sync, state: 'running' },
      { sync: first.sync, state: 'abandoned', ended_at: 'later' },
    ])
    expect(await at.store.syncs('acme', 1)).toHaveLength(1)
  })

  test.each(['finished', 'failed', 'abandoned'] as const)(
    'a %s sync stays so, takes nothing more, and the next one is new',
    async (state) => {
      const { sync } = await at.store.beginSync('acme', 'one', AT)
      const session = await at.store.read(sync, 'acme', 'users')
      await at.store.endSync(sync, state, null, AT)
      await at.store.endSync(sync, state, null, AT)
      await expect(at.store.endSync(sync, 'paused', null, AT)).rejects.toEqual(ENDED)
      await expect(commit(session, 1, [row('a')])).rejects.toEqual(ENDED)
      await expect(at.store.publish(sync, 'acme', published(session, 'complete'))).rejects.toEqual(ENDED)
      expect((await at.store.beginSync('acme', 'one', AT)).sync).toBeGreaterThan(sync)
    },
  )

  test('notes are durable and the last word of a key counts', async () => {
    const { sync } = await at.store.beginSync('acme', 'one', AT)
    await at.store.note(sync, 'count', { before: 1 })
    await at.store.note(sync, 'count', { before: 2 })
    await at.store.note(sync, 'position', { at: 'x' })
    await at.reopen()
    expect(await at.store.notes(sync)).toEqual({ count: { before: 2 }, position: { at: 'x' } })
  })

  test('what is not there is said to be not there', async () => {
    const { sync } = await at.store.beginSync('acme', 'one', AT)
    await expect(at.store.note(sync + 1, 'a', {})).rejects.toEqual(NOT_FOUND)
    await expect(at.store.endSync(sync + 1, 'failed', null, AT)).rejects.toEqual(NOT_FOUND)
    await expect(at.store.read(sync + 1, 'acme', 'users')).rejects.toEqual(NOT_FOUND)
    await at.store.beginSync('other', 'one', AT)
    await expect(at.store.read(sync, 'other', 'users')).rejects.toEqual(NOT_FOUND)
    expect(await at.store.changes('nobody', { after: 0, limit: 1 })).toEqual([])
    expect(await at.store.records('nobody', 'users', { which: 'latest', after: 0, limit: 1 })).toEqual([])
  })
}
