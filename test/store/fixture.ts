import { hash } from 'node:crypto'
import type { Published, QuarantineRow, ReadSession, Row, RowsOutcome, Store } from '../../runtime/store/port.ts'
import type { Change, Gap, PageFacts, PageRow, ReadFacts, Verdict } from '../../runtime/types.ts'

export const AT = '2026-01-02T03:04:05.000Z'

export const row = (id: string, content: object | string | number = 0): Row => {
  const fields = typeof content === 'object' ? JSON.stringify(content) : JSON.stringify({ is: content })
  return { id, fields, hash: hash('sha256', fields, 'base64url') }
}

export const facts = (outcome: RowsOutcome, fetched: number): PageFacts => ({
  fetched,
  stored: outcome.stored,
  stitched: 0,
  repeated: outcome.repeated.length,
  filtered: {},
  quarantined: outcome.conflicting.length > 0 ? { 'id/conflict': outcome.conflicting.length } : {},
  created: outcome.created,
  updated: outcome.updated,
  total: null,
  total_broken: null,
  filled: {},
  stitch: 'not_asked',
  order: 'not_declared',
  mixed_case: 0,
  same_body: false,
  samples: { repeated: outcome.repeated, quarantined: outcome.conflicting },
  requests: 1,
})

export type PageParts = {
  readonly partition?: string
  readonly cursor?: string
  readonly digest?: string
  readonly gap?: Gap | null
  readonly quarantined?: readonly QuarantineRow[]
}

export async function commit(
  session: ReadSession,
  no: number,
  rows: readonly Row[],
  parts: PageParts = {},
): Promise<RowsOutcome> {
  let seen: RowsOutcome | undefined
  await session.commitPage(rows, parts.quarantined ?? [], (outcome): PageRow => {
    seen = outcome
    return {
      partition: parts.partition ?? '',
      no,
      at: AT,
      cursor: parts.cursor ?? `cursor ${no}`,
      digest: parts.digest ?? `body ${parts.partition ?? ''} ${no}`,
      facts: facts(outcome, rows.length),
      next: { kind: 'page', state: { no: no + 1 } },
      gap: parts.gap ?? null,
    }
  })
  return seen!
}

export const verdict = (is: Verdict['is']): Verdict => ({
  is,
  because: 'test',
  findings: [],
  next_steps: [],
  rules: '1',
  hold: null,
})

export const published = (session: ReadSession, is: Verdict['is'], more: Partial<Published> = {}): Published => ({
  stream: 'users',
  session,
  verdict: verdict(is),
  facts: { stream: more.stream ?? 'users' } as unknown as ReadFacts,
  absences: [],
  at: AT,
  fingerprint: 'print',
  ...more,
})

/** One whole sync over one stream. */
export async function syncOnce(
  store: Store,
  rows: readonly Row[],
  is: Verdict['is'] = 'complete',
  more: { readonly gone?: 'vanished' | 'confirmed' | 'held'; readonly stream?: string; readonly connection?: string } = {},
): Promise<number> {
  const connection = more.connection ?? 'acme'
  const stream = more.stream ?? 'users'
  const { sync } = await store.beginSync(connection, 'print', AT)
  const session = await store.read(sync, connection, stream)
  await commit(session, 1, rows)
  const gone = more.gone === 'held' ? [] : (await session.absent(1000)).ids
  const absences = gone.map((id) => ({ id, confirmed: more.gone === 'confirmed' }))
  await store.publish(sync, connection, published(session, is, { stream, absences }))
  await store.endSync(sync, 'finished', null, AT)
  return sync
}

export async function allChanges(store: Store, connection = 'acme', limit = 1000): Promise<readonly Change[]> {
  const found: Change[] = []
  for (;;) {
    const next = await store.changes(connection, { after: found.at(-1)?.seq ?? 0, limit })
    if (next.length === 0) return found
    found.push(...next)
  }
}

/** What a consumer of the log believes to exist. */
export function replay(changes: readonly Change[], stream = 'users'): ReadonlyMap<string, unknown> {
  const live = new Map<string, unknown>()
  for (const change of changes) {
    if (change.stream !== stream) continue
    if (change.fields === null) live.delete(change.id)
    else live.set(change.id, change.fields['is'])
  }
  return live
}

export const told = (changes: readonly Change[]): readonly string[] => changes.map((change) => `${change.kind} ${change.id}`)

export async function collect<T>(from: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const one of from) all.push(one)
  return all
}

/** What the process that is killed reads: pages of a sync, and records of a page. Ids leave and come back; contents change. */
export const PAGES = 24
export const ROWS = 20
export const rowsOf = (sync: number, no: number): readonly Row[] =>
  Array.from({ length: ROWS }, (_, i) => {
    const at = no * ROWS + i
    // Every fifth record is another one in every other sync; every third changes with each sync.
    const id = at % 5 === 0 ? `r${at}-${sync % 2}` : `r${at}`
    return row(id, at % 3 === 0 ? sync : 0)
  })
