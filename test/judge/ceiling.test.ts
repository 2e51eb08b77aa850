import { describe, expect, test } from 'vitest'
import { boundByCeiling, ceiling } from '../../runtime/judge/ceiling.ts'
import { judge } from '../../runtime/judge/verdict.ts'
import { prove } from '../../runtime/kinds/prove/index.ts'
import type { Connector, Finding, KindOptions, ReadFacts, RequestSpec, Stream } from '../../runtime/types.ts'
import { AT, BY_OFFSET, HONEST, inputOf, secondPass, verdictOf } from './sample.ts'

const GET: RequestSpec = {
  method: 'GET',
  path: '/users',
  query: [],
  headers: {},
  body: null,
  decode: { kind: 'json' },
  expect: [],
}
const stream = (name: string, more: Partial<Stream> = {}): Stream => ({
  name,
  is: 'account',
  title: name,
  list: GET,
  each: {},
  pages: { kind: 'cursor', from: 'next', into: { query: 'after' }, end: 'null' },
  records: 'data',
  empty: null,
  id: ['id'],
  id_is_case_sensitive: false,
  get: null,
  get_record: '[]',
  gone: null,
  expand: null,
  fields: {},
  keep: {},
  filters: [],
  covers: {},
  refers: {},
  prove: [],
  sorted_by: null,
  floor: {},
  fresh_for_s: 86_400,
  certified: true,
  ...more,
})
const connector = (...streams: Stream[]): Connector => ({
  connector: 'acme',
  version: 1,
  title: 'Acme',
  source: [],
  settings: {},
  base_url: 'https://acme.example',
  origins: [],
  auth: { kind: 'none' },
  headers: {},
  limits: { requests_per_minute: null, concurrent: 4, told_by: null, timeout_ms: 1, max_bytes: 1, attempts: 1 },
  responses: [],
  expect: [],
  whoami: null,
  scope_proof: [],
  actions: {},
  feeds: {},
  webhook: null,
  streams: Object.fromEntries(streams.map((one) => [one.name, one])),
  order: streams.map((one) => one.name),
  fingerprint: 'sha256:a',
})
const only = (more: Partial<Stream>) => ceiling(connector(stream('users', more)))[0]!

const NUMBERED = { kind: 'page_number', into: { query: 'page' }, end: 'empty_page' }
const OFFSET = { kind: 'offset', into: { query: 'offset' }, end: 'empty_page' }
const PROBED = { kind: 'total', path: 'total', probe: { query: { limit: 1 } } }
const PASS = { kind: 'second_pass', query: { limit: 70 } }
const COUNT = { kind: 'count', request: GET as unknown as string, path: '[]' }

describe('the ceiling', () => {
  test.each<[string, Partial<Stream>, string, RegExp]>([
    ['no proof at all', {}, 'unproven', /nothing independent/],
    ['a total without a probe', { prove: [{ kind: 'total', path: 'total' }] }, 'unproven', /without a `probe`/],
    ['a total with a probe', { prove: [PROBED] }, 'complete', /total/],
    ['the own account only', { prove: [{ kind: 'known_account', id: 'whoami.id' }] }, 'unproven', /nothing independent/],
    ['known ids, and no way to ask for one', { prove: [{ kind: 'by_id' }] }, 'unproven', /declares no `get`/],
    ['a by-id read alone', { get: GET }, 'complete', /by_id/],
    ['canaries', { prove: [{ kind: 'canaries' }] }, 'complete', /canaries/],
    ['a second pass', { prove: [PASS] }, 'complete', /second_pass/],
    ['numbered pages with a total only', { prove: [PROBED], pages: NUMBERED }, 'unproven', /numbered pages unseen/],
    [
      'numbered pages with a total in a declared order',
      { prove: [PROBED], pages: NUMBERED, sorted_by: 'id' },
      'complete',
      /total/,
    ],
    ['numbered pages with a second pass', { prove: [PASS], pages: NUMBERED }, 'complete', /second_pass/],
    ['numbered pages with a count: while it is one page', { prove: [COUNT], pages: NUMBERED }, 'complete', /count/],
    ['offset with its default overlap and a total', { prove: [PROBED], pages: OFFSET }, 'complete', /total/],
    [
      'offset without overlap and a total',
      { prove: [PROBED], pages: { ...OFFSET, overlap: 0 } },
      'unproven',
      /numbered pages unseen/,
    ],
  ])('%s', (_name, more, best, because) => {
    const found = only(more)
    expect(found.best).toBe(best)
    expect(found.because.join(' ')).toMatch(because)
    if (best === 'unproven') expect(found.needs).not.toEqual([])
  })

  test('says what else it takes: an attestation, canary ids, an earlier snapshot, one page', () => {
    expect(only({ prove: [{ kind: 'canaries' }], get: GET }).needs.join(' ')).toMatch(
      /attestation.*planted accounts.*earlier snapshot/,
    )
    expect(only({ prove: [COUNT], pages: NUMBERED }).needs.join(' ')).toMatch(/one page/)
    const scoped = {
      ...connector(stream('users', { prove: [PASS] })),
      scope_proof: [{ request: GET, expect: 'true', refuted_by: null, shows: 'all' }],
    }
    expect(ceiling(scoped)[0]!.needs).toEqual([])
  })

  test('a list below a list is no better than it, to any depth', () => {
    const below = (name: string, parent: string) =>
      stream(name, { prove: [PASS], each: { parent: { from: 'stream', stream: parent } } })
    const best = (top: Partial<Stream>) =>
      ceiling(connector(stream('orgs', top), below('groups', 'orgs'), below('memberships', 'groups'))).map((one) => one.best)
    expect(best({})).toEqual(['unproven', 'unproven', 'unproven'])
    expect(best({ prove: [PASS] })).toEqual(['complete', 'complete', 'complete'])
  })
})

describe('no verdict is above its ceiling', () => {
  const complete = verdictOf(HONEST, secondPass(HONEST))

  test('one that would be is lowered, and says why', () => {
    const bound = boundByCeiling(complete, only({}))
    expect(bound).toMatchObject({
      is: 'unproven',
      because: expect.stringMatching(/^unproven · above what the connector can prove of users/),
    })
    expect(bound.next_steps.length).toBeGreaterThan(0)
  })

  test('one below is left as it is', () => {
    expect(boundByCeiling(complete, only({ prove: [PASS] }))).toBe(complete)
    const unproven = verdictOf(HONEST, [])
    expect(boundByCeiling(unproven, only({}))).toBe(unproven)
  })

  test('the judge stays below by itself, with every declared word answering as well as it can', () => {
    const words: readonly KindOptions[] = [
      PROBED,
      { kind: 'total', path: 'total' },
      COUNT,
      PASS,
      { kind: 'by_id' },
      { kind: 'two_path', stream: 'seats', field: 'account' },
      { kind: 'known_account', id: 'whoami.id' },
      { kind: 'canaries' },
    ]
    const unwatched = { stitches: { held: 0, differed: 0 }, stitched: 0, fetched: 1000 }
    const one = { pages: 1, ...unwatched }
    let cases = 0
    for (let set = 0; set < 2 ** words.length; set++) {
      const declared = words.filter((_, bit) => (set >> bit) & 1)
      for (const get of [null, GET]) {
        for (const sorted_by of [null, 'id']) {
          for (const [pages, overlap] of [
            [{ kind: 'cursor' }, false],
            [NUMBERED, false],
            [OFFSET, true],
            [{ ...OFFSET, overlap: 0 }, false],
          ] as const) {
            const numbered = pages.kind !== 'cursor'
            const reads: ReadFacts[] = !numbered
              ? [HONEST, { ...HONEST, pages: 1 }]
              : [{ ...BY_OFFSET, ...one }, overlap ? BY_OFFSET : { ...BY_OFFSET, ...unwatched }]
            const top = only({ prove: declared, get, sorted_by, pages: pages as KindOptions })
            const best = reads.map((facts) => {
              const ordered = sorted_by === null ? facts : { ...facts, order: { held: facts.pages, violated: 0 } }
              return judge(inputOf(ordered, [...attested, ...answered(declared, get, ordered)])).is
            })
            cases++
            expect(
              best.includes('complete') ? 'complete' : 'unproven',
              JSON.stringify({ declared, get: get !== null, sorted_by, pages }),
            ).toBe(top.best)
          }
        }
      }
    }
    expect(cases).toBe(4096)
  })
})

const attested: readonly Finding[] = [
  {
    check: 'scope_attested',
    item: 16,
    class: 'G',
    result: 'holds',
    because: AT,
    facts: { by: 'Ada' },
    confirms: false,
    settle: null,
  },
]

/** The best answers a target can give: everything agrees, and by-id reads work where there are any. */
function answered(words: readonly KindOptions[], get: RequestSpec | null, facts: ReadFacts): readonly Finding[] {
  const known = {
    ask: 'by_id',
    frame: 1000,
    in_read: 1000,
    absent: 0,
    alive: [],
    gone: 0,
    unanswered: 0,
    control_alive: true,
    failed: get === null ? 'no get' : null,
  } as const
  const implied = get === null ? [] : [{ kind: 'by_id' }]
  return [...words, ...implied].flatMap((options) =>
    prove[options.kind]!.assess(options, { facts, total: { last: 1000, moved: false, missing: 0, broken: null } }, [
      { ask: 'list_once', total: 1000, received: 1, failed: null },
      { ask: 'count', before: 1000, after: 1000, failed: null },
      {
        ask: 'pass',
        ids: 1000,
        only_first: 0,
        only_second: 0,
        samples: { only_first: [], only_second: [] },
        tries: 1,
        alike: 0,
        failed: null,
      },
      known,
      { ask: 'has', asked: 1, absent: [], failed: null },
    ]),
  )
}
