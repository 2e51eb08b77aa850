/** The lies. Each is a named field of a target: `faults: { next_missing: { page: 4 } }`. How often each fired is counted. */
import type { Dialect, ListName, Page, Reply, Row, Spot } from './dialect.ts'
import type { Population, Random, User } from './population.ts'
import { addUser, pick, removeUser } from './population.ts'

export type FaultOptions = {
  /** The page of an enumeration that it strikes, from 1; none: every page. `last` is the one without a next. */
  readonly page?: number | 'last'
  /** Fires at most so often; none: always. */
  readonly times?: number
  /** Which lists; none: users. */
  readonly list?: ListName
  /** For members: the place of the group it strikes; none: every group. */
  readonly group?: number
  /** How many records, or how much a total is wrong. */
  readonly rows?: number
  /** `Retry-After`. */
  readonly seconds?: number
}

export type FaultName = keyof typeof FAULTS
export type Faults = { readonly [name in FaultName]?: FaultOptions }

/** What a fault may see of the request it strikes. */
export type Struck = {
  readonly options: FaultOptions
  readonly dialect: Dialect
  readonly population: Population
  readonly random: Random
  /** From 1. */
  readonly page: number
  readonly now: Page
  /** The page before, honestly; null on the first. */
  readonly before: Page | null
  /** A number that never comes twice. */
  readonly fresh: () => number
}

export type Fault = {
  readonly says: string
  /** Whom the fault hides for good: chosen once. `deep`: also from by-id reads and from groups. */
  readonly hides?: {
    readonly who: (users: readonly User[], options: FaultOptions, random: Random) => User[]
    readonly deep: boolean
  }
  /** Lowers or caps what one page holds, before the page is cut. */
  readonly limit?: (limit: number, options: FaultOptions) => number
  readonly page?: (struck: Struck) => Page
  /** Answers instead of the page. */
  readonly instead?: (struck: Struck, base: string) => Reply
  /** Changes the finished answer. */
  readonly reply?: (reply: Reply, struck: Struck) => Reply
  /** What happens in the target once the page went out. */
  readonly after?: (struck: Struck) => void
  /** Forgets every cursor it gave before. */
  readonly expires?: true
  /** Strikes its page and all that follow. */
  readonly onwards?: true
}

export const FAULTS = {
  html_200: {
    says: 'a login page with 200',
    reply: () => ({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: LOGIN_PAGE }),
  },
  empty_200: { says: 'an empty body with 200', reply: (reply) => ({ ...reply, body: '' }) },
  truncated_200: {
    says: 'JSON cut in the middle, with a correct length',
    reply: (reply) => ({ ...reply, body: reply.body.slice(0, Math.floor(reply.body.length / 2)) }),
  },
  error_200: {
    says: "the target's own error words with 200",
    reply: (_, { dialect }) => dialect.sayError(200, 'internal', 'something went wrong, try again later'),
  },
  ok_false_200: {
    says: '{"ok":false} with 200',
    reply: (reply) => ({
      status: 200,
      headers: { 'content-type': reply.headers['content-type']! },
      body: '{"ok":false,"error":"fatal_error"}',
    }),
  },
  data_null: { says: 'null where the list should be', page: ({ now }) => ({ ...now, rows: null }) },
  empty_page: {
    says: 'no records and a valid next: the records of the page are lost',
    page: ({ now }) => ({ ...now, rows: [] }),
  },
  empty_inserted: {
    says: 'an extra page without records; nothing is lost',
    page: ({ now, fresh }) => ({ ...now, rows: [], next: { at: now.spot.at, mark: fresh() } }),
  },
  endless_empty: {
    says: 'pages without records and a new next, for ever',
    onwards: true,
    page: ({ now, fresh }) => ({ ...now, rows: [], next: { at: now.spot.at, mark: fresh() } }),
  },
  next_self: { says: 'next points to the same page', page: ({ now }) => ({ ...now, next: now.spot }) },
  next_back: { says: 'next points to the page before', page: ({ now, before }) => ({ ...now, next: before?.spot ?? now.spot }) },
  next_missing: { says: 'the page says that it is the last', page: ({ now, dialect, page }) => lastPage(now, dialect, page) },
  repeated: {
    says: 'the records of the page before again',
    page: ({ now, before }) => ({ ...now, rows: before?.rows ?? now.rows }),
  },
  stale_page: {
    says: 'a replica without the newest records, and its own total',
    page: ({ now, options }) => ({
      ...now,
      rows: without(now.rows, options.rows ?? 2),
      total: now.total - (options.rows ?? 2),
    }),
  },
  hidden_row: {
    says: 'records cut from a page after it was made; the total is true',
    page: ({ now, options }) => ({ ...now, rows: without(now.rows, options.rows ?? 1) }),
  },
  hidden_person: {
    says: 'one person cut from whatever page she is on, at each reading; the total is true',
    page: ({ now, population }) => {
      const hidden = population.users[Math.floor(population.users.length * 0.35)]?.id
      return { ...now, rows: now.rows?.filter((row) => row.kind !== 'user' || row.user.id !== hidden) ?? null }
    },
  },
  dropped_rows: {
    says: 'random records missing, others at each reading',
    page: ({ now, options, random }) => {
      const drop = new Set(pick(random, now.rows ?? [], options.rows ?? 1))
      return { ...now, rows: now.rows?.filter((row) => !drop.has(row)) ?? null }
    },
  },
  short_page: {
    says: 'fewer records than asked for; the next page goes on after them',
    limit: (limit) => Math.max(1, Math.floor(limit * 0.6)),
  },
  cap_50: { says: 'never more than 50 a page, whatever is asked for', limit: (limit) => Math.min(limit, 50) },
  total_over: { says: 'a total too high', page: ({ now, options }) => ({ ...now, total: now.total + (options.rows ?? 7) }) },
  total_under: {
    says: 'a total too low',
    page: ({ now, options }) => ({ ...now, total: Math.max(0, now.total - (options.rows ?? 7)) }),
  },
  total_page_length: {
    says: 'the total is the length of the page',
    page: ({ now }) => ({ ...now, total: now.rows?.length ?? 0 }),
  },
  forbidden: { says: '403', instead: ({ dialect }) => dialect.sayError(403, 'forbidden', 'not allowed') },
  not_found: { says: '404', instead: ({ dialect }) => dialect.sayError(404, 'notFound', 'no such thing') },
  cursor_expired: {
    says: '410: the cursor expired',
    instead: ({ dialect }) => dialect.sayError(410, 'expiredCursor', 'this cursor has expired'),
    expires: true,
  },
  throttle: {
    says: '429 with Retry-After',
    instead: ({ dialect, options }) =>
      withHeader(dialect.sayError(429, 'tooMany', 'slow down'), 'retry-after', String(options.seconds ?? 1)),
  },
  quota_403: {
    says: '403 that means a rate limit',
    instead: ({ dialect }) => dialect.sayError(403, 'quotaExceeded', 'quota exceeded'),
  },
  cut: { says: 'the connection breaks in the middle of the body', reply: (reply) => ({ ...reply, cut: true }) },

  hidden_with_totals: {
    says: 'people missing from the list and from every count; groups still name them',
    hides: { who: (users, { rows = 3 }, random) => pick(random, users, rows), deep: false },
  },
  default_filter: {
    says: 'the plain list hides the suspended',
    hides: { who: (users) => users.filter((user) => !user.active), deep: false },
  },
  restricted: {
    says: 'a token that may see six of ten, consistently',
    hides: { who: (users, _, random) => pick(random, users, Math.floor(users.length * 0.4)), deep: true },
  },

  case_twin: {
    says: 'two ids that differ by case alone',
    page: ({ now }) => withTwin(now, (id) => (id === id.toUpperCase() ? id.toLowerCase() : id.toUpperCase())),
  },
  id_reused: { says: 'one id for two people', page: ({ now }) => withTwin(now, (id) => id) },
  login_missing: {
    says: 'a required field is gone from every record',
    page: ({ now }) => everyUser(now, (user) => ({ ...user, login: undefined as unknown as string })),
  },
  email_missing: {
    says: 'an optional field is gone from every record',
    page: ({ now }) => everyUser(now, (user) => ({ ...user, email: undefined as unknown as string })),
  },
  bad_row: {
    says: 'one record with a value of the wrong type',
    page: ({ now }) => ({
      ...now,
      rows:
        now.rows?.map((row, at) =>
          at === 5 && row.kind === 'user' ? { ...row, user: { ...row.user, login: ['two', 'names'] as unknown as string } } : row,
        ) ?? null,
    }),
  },

  delete_while_paging: {
    says: 'someone on an earlier page is deleted while the list is read',
    after: ({ population, random, now }) => {
      const read = population.users.filter((user) =>
        (now.rows ?? []).every((row) => row.kind !== 'user' || user.ord < row.user.ord),
      )
      const gone = pick(random, read.length > 0 ? read : population.users.slice(0, 1), 1)[0]
      if (gone !== undefined) removeUser(population, gone.id)
    },
  },
  insert_while_paging: {
    says: 'someone is added at the front while the list is read',
    after: ({ population }) => void addUser(population, 'front'),
  },
  busy: {
    says: 'titles change all the time, someone joins at the end',
    after: ({ population, random }) => {
      for (const user of pick(random, population.users, 5)) user.title = `Engineer ${Math.floor(random() * 9)}`
      addUser(population, 'back', false)
    },
  },
  busy_groups: { says: 'someone joins at the end, and two groups', after: ({ population }) => void addUser(population, 'back') },
} as const satisfies { readonly [name: string]: Fault }

/** From the middle, where the next page can not make it good. */
function without(rows: readonly Row[] | null, count: number): readonly Row[] | null {
  return rows?.filter((_, at) => at < 7 % rows.length || at >= (7 % rows.length) + count) ?? null
}

/** Says "the end" in the dialect's own words. */
function lastPage(now: Page, dialect: Dialect, page: number): Page {
  switch (dialect.ends) {
    case 'next':
      return { ...now, next: null }
    case 'last_page':
      return { ...now, next: null, last_page: page }
    case 'total':
      return { ...now, next: null, total: now.index + (now.rows?.length ?? 0) }
  }
}

/** The second record of the page takes the first one's id, changed by `change`. */
function withTwin(now: Page, change: (id: string) => string): Page {
  const [first, second, ...rest] = now.rows ?? []
  if (first?.kind !== 'user' || second?.kind !== 'user') return now
  return { ...now, rows: [first, { kind: 'user', user: { ...second.user, id: change(first.user.id) } }, ...rest] }
}

function everyUser(now: Page, change: (user: User) => User): Page {
  return {
    ...now,
    rows: now.rows?.map((row): Row => (row.kind === 'user' ? { kind: 'user', user: change(row.user) } : row)) ?? null,
  }
}

function withHeader(reply: Reply, name: string, value: string): Reply {
  return { ...reply, headers: { ...reply.headers, [name]: value } }
}

export const sameSpot = (one: Spot, other: Spot) => one.at === other.at && one.mark === other.mark

const LOGIN_PAGE =
  '<!doctype html><html><head><title>Sign in</title></head><body><form action="/login" method="post">Sign in</form></body></html>'
