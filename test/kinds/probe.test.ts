/** Each word of probe, answer by answer: what shows the asked-for state, what another one, and what shows nothing. */
import { describe, expect, test } from 'vitest'
import type { ProbeAnswer, ProbeShows, ProbeView } from '../../runtime/kinds/kind.ts'
import { probe } from '../../runtime/kinds/probe/index.ts'
import { instantOf } from '../../runtime/kinds/probe/parts/instant.ts'
import type { KindOptions } from '../../runtime/types.ts'

type One = Extract<ProbeAnswer, { ask: 'one' }>
type List = Extract<ProbeAnswer, { ask: 'list' }>

const SENT = Date.parse('2026-11-20T10:00:00.400Z')
const VIEW: ProbeView = {
  vars: {
    id: 'u1',
    input: { group: 'g1' },
    settings: { domain: 'acme.example' },
    before: { id: 'u1', validFrom: '2026-11-19T08:00:00Z' },
  },
  sent_at_ms: SENT,
  now_ms: SENT + 5_000,
}
const UNSENT: ProbeView = { ...VIEW, sent_at_ms: null }

const one = (more: Partial<One>): One => ({
  ask: 'one',
  status: 200,
  headers: {},
  body: more.record ?? null,
  record: null,
  failed: null,
  control: null,
  ...more,
})
const list = (records: readonly unknown[], more: Partial<List> = {}): List => ({
  ask: 'list',
  records,
  whole: true,
  failed: null,
  control: null,
  ...more,
})
const read = (options: KindOptions, answer: ProbeAnswer, view = VIEW): ProbeShows =>
  probe[options.kind]!.read(options, view, answer)

const LOOK = { method: 'GET', path: '/x/{id}', query: [], headers: {}, body: null, decode: { kind: 'json' }, expect: [] } as const
const LIST = { list: LOOK, pages: { kind: 'none' }, records: '[]' }
const ALIVE = { control: 'alive' } as const
const DEAD = { control: 'not_alive' } as const

const STATE = { kind: 'state', expect: "= record.status == 'OFF'", rung: 1 }
const STATE_LOOK = { kind: 'state', look: LOOK, record: 'user', expect: '= status == 200 && record.off', rung: 3 }
const GONE = { kind: 'gone' }
const GONE_MARK = { kind: 'gone', expect: '= deleted == true' }
const GONE_LOOK = { kind: 'gone', look: LOOK }
const LISTED = { kind: 'listed', ...LIST, match: '= record.id == id' }
const NOT_LISTED = { kind: 'not_listed', ...LIST, match: '= record.id == id', rung: 4 }
const EMPTY = { kind: 'empty', ...LIST, rung: 4 }
const NONE_LEFT = { kind: 'count', look: LOOK, path: 'total', expect: '= count == 0', rung: 4 }
const ONE_LEFT = { kind: 'count', path: 'sessions', expect: '= count <= 1' }
const LOG = {
  kind: 'log',
  look: LOOK,
  records: 'events',
  match: "= record.type == 'cleared' && record.who == id",
  at: 'time',
  rung: 3,
}
const MOVED = { kind: 'moved', path: 'validFrom', rung: 2 }

const MOVED_LISTED = { kind: 'moved', look: LOOK, path: 'value[0].validFrom', id: 'value[0].id' }

const event = (time: unknown, type = 'cleared') => ({ type, who: 'u1', time })
const events = (...all: readonly unknown[]) => one({ body: { events: all } })
const marked = (validFrom: unknown) => one({ record: { id: 'u1', validFrom } })

type Row = [
  name: string,
  options: KindOptions,
  answer: ProbeAnswer,
  shows: ProbeShows['shows'],
  rung?: number | null,
  view?: ProbeView,
]
const ROWS: readonly Row[] = [
  // state
  ['the record shows it', STATE, one({ record: { status: 'OFF' } }), 'asked', 1],
  ['the record shows another state', STATE, one({ record: { status: 'ON' } }), 'other'],
  ['the field is lost', STATE, one({ record: {} }), 'unanswered'],
  ['no record in the answer', STATE, one({ body: {} }), 'unanswered'],
  ['200 with a broken body', STATE, one({ failed: 'decode/json', record: { status: 'OFF' } }), 'unanswered'],
  ['403', STATE, one({ status: 403 }), 'unanswered'],
  ['no answer', STATE, one({ status: 0 }), 'unanswered'],
  ['404 alone is no state', STATE, one({ status: 404 }), 'unanswered'],
  ['404 beside one alive: the object is gone', STATE, one({ status: 404, ...ALIVE }), 'gone'],
  ['404, and the control is lost too', STATE, one({ status: 404, ...DEAD }), 'unanswered'],
  ['expect gives a text', { kind: 'state', expect: '= record.status' }, one({ record: { status: 'OFF' } }), 'unanswered'],
  ['a look of its own', STATE_LOOK, one({ body: { user: { off: true } } }), 'asked', 3],
  ['a look of its own says no', STATE_LOOK, one({ body: { user: { off: false } } }), 'other'],
  ['a look of its own without the record', STATE_LOOK, one({ body: {} }), 'unanswered'],
  [
    'an expression over what is given',
    { kind: 'state', expect: '= input.group == record.group && id == before.id' },
    one({ record: { group: 'g1' } }),
    'asked',
    null,
  ],
  // gone
  ['404 beside one alive', GONE, one({ status: 404, ...ALIVE }), 'asked', null],
  ['410 beside one alive', GONE, one({ status: 410, ...ALIVE }), 'asked', null],
  ['404 alone', GONE, one({ status: 404 }), 'unanswered'],
  ['404, and the control fails too (W17)', GONE, one({ status: 404, ...DEAD }), 'unanswered'],
  ['403 beside one alive', GONE, one({ status: 403, ...ALIVE }), 'unanswered'],
  ['500 beside one alive', GONE, one({ status: 500, ...ALIVE }), 'unanswered'],
  ['still there', GONE, one({ record: { id: 'u1' }, ...ALIVE }), 'other'],
  ['200 without a record', GONE, one({ body: null, ...ALIVE }), 'unanswered'],
  ['a deleted mark beside one alive', GONE_MARK, one({ record: { deleted: true }, ...ALIVE }), 'asked', null],
  ['a deleted mark alone', GONE_MARK, one({ record: { deleted: true } }), 'unanswered'],
  ['a mark that says alive', GONE_MARK, one({ record: { deleted: false }, ...ALIVE }), 'other'],
  ['a mark that is lost', GONE_MARK, one({ record: {}, ...ALIVE }), 'unanswered'],
  ['204 of a look of its own: still there', GONE_LOOK, one({ status: 204 }), 'other'],
  ['404 of a look of its own beside one alive', GONE_LOOK, one({ status: 404, ...ALIVE }), 'asked', null],
  // listed
  ['in the list', LISTED, list([{ id: 'u0' }, { id: 'u1' }]), 'asked', null],
  ['not in the list', LISTED, list([{ id: 'u0' }]), 'other'],
  ['in a list that did not end', LISTED, list([{ id: 'u1' }], { whole: false }), 'unanswered'],
  ['a list that failed', LISTED, list([{ id: 'u1' }], { failed: 'http/timeout' }), 'unanswered'],
  ['another record cannot be told', LISTED, list([{}, { id: 'u1' }]), 'asked', null],
  ['no record can be told', LISTED, list([{}, { id: 'u0' }]), 'unanswered'],
  // not_listed
  ['absent beside one alive', NOT_LISTED, list([{ id: 'u0' }], ALIVE), 'asked', 4],
  ['absent alone', NOT_LISTED, list([{ id: 'u0' }]), 'unanswered'],
  ['absent, and the control is too', NOT_LISTED, list([], DEAD), 'unanswered'],
  ['absent from a list that did not end', NOT_LISTED, list([], { whole: false, ...ALIVE }), 'unanswered'],
  ['absent from a list that failed', NOT_LISTED, list([], { failed: 'http/timeout', ...ALIVE }), 'unanswered'],
  ['still listed', NOT_LISTED, list([{ id: 'u1' }], ALIVE), 'other'],
  ['one that cannot be told may be the one', NOT_LISTED, list([{}], ALIVE), 'unanswered'],
  // empty
  ['nothing left beside one alive', EMPTY, list([], ALIVE), 'asked', 4],
  ['nothing left, alone', EMPTY, list([]), 'unanswered'],
  ['nothing left, and the control fails', EMPTY, list([], DEAD), 'unanswered'],
  ['nothing on a list that did not end', EMPTY, list([], { whole: false, ...ALIVE }), 'unanswered'],
  ['one left', EMPTY, list([{}], ALIVE), 'other'],
  // count
  ['none beside one alive', NONE_LEFT, one({ body: { total: 0 }, ...ALIVE }), 'asked', 4],
  ['none, alone', NONE_LEFT, one({ body: { total: 0 } }), 'unanswered'],
  ['two', NONE_LEFT, one({ body: { total: 2 } }), 'other'],
  ['digits', NONE_LEFT, one({ body: { total: '0' }, ...ALIVE }), 'asked', 4],
  ['no number', NONE_LEFT, one({ body: { total: null }, ...ALIVE }), 'unanswered'],
  ['a negative number', NONE_LEFT, one({ body: { total: -1 }, ...ALIVE }), 'unanswered'],
  ['404', NONE_LEFT, one({ status: 404, ...ALIVE }), 'unanswered'],
  ['a count that is not none needs no control', ONE_LEFT, one({ record: { sessions: 1 } }), 'asked', null],
  // log
  ['the event, after the write', LOG, events(event('2026-11-20T10:00:01Z')), 'asked', 3],
  ['the event, in the second of the write', LOG, events(event('2026-11-20T10:00:00Z')), 'asked', 3],
  ['the event, a moment before the write', LOG, events(event('2026-11-20T10:00:00.399Z')), 'other'],
  ['an older event', LOG, events(event('2026-11-20T09:59:59Z')), 'other'],
  ['another event', LOG, events(event('2026-11-20T10:00:01Z', 'login')), 'other'],
  ['no event', LOG, events(), 'other'],
  ['an event without its time', LOG, events(event(undefined)), 'unanswered'],
  ['epoch seconds', LOG, events(event(SENT / 1000 + 1)), 'asked', 3],
  ['epoch milliseconds', LOG, events(event(SENT)), 'asked', 3],
  ['no log in the answer', LOG, one({ body: {} }), 'unanswered'],
  ['nothing was sent', LOG, events(event('2026-11-20T10:00:01Z')), 'unanswered', null, UNSENT],
  // moved
  ['moved', MOVED, marked('2026-11-20T10:00:02Z'), 'asked', 2],
  ['moved within the second', MOVED, marked('2026-11-20T10:00:00Z'), 'asked', 2],
  ['as before', MOVED, marked('2026-11-19T08:00:00Z'), 'other'],
  ['moved before the write', MOVED, marked('2026-11-20T09:59:00Z'), 'other'],
  [
    'as before, though later than the write',
    MOVED,
    marked('2026-11-21T00:00:00Z'),
    'other',
    null,
    { ...VIEW, vars: { before: { validFrom: '2026-11-21T00:00:00Z' } } },
  ],
  [
    'moved, of the one that was meant',
    MOVED_LISTED,
    one({ body: { value: [{ id: 'u1', validFrom: '2026-11-20T10:00:02Z' }] } }),
    'asked',
  ],
  [
    'moved, of somebody else: the filter was ignored',
    MOVED_LISTED,
    one({ body: { value: [{ id: 'u2', validFrom: '2026-11-20T10:00:02Z' }] } }),
    'unanswered',
  ],
  ['no marker', MOVED, marked(null), 'other'],
  ['a marker that is no time', MOVED, marked('yesterday'), 'unanswered'],
  ['a day is no time of day', MOVED, marked('2026-11-20'), 'unanswered'],
  ['a time without its zone', MOVED, marked('2026-11-20T10:00:02'), 'unanswered'],
  ['nothing was sent, so nothing moved', MOVED, marked('2026-11-20T10:00:02Z'), 'unanswered', null, UNSENT],
]

describe('what an answer shows', () => {
  test.each<Row>(ROWS)('%s', (_name, options, answer, shows, rung = null, view = VIEW) => {
    const said = read(options, answer, view)
    expect([said.shows, said.rung], said.because).toEqual([shows, rung])
    expect(said.because).toMatch(/\S/)
    expect(said.residual_until_ms).toBeNull()
  })
})

describe('for every word', () => {
  const kinds = Object.keys(probe).filter((kind) => kind !== 'residual')
  const NEGATIVE = ['gone', 'not_listed', 'empty']

  test('a negative finding asks for its control, and without one it never shows what was asked', () => {
    for (const kind of NEGATIVE) expect(probe[kind]!.asks(probe[kind]!.example), kind).toMatchObject({ control: true })
    const negative = ROWS.filter((row) => NEGATIVE.includes(row[1].kind) && row[3] === 'asked')
    expect(negative.length).toBeGreaterThan(4)
    for (const [name, options, answer] of negative)
      for (const control of [null, 'not_alive'] as const)
        expect(read(options, { ...answer, control } as ProbeAnswer).shows, name).toBe('unanswered')
  })

  test('an answer that failed, of another shape, or cut short shows nothing', () => {
    for (const [name, options, answer] of ROWS) {
      if (answer.ask === 'nothing') continue
      expect(read(options, { ask: 'nothing' }).shows, name).toBe('unanswered')
      expect(read(options, { ...answer, status: 200, failed: 'http/timeout' } as ProbeAnswer).shows, name).toBe('unanswered')
      if (answer.ask === 'list') expect(read(options, { ...answer, whole: false }).shows, name).toBe('unanswered')
    }
  })

  test('the look is the one declared, by default `get`', () => {
    for (const kind of ['state', 'gone', 'count', 'moved'])
      expect(probe[kind]!.asks({ ...probe[kind]!.example, look: undefined as never }), kind).toMatchObject({
        ask: 'one',
        request: 'get',
      })
    expect(kinds.map((kind) => probe[kind]!.asks(probe[kind]!.example).ask)).not.toContain('nothing')
    expect(probe['empty']!.asks({ ...EMPTY, empty: 'absent' })).toEqual({
      ask: 'list',
      request: LOOK,
      pages: { kind: 'none' },
      records: '[]',
      empty: 'absent',
      control: true,
    })
  })

  test('a name that the place does not know decides nothing', () => {
    expect(read({ kind: 'state', expect: '= has(recrod.x)' }, one({ record: {} })).shows).toBe('unanswered')
  })
})

describe('residual', () => {
  const HOUR = { kind: 'residual', longest_token: '1h' }
  test('looks at nothing, shows nothing, and says until when access may last', () => {
    expect(probe['residual']!.asks(HOUR)).toEqual({ ask: 'nothing' })
    expect(read(HOUR, { ask: 'nothing' })).toMatchObject({ shows: 'unanswered', rung: null, residual_until_ms: SENT + 3_600_000 })
    expect(read(HOUR, { ask: 'nothing' }, UNSENT)).toMatchObject({ shows: 'unanswered', residual_until_ms: null })
  })
})

test.each([
  ['2026-11-20T10:00:00Z', 1000],
  ['2026-11-20T10:00:00.000Z', 1],
  ['2026-11-20T11:00:00+01:00', 1000],
  ['2026-11-20 10:00:00+00:00', 1000],
  ['2026-11-20T10:00Z', 60_000],
  [1_795_168_800, 1000],
  ['1795168800', 1000],
  [1_795_168_800_000, 1],
])('%s is an instant', (text, step_ms) => {
  expect(instantOf(text)).toEqual({ ms: Date.parse('2026-11-20T10:00:00Z'), step_ms })
})

test.each([null, undefined, '', 'now', '2026-11-20', '2026-13-45T10:00:00Z', 0, -1, Number.NaN, true, {}])(
  '%s is none',
  (value) => {
    expect(instantOf(value)).toBeNull()
  },
)
