/** The lies about reading: which, where they strike, and how they are put into a twin. The lies themselves: `read-pages`, `read-answers`, `read-world`. */
import type { Json } from '../../../runtime/types.ts'
import { at, put } from '../twin/path.ts'
import type { Answer, Ask, Entry, Hooks, Native, Page, Row, TwinView } from '../twin/types.ts'
import { ANSWERS } from './read-answers.ts'
import { PAGES } from './read-pages.ts'
import type { ReadFault, ReadLie, Struck } from './read-types.ts'
import { WORLDS } from './read-world.ts'

export type { ReadLie } from './read-types.ts'

export const READ_FAULTS: { readonly [name: string]: ReadFault } = { ...PAGES, ...ANSWERS, ...WORLDS }

/** One hook a lie. What a lie chose (whom it hides, how often it struck) lives as long as the hook. */
export function readHooks(lies: readonly ReadLie[]): readonly Hooks[] {
  return lies.map((lie) => hookOf(lie, READ_FAULTS[lie.fault] ?? unknown(lie)))
}

const unknown = (lie: ReadLie): never => {
  throw new Error(`there is no fault ${lie.fault}`)
}

function hookOf(lie: ReadLie, fault: ReadFault): Hooks {
  let struck = 0
  let passed = 0
  let chosen: ReadonlySet<string> | null = null
  /** Of the request under way: the page it got, so that lies about the whole answer know where they are. */
  let here: { readonly no: number; readonly page: Page } | null = null
  const state: { [name: string]: Json } = {}

  const left = () => struck < (lie.times ?? Number.POSITIVE_INFINITY)
  const reads = (ask: Ask) =>
    ask.streams.includes(lie.stream) && (ask.kind === 'list' || ask.kind === 'get' || ask.kind === 'answer')
  const placed = (ask: Ask, page: Page | null, twin: TwinView): boolean => {
    if (lie.parent !== undefined && parentNo(ask, lie, twin) !== lie.parent) return false
    const no = page?.spot.page ?? 1
    if (lie.page === 'last') return page === null || page.next === null
    return lie.page === undefined || (fault.onwards === true ? no >= lie.page : no === lie.page)
  }
  const aimed = (ask: Ask, page: Page | null, twin: TwinView): boolean =>
    left() && placed(ask, page, twin) && passed++ >= (lie.skip ?? 0)
  const strike = (twin: TwinView): void => {
    struck++
    twin.fire(lie.label ?? lie.fault)
  }
  const strikes = (ask: Ask, page: Page | null, twin: TwinView): boolean => {
    const hit = aimed(ask, page, twin)
    if (hit) strike(twin)
    return hit
  }
  const seen = (ask: Ask, page: Page | null, before: Page | null, twin: TwinView): Struck => ({
    lie,
    ask,
    twin,
    page,
    before,
    state,
  })

  const changesPages = fault.page !== undefined || fault.rows !== undefined
  return {
    ...(fault.chooses === undefined
      ? {}
      : {
          hides: (collection: string, entry: Entry, place: 'list' | 'get') =>
            chosen !== null &&
            (fault.everywhere === true || (collection === state['of'] && chosen.has(entry.id))) &&
            (place === 'list' || fault.deep === true),
        }),
    instead: (ask, twin) => {
      if (fault.chooses !== undefined && chosen === null) {
        state['of'] = twin.file.streams[lie.stream]?.of ?? ''
        const { who } = lie
        chosen = new Set(who ?? fault.chooses({ lie, ask, twin, page: null, before: null, state }).map((entry) => entry.id))
      }
      if (chosen !== null && chosen.size > 0 && (reads(ask) || ask.counts.includes(lie.stream))) {
        struck++
        twin.fire(lie.label ?? lie.fault)
      }
      return fault.request === undefined || !left()
        ? null
        : counted(fault.request({ lie, ask, twin, page: null, before: null, state }), twin)
    },
    ...(fault.entries === undefined
      ? {}
      : {
          entries: (ask: Ask, entries: readonly Entry[], twin: TwinView) => {
            if (!reads(ask) || !left()) return entries
            const out = fault.entries?.({ lie, ask, twin, page: null, before: null, state }, entries) ?? entries
            return out === entries ? entries : counted(out, twin)
          },
        }),
    ...(fault.size === undefined
      ? {}
      : {
          size: (ask: Ask, size: number, twin: TwinView) => {
            if (!reads(ask) || !left()) return size
            const smaller = fault.size?.(size, lie) ?? size
            return smaller === size ? size : counted(smaller, twin)
          },
        }),
    page: (ask, page, twin, cut) => {
      if (!reads(ask)) return page
      here = { no: ask.no, page }
      if (!changesPages || !aimed(ask, page, twin)) return page
      const before = page.before === null ? null : cut(page.before)
      const struckNow = seen(ask, page, before, twin)
      const rows = fault.rows === undefined || page.rows === null ? page.rows : fault.rows(struckNow, page.rows)
      const changed = rows === page.rows ? page : { ...page, rows }
      const out = fault.page?.(struckNow, changed, cut) ?? changed
      // A lie that changes nothing did not strike.
      if (same(out, page)) return page
      strike(twin)
      return out
    },
    body: (ask, body, twin) => {
      if (fault.count !== undefined && ask.counts.includes(lie.stream) && ask.kind === 'answer')
        return counted(
          numbers(body, (n) => fault.count?.(n, lie) ?? n),
          twin,
        )
      // A list that lies inside another record: SCIM's members.
      if (!reads(ask) || ask.kind === 'list' || fault.rows === undefined) return body
      const place = twin.connector.streams[lie.stream]?.records ?? '[]'
      const list = at(body, place)
      if (!Array.isArray(list) || list.length === 0 || !aimed(ask, null, twin)) return body
      const honest = list.map((one: Json): Row => ({ entry: null, body: one }))
      const rows = fault.rows(seen(ask, null, null, twin), honest)
      if (sameRows(rows, honest)) return body
      strike(twin)
      const out = structuredClone(body) as Native
      put(out, place, rows === null ? null : rows.map((row) => row.body))
      return out
    },
    answer: (ask, answer, twin): Answer => {
      const page = here?.no === ask.no ? here.page : null
      if (fault.answer === undefined || answer.status >= 300 || !reads(ask) || !aimed(ask, page, twin)) return answer
      const out = fault.answer(seen(ask, page, null, twin), answer)
      if (out !== answer) strike(twin)
      return out
    },
    after: (ask, _answer, twin) => {
      const page = here?.no === ask.no ? here.page : null
      if (fault.after === undefined || !reads(ask) || !strikes(ask, page, twin)) return
      fault.after(seen(ask, page, null, twin))
    },
  }

  function counted<T>(value: T, twin: TwinView): T {
    if (value !== null) {
      struck++
      twin.fire(lie.label ?? lie.fault)
    }
    return value
  }
}

const sameRows = (a: readonly Row[] | null, b: readonly Row[] | null): boolean =>
  a === b || (a !== null && b !== null && a.length === b.length && a.every((row, place) => row === b[place]))
const same = (a: Page, b: Page): boolean =>
  a.next === b.next && a.total === b.total && a.pages === b.pages && sameRows(a.rows, b.rows)

/** Which of those that the list is read below, from 0: a record of the list above, or a fixed value; -1 where it is none. */
function parentNo(ask: Ask, lie: ReadLie, twin: TwinView): number {
  const [each] = Object.values(twin.connector.streams[lie.stream]?.each ?? {})
  if (each === undefined) return -1
  const asked = new Set([...Object.values(ask.params), ...ask.query.values()])
  // In a filter it stands among other words.
  const words = new Set([...ask.query.values(), JSON.stringify(ask.body)].flatMap((text) => text.split(/[\s'"(),=]+/)))
  const named = (value: Json | undefined) => value !== undefined && (asked.has(String(value)) || words.has(String(value)))
  if (each.from !== 'stream') {
    const values = each.from === 'values' ? each.values : settingOf(twin, each.setting)
    return values.findIndex(named)
  }
  const parent = twin.file.streams[each.stream]?.of
  const entries = [...(twin.world.collections.get(parent ?? '')?.values() ?? [])]
  return entries.findIndex(
    (entry) => named(entry.id) || Object.values(entry.native).some((value) => typeof value === 'string' && named(value)),
  )
}

function settingOf(twin: TwinView, name: string): readonly Json[] {
  const value = twin.file.settings?.[name] ?? twin.connector.settings[name]?.default
  return Array.isArray(value) ? value : []
}

/** Every whole number in an answer that is nothing but a count. */
function numbers(body: Json, change: (n: number) => number): Json {
  if (typeof body === 'number') return change(body)
  if (Array.isArray(body)) return body.map((item: Json) => numbers(item, change))
  if (typeof body !== 'object' || body === null) return body
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, numbers(value, change)]))
}
