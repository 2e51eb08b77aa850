/** One request → one answer, from the world: lists, by id, fixed answers, writes. Lies plug in at the hooks. */
import type { Json } from '../../../runtime/types.ts'
import { csvOf } from './csv.ts'
import type { Served } from './dialect.ts'
import { apply } from './effects.ts'
import { whenHolds } from './match.ts'
import { cutAt, scaled } from './pages/page.ts'
import { WORDS } from './pages/words.ts'
import { at, over, put } from './path.ts'
import { selected } from './select.ts'
import { render } from './template.ts'
import type {
  Answer,
  Ask,
  Done,
  Effect,
  EndpointSpec,
  Entry,
  ErrorName,
  Hooks,
  Lists,
  Native,
  Page,
  Spot,
  Subject,
  TwinView,
  World,
} from './types.ts'

export type Inside = TwinView & {
  readonly lists: Lists
  readonly hooks: readonly Hooks[]
  readonly page_size: number
  /** Enumeration → spots by page number: offsets do not carry it. */
  readonly seen: Map<string, { readonly page: number; readonly spot: Spot }[]>
  /** Enumeration of a feed → how much had happened when its first page was asked for: from there the next one goes on. */
  readonly begun: Map<string, number>
  /** The request's own URL with these parameters instead. */
  readonly url: (ask: Ask, params: { readonly [name: string]: string }) => string
  readonly stranger: (why: string) => void
}
type Body = { readonly status: number; readonly headers: { readonly [name: string]: string }; readonly body: Json | undefined }
type Of<Key extends string> = Extract<EndpointSpec, { readonly [key in Key]: unknown }>

export function answer(twin: Inside, ask: Ask, served: Served): Body | Answer {
  const { spec } = served
  const { scope } = ask
  const say = (template: Json) => render(template, { scope, random: null, lists: twin.lists })
  const headers = Object.fromEntries(Object.entries(spec.headers ?? {}).map(([name, value]) => [name, String(say(value) ?? '')]))
  if ('list' in spec) return list(twin, ask, served, spec as Of<'list'>, headers)
  if ('get' in spec) {
    const one = spec as Of<'get'>
    const id = String(say(one.id ?? `{param.${Object.keys(ask.params)[0] ?? 'id'}}`))
    const of = [one.get, ...(one.or ?? [])].find((name) => byId(twin, name, id, one.by) !== null) ?? one.get
    const found = byId(twin, of, id, one.by)
    const shown = found === null ? [] : visible(twin, ask, of, [found], 'get')
    const entry = shown[0]
    if (entry === undefined) return removed(twin, of, String(say(one.id ?? ''))) ?? twin.error('not_found')
    const body = one.as === undefined ? twin.world.shown(of, entry) : twin.world.told(of, entry, one.as, ask.scope)
    return { status: 200, headers, body: selected(body, one.select, ask) }
  }
  if ('answer' in spec && !('effects' in spec))
    return { status: (spec as Of<'answer'>).status ?? 200, headers, body: say((spec as Of<'answer'>).answer) ?? null }
  return write(twin, ask, spec as Of<'effects'>, headers)
}

export function byId(
  twin: Pick<Inside, 'world'>,
  collection: string,
  id: string,
  by: readonly string[] | undefined,
): Entry | null {
  const all = twin.world.collections.get(collection)
  const direct = all?.get(id)
  if (direct !== undefined) return direct
  for (const path of by ?? [])
    for (const entry of all?.values() ?? []) if (String(at(entry.native, path) ?? '') === id) return entry
  return null
}

function removed(twin: Inside, collection: string, id: string): Body | null {
  const laid = twin.file.collections[collection]?.removed
  const entry = twin.world.removed.get(collection)?.get(id)
  return laid === undefined || entry === undefined ? null : { status: 200, headers: {}, body: over(entry.native, laid) }
}

function visible(twin: Inside, ask: Ask, collection: string, entries: readonly Entry[], place: 'list' | 'get'): readonly Entry[] {
  let shown = entries
  for (const hook of twin.hooks) {
    const { hides } = hook
    if (hides !== undefined) shown = shown.filter((entry) => !hides(collection, entry, place))
    shown = hook.entries?.(ask, shown, twin) ?? shown
  }
  return shown
}

function list(twin: Inside, ask: Ask, served: Served, spec: Of<'list'>, headers: Body['headers']): Body | Answer {
  const form = served.list as NonNullable<Served['list']>
  const say = (template: Json) => render(template, { scope: ask.scope, random: null, lists: twin.lists })
  if (spec.below !== undefined && byId(twin, spec.below.of, String(say(spec.below.id)), spec.below.by) === null)
    return twin.error('not_found')
  const entries = viewed(twin, ask, spec)
  if (entries === null) {
    twin.stranger(`${ask.method} ${ask.endpoint}: a filter that nobody here understands`)
    return twin.error('bad_request')
  }
  const shown = visible(twin, ask, spec.list, entries, 'list')
  const as = spec.as
  const rowOf = (entry: Entry): Json =>
    selected(
      as === undefined ? twin.world.shown(spec.list, entry) : twin.world.told(spec.list, entry, as, ask.scope),
      spec.select,
      ask,
    )
  const said = paged(twin, ask, form, shown, rowOf, {
    headers,
    around: spec.around,
    absent: spec.absent_when_empty === true,
  }).answer
  return spec.csv === undefined || 'text' in said
    ? said
    : {
        status: said.status,
        headers: { ...said.headers, 'content-type': 'text/csv; charset=utf-8' },
        text: csvOf(spec.csv, said.body),
      }
}

/** The page that is asked for, as lies leave it, written down. */
export function paged(
  twin: Inside,
  ask: Ask,
  form: NonNullable<Served['list']>,
  shown: readonly Entry[],
  row: (entry: Entry) => Json,
  o: { readonly headers: Body['headers']; readonly around: Json | undefined; readonly absent: boolean },
): { readonly answer: Answer; readonly page: null } | { readonly answer: Body; readonly page: Page } {
  const word = WORDS[form.pages.kind]
  if (word === undefined) throw new Error(`the twin speaks no paging \`${form.pages.kind}\``)
  const size = twin.hooks.reduce((now, hook) => hook.size?.(ask, now, twin) ?? now, sizeOf(twin, ask, form))
  const read = word.read(form.pages, ask, size)
  if (read === null) return { answer: twin.error('bad_request'), page: null }
  const by_index = word.by_index || form.pages['by'] === 'page' || form.pages['by'] === 'index'
  const { spot, before } = counted(twin, ask, read)
  const cut = (at: Spot): Page =>
    cutAt(shown, at, { size: form.pages.kind === 'none' ? Number.POSITIVE_INFINITY : size, by_index, before, row })
  const struck: Ask = { ...ask, page: spot.page }
  let page = cut(spot)
  for (const hook of twin.hooks) page = hook.page?.(struck, page, twin, cut) ?? page
  const written = word.write(form.pages, page, (params) => twin.url(ask, params))
  const rows: Json = page.rows === null ? null : page.rows.map((one) => one.body)
  const headers = { ...o.headers, ...written.headers, ...totalHeader(form, page, ask, {}) }
  if (form.at === '' || form.at === '[]') return { answer: { status: 200, headers, body: rows }, page }
  const around = render(o.around ?? {}, { scope: ask.scope, random: null, lists: twin.lists }) ?? {}
  const body: Native = structuredClone(around as Native)
  for (const [path, value] of written.body) put(body, path, value)
  if (typeof form.total === 'string' && whenHolds(form.total_when, ask.scope) !== null) put(body, form.total, page.total)
  if (!(o.absent && page.rows?.length === 0)) put(body, form.at, rows)
  return { answer: { status: 200, headers, body }, page }
}

function totalHeader(form: NonNullable<Served['list']>, page: Page, ask: Ask, out: { [name: string]: string }): Body['headers'] {
  if (typeof form.total === 'object' && form.total !== null && whenHolds(form.total_when, ask.scope) !== null)
    out[form.total.header.toLowerCase()] = String(page.total)
  return out
}

/** The list before it is cut. Null: a filter that no view understands. */
function viewed(twin: Inside, ask: Ask, spec: Of<'list'>): readonly Entry[] | null {
  // By a link where there is one: the world has an index of those.
  const all =
    spec.where === undefined
      ? [...(twin.world.collections.get(spec.list)?.values() ?? [])]
      : twin.lists.entries(spec.list, spec.where, ask.scope)
  let entries: readonly Entry[] = all
  const understood = new Set<string>()
  for (const view of spec.views ?? []) {
    const captured = whenHolds(view.when, ask.scope)
    if (captured === null) continue
    for (const place of Object.keys(view.when ?? {})) understood.add(place)
    const scope = (name: string) => (name.startsWith('match.') ? captured[name.slice(6)] : ask.scope(name))
    const { keep, drop, sort } = view
    if (keep !== undefined) entries = entries.filter((entry) => twin.world.matches(spec.list, entry, keep, scope))
    if (drop !== undefined) entries = entries.filter((entry) => !twin.world.matches(spec.list, entry, drop, scope))
    if (sort !== undefined) {
      const sign = sort.descending === true ? -1 : 1
      const key = (entry: Entry) => String(at(entry.native, sort.by) ?? '')
      entries = entries.toSorted((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : a.ord - b.ord))
    }
  }
  const strange = (spec.filters ?? []).some((name) => ask.query.has(name) && !understood.has(`query.${name}`))
  return strange ? null : entries
}

/** Scaled down from what the connector asks for in production to the lab's page; a page of one stays a page of one. */
function sizeOf(twin: Inside, ask: Ask, form: NonNullable<Served['list']>): number {
  const { size } = form
  const text =
    size === null ? null : size.query !== undefined ? ask.query.get(size.query) : (at(ask.body, size.body ?? '') ?? null)
  if (size === null || text === null || !/^\d+$/.test(String(text))) return twin.page_size
  return scaled(Number(text), size.full, twin.page_size)
}

/** Offsets carry no page number: the same place again is the same page, a later one the next. */
function counted(twin: Inside, ask: Ask, spot: Spot): { readonly spot: Spot; readonly before: Spot | null } {
  const known = twin.seen.get(ask.enumeration) ?? []
  const same = (one: { readonly spot: Spot }) =>
    one.spot.index === spot.index && one.spot.after === spot.after && one.spot.mark === spot.mark
  const beginning = spot.index === 0 && spot.after === null && spot.mark === 0
  const found = beginning ? undefined : known.find(same)
  const last = known.at(-1)
  const page = found?.page ?? (beginning ? 1 : Math.max(spot.page, (last?.page ?? 0) + 1))
  const kept = beginning ? [] : known
  const here = { page, spot: { ...spot, page } }
  twin.seen.set(ask.enumeration, found === undefined ? [...kept, here] : kept)
  return { spot: here.spot, before: kept.findLast((one) => one.page < page)?.spot ?? null }
}

/** Null where it is there and as it must be, else the refusal. */
export function fits(twin: Pick<Inside, 'world' | 'lists'>, on: Subject, scope: Ask['scope']): ErrorName | null {
  const entry = byId(twin, on.of, String(render(on.id, { scope, random: null, lists: twin.lists })), on.by)
  if (entry === null) return 'not_found'
  if (on.only === undefined || twin.world.matches(on.of, entry, on.only, scope)) return null
  return on.else === undefined || on.else === 'next' ? 'bad_request' : on.else
}

function write(twin: Inside, ask: Ask, spec: Of<'effects'>, headers: Body['headers']): Body | Answer {
  const say = (template: Json) => render(template, { scope: ask.scope, random: null, lists: twin.lists })
  const { on } = spec
  const subject = on === undefined ? null : byId(twin, on.of, String(say(on.id)), on.by)
  for (const one of [...(on === undefined ? [] : [on]), ...(spec.also ?? [])]) {
    const fit = fits(twin, one, ask.scope)
    if (fit !== null) return twin.error(fit)
  }
  const recordOf =
    (world: World, entry: Entry | null): Ask['scope'] =>
    (name) =>
      on !== undefined && entry !== null && (name === 'record' || name.startsWith('record.'))
        ? at(world.shown(on.of, entry), name.slice('record.'.length))
        : ask.scope(name)
  const seen: Ask = { ...ask, scope: recordOf(twin.world, subject) }
  let told = twin.world
  let made: Done['made'] = null
  const does = twin.hooks.find((hook) => hook.does !== undefined)?.does
  if (does !== undefined) {
    const done = does(seen, spec.effects, twin)
    if ('text' in done) return done
    told = done.world
    made = done.made
  } else {
    let effects: readonly Effect[] | null = spec.effects
    for (const hook of twin.hooks) if (effects !== null && hook.write !== undefined) effects = hook.write(seen, effects, twin)
    if (effects !== null) apply(twin.world, effects, seen.scope)
  }
  const after = on === undefined || subject === null ? null : (told.collections.get(on.of)?.get(subject.id) ?? subject)
  const record = recordOf(told, after)
  const fresh = made === null ? undefined : told.collections.get(made.of)?.get(made.id)
  const scope: Ask['scope'] = (name) =>
    made !== null && fresh !== undefined && (name === 'made' || name.startsWith('made.'))
      ? at(told.shown(made.of, fresh), name.slice('made.'.length))
      : record(name)
  const ground = { scope, random: null, lists: told.lists }
  const body = spec.answer === undefined ? undefined : render(spec.answer, ground)
  return { status: spec.status ?? (body === undefined ? 204 : 200), headers, body }
}
