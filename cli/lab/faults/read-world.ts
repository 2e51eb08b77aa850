/** Lies by whom the target shows, and what happens in it while it is read. */
import { some } from '../random.ts'
import { put } from '../twin/path.ts'
import { render, scopeOf } from '../twin/template.ts'
import type { Answer, Entry, TwinView } from '../twin/types.ts'
import { editable, simple } from './read-pages.ts'
import { type ReadFault, type ReadLie, type Struck, without } from './read-types.ts'

const of = (twin: TwinView, lie: ReadLie): string => twin.file.streams[lie.stream]?.of ?? ''
const all = (twin: TwinView, lie: ReadLie): readonly Entry[] => [...(twin.world.collections.get(of(twin, lie))?.values() ?? [])]
/** The credential's own account is nobody's victim: it reads. */
const mine = (twin: TwinView, lie: ReadLie): Entry | undefined => (of(twin, lie) === twin.file.me ? all(twin, lie)[0] : undefined)
const others = (twin: TwinView, lie: ReadLie): readonly Entry[] =>
  of(twin, lie) === twin.file.me ? all(twin, lie).slice(1) : all(twin, lie)

export const WORLDS: { readonly [name: string]: ReadFault } = {
  hidden_with_totals: {
    says: 'records missing from the list and from every count; edges still name them',
    chooses: ({ twin, lie }) => some(twin.random, others(twin, lie), lie.rows ?? 1),
  },
  hidden_named: {
    says: 'a record that something else names is missing from its list and from every count',
    chooses: ({ twin, lie }) => {
      const named = namedOf(twin, of(twin, lie))
      return some(
        twin.random,
        others(twin, lie).filter((entry) => named.has(entry.id)),
        lie.rows ?? 1,
      )
    },
  },
  hidden_everywhere: {
    says: 'a token that may see a part, consistently: in lists, counts and by id',
    chooses: ({ twin, lie }) => some(twin.random, others(twin, lie), lie.rows ?? Math.ceil(all(twin, lie).length * 0.4)),
    deep: true,
    request: restricted,
  },
  no_rights: {
    says: 'nothing is shown, with status 200, to a credential without any right; what tells of its rights says so',
    chooses: ({ twin, lie }) => all(twin, lie),
    deep: true,
    everywhere: true,
    request: restricted,
  },
  default_filter: {
    says: 'the plain list hides who is not active',
    chooses: ({ twin, lie }) => {
      const inactive = new Set(inactiveOf(twin, lie))
      return others(twin, lie).filter((entry) => inactive.has(entry))
    },
  },
  all_hidden: {
    says: 'nothing is shown, with status 200, to a credential that may see nothing',
    chooses: ({ twin, lie }) => all(twin, lie),
    deep: true,
    everywhere: true,
  },
  /** A second list is answered from an index of its own. */
  stale_index: {
    says: 'the second list is answered from an index that lacks some records',
    entries: ({ state, ask, lie, twin }, entries) => {
      state['first'] ??= ask.enumeration
      if (ask.kind !== 'list' || ask.enumeration === state['first']) return entries
      const kept = new Set(without(others(twin, lie), lie))
      return entries.filter((entry) => kept.has(entry) || entry === mine(twin, lie))
    },
  },
  cap: { says: 'never more than this many a page, whatever is asked for', size: (size, lie) => Math.min(size, lie.rows ?? 3) },
  short_page: {
    says: 'fewer records than asked for; the next page goes on after them',
    size: (size) => Math.max(1, Math.floor(size * 0.6)),
  },
  delete_while_paging: {
    says: 'someone on an earlier page is deleted while the list is read',
    after: ({ twin, lie, page }) => {
      const shown = page?.rows?.flatMap((row) => (row.entry === null ? [] : [row.entry.ord])) ?? []
      const first = Math.min(...shown)
      const before = others(twin, lie).filter((entry) => entry.ord < first)
      const [gone] = some(twin.random, before.length > 0 ? before : others(twin, lie).slice(0, 1), 1)
      if (gone !== undefined) twin.world.remove(of(twin, lie), gone.id)
    },
  },
  insert_while_paging: {
    says: 'someone is added at the front while the list is read',
    after: ({ twin, lie }) => void twin.world.add(of(twin, lie), { at: 'front' }),
  },
  busy: {
    says: 'values change all the time, someone joins at the end',
    after: ({ twin, lie }) => {
      const path = titleOf(twin, lie)
      for (const entry of some(twin.random, all(twin, lie), 3)) {
        entry.native = structuredClone(entry.native)
        if (path !== null) put(entry.native, path, `Engineer ${Math.floor(twin.random() * 9)}`)
      }
      twin.world.add(of(twin, lie))
    },
  },
}

/** Ids that records of other collections are tied to. */
function namedOf({ file, world }: TwinView, collection: string): ReadonlySet<string> {
  return new Set(
    Object.entries(file.collections).flatMap(([name, { links = {} }]) => {
      const ties = Object.keys(links).filter((link) => links[link] === collection)
      return [...(world.collections.get(name)?.values() ?? [])].flatMap((entry) =>
        ties.flatMap((link) => entry.links[link] ?? []),
      )
    }),
  )
}

/** As the vendor tells a credential of its rights. */
function restricted({ twin, ask }: Struck): Answer | null {
  const told = twin.file.restricted?.[ask.endpoint]
  if (told === undefined) return null
  if (typeof told === 'string') return twin.error(told)
  return { ...twin.error('server'), status: told.status ?? 200, text: JSON.stringify(told.answer) }
}

/** Whose truth says that the account is not active. */
function inactiveOf(twin: TwinView, lie: ReadLie): readonly Entry[] {
  const told = twin.file.streams[lie.stream]?.fields['active']
  if (told === undefined) return []
  const active = (entry: Entry) =>
    render(told, { scope: scopeOf({ id: entry.id, record: entry.native }), random: null, lists: twin.world.lists })
  return all(twin, lie).filter((entry) => active(entry) === false)
}

/** Where a harmless value of a record lies: the title, else nothing. */
function titleOf(twin: TwinView, lie: ReadLie): string | null {
  const stream = twin.connector.streams[lie.stream]
  return simple(stream?.fields['title']) ?? (stream?.fields['title'] === undefined ? null : editable(stream))
}
