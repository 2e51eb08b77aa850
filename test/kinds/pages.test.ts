import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { PageKind, PageView, RequestPatch } from '../../runtime/kinds/kind.ts'
import { pages } from '../../runtime/kinds/pages/index.ts'
import { parseLinkHeader } from '../../runtime/kinds/pages/parts/link-header.ts'
import type { KindOptions, Next, PageState } from '../../runtime/types.ts'

type Step = { ask?: RequestPatch; overlap?: number; view: Partial<PageView>; next: 'page' | { end: string } | { broken: string } }
type Walk = { word: string; claim: string; options: KindOptions; walk: Step[] }

const walks = parse(readFileSync(new URL('pages.yaml', import.meta.url), 'utf8')) as Walk[]
const word = (name: string): PageKind => pages[name] as PageKind
const viewOf = (part: Partial<PageView>): PageView => ({
  headers: {},
  body: {},
  received: 0,
  last: undefined,
  url: 'https://t.example/users',
  ...part,
})
const stored = (state: PageState): PageState => JSON.parse(JSON.stringify(state)) as PageState

describe.each(walks.map((walk) => [`${walk.word}: ${walk.claim}`, walk] as const))(
  '%s',
  (_name, { word: name, options, walk }) => {
    test('as in the table', () => {
      let state = word(name).first(options)
      for (const step of walk) {
        // What a checkpoint gives back must do as well as what was saved.
        expect(stored(state)).toEqual(state)
        if (step.ask !== undefined) expect(word(name).ask(options, stored(state))).toEqual(step.ask)
        if (step.overlap !== undefined) expect(word(name).overlap(options, state)).toBe(step.overlap)
        const next = word(name).next(options, stored(state), viewOf(step.view))
        if (step.next === 'page') {
          expect(next).toMatchObject({ kind: 'page' })
          state = (next as Next & { kind: 'page' }).state
        } else if ('end' in step.next) expect(next).toEqual({ kind: 'end', mark: expect.stringContaining(step.next.end) })
        else expect(next).toMatchObject({ kind: 'broken', code: step.next.broken })
      }
    })
  },
)

test('every word has walks, and every word but none one that breaks', () => {
  for (const name of Object.keys(pages)) {
    const own = walks.filter((walk) => walk.word === name)
    expect(own.length, name).toBeGreaterThan(0)
    if (name !== 'none')
      expect(
        own.some((walk) => walk.walk.some((step) => typeof step.next === 'object' && 'broken' in step.next)),
        name,
      ).toBe(true)
  }
})

/** Walks a list of `rows` numbers; `cut` says how many rows the target gives at most on each page. */
function readAll(
  options: KindOptions,
  at: (patch: RequestPatch) => number,
  rows: number,
  cut: (page: number) => number,
  total = (_page: number): unknown => rows,
) {
  const kind = word(options.kind)
  const got: number[] = []
  let state = kind.first(options)
  for (let page = 0; page < 1_000; page++) {
    const from = at(kind.ask(options, state))
    const given = Array.from({ length: Math.max(0, Math.min(cut(page), rows - from)) }, (_, i) => from + i)
    got.push(...given.slice(kind.overlap(options, state)))
    const next = kind.next(
      options,
      stored(state),
      viewOf({ body: { total: total(page), totalResults: total(page) }, received: given.length }),
    )
    if (next.kind !== 'page') return { got, next, page }
    state = next.state
  }
  throw new Error('1,000 pages and no end')
}

const offsetAt = (patch: RequestPatch) => Number(patch.query?.['o'])
const scimAt = (patch: RequestPatch) => Number(patch.query?.['startIndex']) - 1

describe('whatever page sizes a target gives', () => {
  const cases = [
    ['offset to its total', { kind: 'offset', into: { query: 'o' }, end: 'total', total: 'total' }, offsetAt],
    [
      'offset to its total, no overlap',
      { kind: 'offset', into: { query: 'o' }, overlap: 0, end: 'total', total: 'total' },
      offsetAt,
    ],
    ['offset to the empty page', { kind: 'offset', into: { query: 'o' }, end: 'empty_page' }, offsetAt],
    ['offset to the empty page, no overlap', { kind: 'offset', into: { query: 'o' }, overlap: 0, end: 'empty_page' }, offsetAt],
    ['scim_index', { kind: 'scim_index' }, scimAt],
  ] as const
  test.each(cases)('%s gives each row once and ends', (_name, options, at) => {
    fc.assert(
      fc.property(fc.nat(120), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (rows, cuts) => {
        const { got, next } = readAll(options, at, rows, (page) => cuts[page % cuts.length] as number)
        expect(next.kind).toBe('end')
        expect(got).toEqual(Array.from({ length: rows }, (_, i) => i))
      }),
    )
  })

  test('a total that moves with every page stops somewhere, and a list cut short never ends well', () => {
    fc.assert(
      fc.property(fc.nat(80), fc.array(fc.nat(200), { minLength: 1 }), (rows, totals) => {
        const { got, next } = readAll(
          { kind: 'scim_index' },
          scimAt,
          rows,
          () => 7,
          (page) => totals[page % totals.length],
        )
        if (next.kind === 'end') expect(totals).toContain(got.length)
      }),
    )
    const short = readAll(
      { kind: 'scim_index' },
      scimAt,
      30,
      () => 10,
      () => 1_000,
    )
    expect(short.next).toMatchObject({ kind: 'broken' })
  })
})

test('no word ever throws or loops to itself on whatever a target sends', () => {
  const options: readonly KindOptions[] = walks.map((walk) => walk.options)
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record(
      Object.fromEntries(
        ['next', 'more', 'total', 'pages', 'totalResults', 'nextCursor', 'startIndex', 'meta', '@odata.nextLink', 'links'].map(
          (key) => [key, fc.jsonValue()],
        ),
      ),
      { requiredKeys: [] },
    ),
  )
  const headers = fc.dictionary(fc.constantFrom('link', 'x-next', 'x-total'), fc.string())
  fc.assert(
    fc.property(fc.constantFrom(...options), body, headers, fc.nat(3), fc.jsonValue(), (chosen, sent, heads, received, last) => {
      const kind = word(chosen.kind)
      const next = kind.next(
        chosen,
        kind.first(chosen),
        viewOf({ body: sent, headers: heads, received, last: received === 0 ? undefined : last }),
      )
      expect(['page', 'end', 'broken']).toContain(next.kind)
      if (next.kind === 'page') expect(kind.ask(chosen, next.state)).toBeTypeOf('object')
    }),
    { numRuns: 2_000 },
  )
})

describe('the Link header (RFC 8288)', () => {
  test.each([
    ['', []],
    ['</a>; rel=next', [['/a', ['next']]]],
    ['</a,b;c>; rel="next"', [['/a,b;c', ['next']]]],
    [
      '</a>; title="x, </b>; rel=prev"; rel="next", </c>;rel=last',
      [
        ['/a', ['next']],
        ['/c', ['last']],
      ],
    ],
    ['</a>; rel="Next  prefetch"', [['/a', ['next', 'prefetch']]]],
    ['</a>; rel=prev; rel=next', [['/a', ['prev']]]],
    ['</a>; rel="next"; anchor="#x"', []],
    [
      ', </a> ; rel = next ,, </b>',
      [
        ['/a', ['next']],
        ['/b', []],
      ],
    ],
    ['</a>; title*=UTF-8\'\'x%2C; rel="n\\ext"', [['/a', ['next']]]],
    ['</a>; rel=next;', [['/a', ['next']]]],
    ['</a', null],
    ['</a>; title="open; rel=next', null],
    ['</a> </b>; rel=next', null],
  ] as const)('%s', (header, expected) => {
    const links = parseLinkHeader(header)
    expect(links?.map((link) => [link.target, link.rel]) ?? null).toEqual(expected)
  })

  test('a long hostile header costs little time', () => {
    const started = performance.now()
    parseLinkHeader(`${'</a>; rel="x"; '.repeat(5_000)}"${'\\'.repeat(50_000)}`)
    parseLinkHeader(`<${'<'.repeat(100_000)}`)
    expect(performance.now() - started).toBeLessThan(500)
  })
})
