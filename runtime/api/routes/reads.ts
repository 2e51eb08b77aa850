import { Failure } from '../../errors.ts'
import { freshFor } from '../../judge/freshness.ts'
import type { Snapshot, SyncRow } from '../../store/port.ts'
import type { Change } from '../../types.ts'
import { after, isSeq, limitOf, pageOf } from '../pages.ts'
import { flag, list, number, object, oneOf, PAGING, page, ref, streamName, text, time } from '../schemas.ts'
import { connectionOf, connectorOf, targetOf } from '../targets.ts'
import type { Room, Route } from '../types.ts'
import { CONNECTION, CONNECTION_STREAM, EVERYBODY, OPERATES } from './parts.ts'

/** What was read, and what may be believed of it. */
export const reads: readonly Route[] = [
  {
    id: 'listSyncs',
    method: 'GET',
    path: '/v1/connections/{connection}/syncs',
    area: 'syncs',
    summary: 'The last syncs, newest first',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    query: { limit: PAGING['limit'] ?? {} },
    answers: { 200: list(ref('Sync')) },
    codes: ['api/not-found'],
    act: async (ask) => {
      const { name } = await connectionOf(ask.room, ask.params['connection'] ?? '')
      const rows = await ask.room.store.syncs(name, limitOf(ask))
      return { status: 200, body: rows.map((row) => syncShown(ask.room, row)) }
    },
  },
  {
    id: 'startSync',
    method: 'POST',
    path: '/v1/connections/{connection}/syncs',
    area: 'syncs',
    summary: 'Read every stream, prove and judge each. Goes on where a paused sync stopped, unless `fresh`',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    body: object({
      'streams?': list(streamName, { minItems: 1, maxItems: 200, uniqueItems: true }),
      'fresh?': flag('begin anew'),
    }),
    answers: { 202: ref('Sync') },
    codes: ['api/not-found', 'api/sync-running', 'api/paused', 'read/unknown-stream'],
    act: async ({ house, room, params, body, act }) => {
      const target = await targetOf(house, room, params['connection'] ?? '')
      const { name } = target.connection
      const { streams = null, fresh = false } = body as { readonly streams?: readonly string[]; readonly fresh?: boolean }
      for (const stream of streams ?? [])
        if (!Object.hasOwn(target.connector.streams, stream))
          throw new Failure('read/unknown-stream', 'streams', `connector ${target.connector.connector} has no stream ${stream}`)
      await room.store.enter({
        ...act('asked for through the API'),
        what: 'sync asked for',
        about: name,
        detail: { streams, fresh },
      })
      const sync = await room.work.sync(target, { only: streams, fresh })
      return { status: 202, body: await syncOf(room, name, sync), headers: { location: `/v1/connections/${name}/syncs/${sync}` } }
    },
  },
  {
    id: 'getSync',
    method: 'GET',
    path: '/v1/connections/{connection}/syncs/{sync}',
    area: 'syncs',
    summary: 'One sync, with its progress while it is under way',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'connection',
    params: { ...CONNECTION, sync: number },
    answers: { 200: ref('Sync') },
    codes: ['api/not-found'],
    act: async ({ room, params }) => {
      const { name } = await connectionOf(room, params['connection'] ?? '')
      return { status: 200, body: await syncOf(room, name, Number(params['sync'])) }
    },
  },
  {
    id: 'listStreams',
    method: 'GET',
    path: '/v1/connections/{connection}/streams',
    area: 'streams',
    summary: 'The verdict of each stream, how old it is, and how long it may be relied upon',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    answers: { 200: list(ref('Stream')) },
    codes: ['api/not-found'],
    act: async ({ house, room, params }) => {
      const connection = await connectionOf(room, params['connection'] ?? '')
      const { streams } = connectorOf(house, room, connection.connector)
      const snapshots = await room.store.snapshots(connection.name)
      const rows = snapshots.map(({ latest, complete }) => {
        const stream = streams[latest.stream]
        return streamShown(latest, complete, stream === undefined ? null : freshFor(stream, connection), house.now())
      })
      return { status: 200, body: rows }
    },
  },
  {
    id: 'listRecords',
    method: 'GET',
    path: '/v1/connections/{connection}/streams/{stream}/records',
    area: 'records',
    summary: 'Records of the newest snapshot, or of the newest complete one',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION_STREAM,
    query: { ...PAGING, which: oneOf(['latest', 'complete']), id: text('only this native id', { minLength: 1 }) },
    answers: { 200: page(ref('StoredRecord')) },
    codes: ['api/not-found', 'api/cursor'],
    act: async (ask) => {
      const { room, params, query } = ask
      const [{ name }, stream] = [await connectionOf(room, params['connection'] ?? ''), params['stream'] ?? '']
      await snapshotOf(room, name, stream)
      const which = query['which'] === 'complete' ? 'complete' : 'latest'
      const of = `records ${name} ${stream} ${which} ${query['id'] ?? ''}`
      const limit = limitOf(ask)
      const rows = await room.store.records(name, stream, {
        which,
        after: after(ask, of, isSeq) ?? 0,
        limit: limit + 1,
        ...(query['id'] === undefined ? {} : { id: query['id'] }),
      })
      return pageOf(
        of,
        rows,
        limit,
        (row) => row.seq,
        ({ id, sync, fields }) => ({ id, sync, fields }),
      )
    },
  },
  {
    id: 'listChanges',
    method: 'GET',
    path: '/v1/connections/{connection}/changes',
    area: 'changes',
    summary: 'What was created, updated, vanished: in order, without a hole, from `after` (a seq) or a cursor on; replayable',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    query: { ...PAGING, after: number, stream: streamName },
    answers: { 200: page(ref('Change')) },
    codes: ['api/not-found', 'api/cursor'],
    act: async (ask) => {
      const { room, params, query } = ask
      const { name } = await connectionOf(room, params['connection'] ?? '')
      const of = `changes ${name} ${query['stream'] ?? ''}`
      const limit = limitOf(ask)
      const rows = await room.store.changes(name, {
        after: after(ask, of, isSeq) ?? Number(query['after'] ?? 0),
        limit: limit + 1,
        ...(query['stream'] === undefined ? {} : { stream: query['stream'] }),
      })
      return pageOf(
        of,
        rows,
        limit,
        (row: Change) => row.seq,
        (row) => row,
      )
    },
  },
  {
    id: 'getEvidence',
    method: 'GET',
    path: '/v1/connections/{connection}/streams/{stream}/evidence',
    area: 'evidence and verdicts',
    summary: 'The verdict with every finding behind it and the facts of the read',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION_STREAM,
    query: { which: oneOf(['latest', 'complete']) },
    answers: { 200: ref('Evidence') },
    codes: ['api/not-found'],
    act: async ({ room, params, query }) => {
      const { name } = await connectionOf(room, params['connection'] ?? '')
      const { latest, complete } = await snapshotOf(room, name, params['stream'] ?? '')
      const shown = query['which'] === 'complete' ? complete : latest
      if (shown === null) throw new Failure('api/not-found', 'stream', 'there is no complete snapshot of this stream')
      const { stream, sync, at, fingerprint, verdict, facts } = shown
      return { status: 200, body: { connection: name, stream, sync, at, fingerprint, verdict, facts } }
    },
  },
  {
    id: 'listGaps',
    method: 'GET',
    path: '/v1/connections/{connection}/syncs/{sync}/gaps',
    area: 'evidence and verdicts',
    summary: 'Every gap of a sync, from its page ledger: what was not read, and why',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'connection',
    params: { ...CONNECTION, sync: number },
    answers: {
      200: list(
        object({ stream: text(''), partition: text(''), code: text(''), where: text(''), because: text(''), at: text('') }),
      ),
    },
    codes: ['api/not-found'],
    act: async ({ room, params }) => {
      const { name } = await connectionOf(room, params['connection'] ?? '')
      const { sync } = await rowOf(room, name, Number(params['sync']))
      return { status: 200, body: await room.store.gaps(name, sync) }
    },
  },
  {
    id: 'attestScope',
    method: 'POST',
    path: '/v1/connections/{connection}/attestation',
    area: 'evidence and verdicts',
    summary: 'State, dated and by name, that the credential of a connection sees everyone; it holds until a day, at most a year',
    roles: ['approver', 'auditor', 'admin'],
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    body: object({ reason: text('why it is known', { minLength: 1, maxLength: 1000 }), until: time }),
    answers: {
      200: object({ connection: text(''), by: text(''), at: time, until: time, reason: text('') }),
    },
    codes: ['api/not-found'],
    act: async ({ room, params, who, body, at, act }) => {
      const connection = await connectionOf(room, params['connection'] ?? '')
      const { reason, until } = body as { readonly reason: string; readonly until: string }
      const lasts_ms = Date.parse(until) - Date.parse(at)
      if (!(lasts_ms > 0 && lasts_ms <= 366 * 86_400_000))
        throw new Failure('api/input', 'until', 'a statement of scope ends in the future, at most a year from now')
      const attested = { by: who.by, at, until: new Date(until).toISOString(), reason }
      await room.store.putConnection({ ...connection, attested }, act(reason))
      return { status: 200, body: { connection: connection.name, ...attested } }
    },
  },
]

async function rowOf(room: Room, connection: string, sync: number): Promise<SyncRow> {
  const found = await room.store.syncAt(connection, sync)
  if (found === null) throw new Failure('api/not-found', 'sync', `there is no sync ${sync} of ${connection}`)
  return found
}

const syncOf = async (room: Room, connection: string, sync: number): Promise<object> =>
  syncShown(room, await rowOf(room, connection, sync))

function syncShown(room: Room, row: SyncRow): object {
  const running = room.work.running(row.connection)
  const mine = running?.sync === row.sync ? running : null
  return { ...row, under_way: mine !== null, progress: mine === null ? null : mine.streams }
}

async function snapshotOf(
  room: Room,
  connection: string,
  stream: string,
): Promise<{ readonly latest: Snapshot; readonly complete: Snapshot | null }> {
  const found = (await room.store.snapshots(connection)).find(({ latest }) => latest.stream === stream)
  if (found === undefined) throw new Failure('api/not-found', 'stream', `there is no snapshot of stream ${stream}`)
  return found
}

export function streamShown(latest: Snapshot, complete: Snapshot | null, fresh_for_s: number | null, now_ms: number): object {
  const { verdict, facts } = latest
  const age_s = Math.round((now_ms - Date.parse(facts.started_at)) / 1000)
  return {
    stream: latest.stream,
    is: facts.is,
    verdict: verdict.is,
    because: verdict.because,
    records: latest.records,
    sync: latest.sync,
    at: latest.at,
    age_s,
    fresh_for_s,
    stale: fresh_for_s !== null && age_s > fresh_for_s,
    hold: verdict.hold,
    next_steps: verdict.next_steps,
    last_complete: complete === null ? null : { sync: complete.sync, records: complete.records, at: complete.at },
  }
}
