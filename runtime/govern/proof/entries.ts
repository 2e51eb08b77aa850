/** Which entries of the ledger a certification rests on. */
import type { LedgerEntry } from '../../ledger/entry.ts'
import type { LedgerFilter, LedgerStore } from '../../store/ledger-port.ts'
import type { Looked } from '../certify/look.ts'

/** Their numbers, ascending: its own, the verdicts it was frozen and is closed upon, its waivers, its revocations. */
export async function entriesOf(store: LedgerStore, looked: Looked): Promise<readonly number[]> {
  const { certification, parts, gate, revocations } = looked
  const found = new Set<number>()
  const take = async (filter: Pick<LedgerFilter, 'about' | 'what'>, wanted: (entry: LedgerEntry) => boolean = () => true) => {
    for (let after = 0; ; ) {
      const entries = await store.audit({ ...filter, after, limit: 1000 })
      for (const entry of entries) if (wanted(entry)) found.add(entry.seq)
      if (entries.length < 1000) return
      after = entries.at(-1)!.seq
    }
  }
  await take({ about: certification.certification })
  for (const { frozen, newest } of parts) {
    const syncs = [frozen.sync, newest?.sync]
    const about = `${frozen.connection}/${frozen.stream}`
    await take({ about, what: 'verdict' }, ({ detail }) => syncs.includes(detail['sync'] as number))
  }
  for (const { reason } of [...certification.waived, ...gate.waived.map(({ waiver }) => waiver)])
    await take({ what: 'waived' }, ({ detail }) => detail['reason'] === reason)
  for (const { row } of revocations) if (row !== null) await take({ about: row.intent.intent })
  return [...found].sort((a, b) => a - b)
}
