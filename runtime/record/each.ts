/** Walking over what the snapshots show. */
import type { Store } from '../store/port.ts'
import type { StoredRecord } from '../types.ts'

const PAGE = 1000

/** Every record of the last complete snapshot, and what a newer, lesser one shows beside it or changed: nobody is missed for a lesser read. */
export async function eachRecord(
  store: Store,
  connection: string,
  stream: string,
  see: (record: StoredRecord) => void,
): Promise<void> {
  const found = (await store.snapshots(connection)).find(({ latest }) => latest.stream === stream)
  if (found === undefined) return
  const newer = new Set<string>()
  // A stream without a complete snapshot has its newest one, and what it shows is real all the same.
  if (found.complete === null) return await pages(store, connection, stream, 'latest', see)
  if (found.complete.sync !== found.latest.sync) {
    await pages(store, connection, stream, 'latest', (record) => {
      newer.add(record.id)
      see(record)
    })
  }
  await pages(store, connection, stream, 'complete', (record) => {
    if (!newer.has(record.id)) see(record)
  })
}

async function pages(
  store: Store,
  connection: string,
  stream: string,
  which: 'latest' | 'complete',
  see: (record: StoredRecord) => void,
): Promise<void> {
  for (let after = 0; ; ) {
    const records = await store.records(connection, stream, { which, after, limit: PAGE })
    for (const record of records) see(record)
    if (records.length < PAGE) return
    after = records.at(-1)!.seq
  }
}
