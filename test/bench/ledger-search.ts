/** Median of three. Questions to a ledger of many entries, against one look at each of them: what a log without an index costs. */
import { openDatabase } from '../../runtime/store/sqlite/database.ts'
import { note } from '../../runtime/store/sqlite/ledger.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { round, withFolder } from './stage.ts'

const WHATS = ['verdict', 'sending', 'outcome', 'look', 'requested', 'approval given', 'plan made', 'login', 'stopped', 'waived']
const LOT = 10_000
const at = (n: number): string => new Date(1.76e12 + n * 20_000).toISOString()
const person = (n: number): string => `00u${(n * 7919) % 50_000}abcdef`

/** The first half of the people are one busy machine. */
function fill(dir: string, entries: number): void {
  const db = openDatabase(`${dir}/rollcall.db`, dir)
  for (let from = 0; from < entries; from += LOT)
    db.write(() => {
      for (let n = from; n < Math.min(from + LOT, entries); n++)
        note(db, {
          at: at(n),
          what: WHATS[n % 10] as string,
          by: n % 2 === 0 ? 'rollcall' : `person${n % 40}@acme.example`,
          about: n % 3 === 0 ? `dir/users/${person(n)}` : `01K${String(n % 200_000).padStart(23, '0')}`,
          from: 'api 10.0.0.7 token:abcdefghjkmn',
          why: 'leaves the company',
          detail: { id: person(n), sync: n % 1000, to: 'verified' },
        })
    }, 'process')
  db.close()
}

/** Of each kind one that finds a page, one that finds the end, and one that finds nothing and has to look everywhere. */
function questions(entries: number): readonly object[] {
  const busy = { by: 'rollcall' }
  const never = { what: 'approval given' }
  const [mid, late] = [Math.floor(entries / 2), entries - 100]
  return [
    ...[{}, { after: late }, busy, { by: 'nobody' }, { what: 'sending' }, { what: 'nothing' }],
    ...[
      { about: `dir/users/${person(3)}` },
      { about: '01K00000000000000000000005' },
      { person: person(1) },
      { person: 'nobody' },
    ],
    ...[
      { since: at(late) },
      { since: at(entries * 2) },
      { until: at(100) },
      { until: at(-1) },
      { since: at(10), until: at(late) },
    ],
    ...[
      { since: at(mid), until: at(mid + 50) },
      { ...busy, since: at(late) },
      { ...busy, since: at(entries * 2) },
    ],
    ...[
      { ...busy, ...never },
      { ...busy, what: 'sending' },
      { ...busy, ...never, since: at(100), until: at(late) },
    ],
    ...[
      { what: 'sending', since: at(late) },
      { what: 'sending', since: at(entries * 2) },
      { person: person(1), what: 'nothing' },
    ],
    ...[
      { person: person(1), ...busy, since: at(mid) },
      { about: `dir/users/${person(3)}`, by: 'nobody' },
    ],
  ]
}

export async function ledgerSearch(entries: number) {
  return await withFolder(async (dir) => {
    await (await openStore(dir)).close()
    fill(dir, entries)
    const store = await openStore(dir)
    try {
      const asked: { readonly ms: number; readonly question: object }[] = []
      for (const question of questions(entries)) {
        const times: number[] = []
        for (let again = 0; again < 3; again++) {
          const began = performance.now()
          await store.audit({ after: 0, limit: 101, ...question })
          times.push(performance.now() - began)
        }
        asked.push({ ms: times.sort((a, b) => a - b)[1] as number, question })
      }
      const sorted = asked.toSorted((a, b) => a.ms - b.ms)
      const worst = sorted.at(-1) as (typeof asked)[number]
      const scan_ms = scanned(dir)
      return {
        entries,
        questions: asked.length,
        worst_ms: Math.round(worst.ms),
        worst: worst.question,
        median_ms: round(sorted[Math.floor(sorted.length / 2)]?.ms ?? 0),
        scan_ms: Math.round(scan_ms),
        ratio: round(worst.ms / scan_ms),
      }
    } finally {
      await store.close()
    }
  })
}

function scanned(dir: string): number {
  const db = openDatabase(`${dir}/rollcall.db`, dir, true)
  const began = performance.now()
  db.one("SELECT count(*) FROM audit WHERE instr(entry, 'stands in no entry') > 0")
  const ms = performance.now() - began
  db.close()
  return ms
}
