/** The lies about writes, W1 to W19. Each is a named field of a target: `faults: { no_op: { verb: 'sessions' } }`. How often each fired is counted. */
import type { Reply } from './dialect.ts'
import type { Verb, WriteDialect } from './write-dialect.ts'
import type { Change, ProfileField, World } from './write-world.ts'

export type WriteFaultOptions = {
  /** Which mutating requests it strikes; none: all that it can. */
  readonly verb?: Verb
  /** Fires at most so often; none: always. */
  readonly times?: number
  /** Lets so many of them pass first. */
  readonly skip?: number
  /** A delay, or how long until it is undone. */
  readonly ms?: number
  /** Whether the change happens all the same. */
  readonly applied?: boolean
  readonly how?: 'reset' | 'hang' | 'cut'
  readonly status?: number
  /** `Retry-After`. */
  readonly seconds?: number
  readonly fields?: readonly ProfileField[]
  /** Lists alone, not what is read by its id. */
  readonly lists?: boolean
}

export type WriteReply = Reply & { readonly drop?: 'reset' | 'hang' }

/** What a fault may see of the request it strikes. */
export type StruckWrite = {
  readonly options: WriteFaultOptions
  readonly dialect: WriteDialect
  readonly world: World
}

export type WriteFault = {
  readonly row: string
  readonly says: string
  /** The requests it can strike. */
  readonly verbs: readonly Verb[] | 'all' | 'reads'
  /** Answers instead, and nothing happens. */
  readonly instead?: (struck: StruckWrite) => WriteReply
  readonly changes?: (changes: readonly Change[], struck: StruckWrite) => readonly Change[]
  readonly reply?: (reply: WriteReply, struck: StruckWrite) => WriteReply
  readonly delays?: true
  readonly reverts?: true
  /** By-id reads show the changes, nothing else does. */
  readonly echoes?: true
  /** From this request on by-id reads are 404 and lists are empty. */
  readonly blinds?: true
  /** Two objects of one name are no error here. */
  readonly doubles?: true
  readonly job_fails?: true
}

export type WriteFaultName = keyof typeof WRITE_FAULTS
export type WriteFaults = { readonly [name in WriteFaultName]?: WriteFaultOptions }

const ACCOUNT: readonly Verb[] = ['update', 'deactivate', 'reactivate']

const ifApplied = (changes: readonly Change[], { options }: StruckWrite) => (options.applied === false ? [] : changes)

export const WRITE_FAULTS = {
  no_op: { row: 'W1', says: 'yes, and nothing happens', verbs: 'all', changes: () => [] },
  delayed: { row: 'W2', says: 'yes, and it happens later', verbs: 'all', delays: true },
  reverted: { row: 'W3', says: 'it happens, and is undone later', verbs: 'all', reverts: true },
  error_200: {
    row: 'W4',
    says: "the target's own error words with 200, nothing happens",
    verbs: 'all',
    instead: ({ dialect }) => dialect.sayError(200, 'internalError', 'the change could not be made'),
  },
  answer_lost: {
    row: 'W5, W6',
    says: 'no answer; it happened, or not',
    verbs: 'all',
    changes: ifApplied,
    reply: (reply, { options }) => (options.how === 'cut' ? { ...reply, cut: true } : { ...reply, drop: options.how ?? 'reset' }),
  },
  failed_5xx: {
    row: 'W7',
    says: 'a 5xx; it happened, or not',
    verbs: 'all',
    changes: ifApplied,
    reply: (_, { dialect, options }) => dialect.sayError(options.status ?? 500, 'internalError', 'something went wrong'),
  },
  wrong_object: {
    row: 'W8',
    says: 'it happens to somebody else',
    verbs: ['update', 'deactivate', 'reactivate', 'delete', 'sessions', 'license', 'unlicense', 'join', 'leave'],
    changes: (changes, { world }) => changes.map((change) => elsewhere(change, world)),
  },
  partial_fields: {
    row: 'W9',
    says: 'some attributes are taken, others are dropped in silence',
    verbs: ['update', 'create'],
    changes: (changes, { options }) =>
      changes.filter((change) => change.do !== 'profile' || !(options.fields ?? ['title']).includes(change.field)),
  },
  job_fails: { row: 'W10', says: '202, and the job fails later', verbs: ['tokens'], job_fails: true },
  invited: {
    row: 'W11',
    says: 'an invitation only',
    verbs: ['create'],
    changes: (changes) =>
      changes.map((change) =>
        change.do === 'create' ? { ...change, person: { ...change.person, phase: 'invited' as const } } : change,
      ),
  },
  sessions_stay: {
    row: 'W12',
    says: 'the sessions stay alive',
    verbs: ['deactivate', 'sessions'],
    changes: (changes) => changes.filter((change) => change.do !== 'sessions' && change.do !== 'valid_from'),
  },
  seat_kept: {
    row: 'W13',
    says: 'the seat is kept',
    verbs: ['unlicense'],
    changes: (changes) => changes.filter((change) => change.do !== 'licenses'),
  },
  no_uniqueness: { row: 'W14', says: 'takes a second one of the same name', verbs: ['create'], doubles: true },
  flip_flop: { row: 'W15', says: 'replicas show old, new, old', verbs: 'all' },
  cached_get: {
    row: 'W16',
    says: 'nothing happens; by id it shows, in the list it does not',
    verbs: ACCOUNT,
    changes: () => [],
    echoes: true,
  },
  blinded: {
    row: 'W17',
    says: 'the right to read is gone: 404 for everybody, empty lists',
    verbs: 'all',
    blinds: true,
    changes: (changes, { options }) => (options.applied === true ? changes : []),
  },
  upstream_readds: {
    row: 'W18',
    says: 'another system puts it back',
    verbs: ['leave', 'deactivate', 'delete', 'unlicense'],
    reverts: true,
  },
  throttled: {
    row: 'W19',
    says: '429 with Retry-After, nothing happens',
    verbs: 'all',
    instead: ({ dialect, options }) => {
      const reply = dialect.sayError(429, 'tooMany', 'slow down')
      return { ...reply, headers: { ...reply.headers, 'retry-after': String(options.seconds ?? 2) } }
    },
  },
  forbidden: {
    row: '',
    says: '403, nothing happens',
    verbs: 'all',
    instead: ({ dialect, options }) => dialect.sayError(options.status ?? 403, 'forbidden', 'you may not do this'),
  },
  moves_bystander: {
    row: '',
    says: 'the title is wiped beside what was asked',
    verbs: ACCOUNT,
    changes: (changes) => [
      ...changes,
      ...changes.flatMap((one): Change[] =>
        'id' in one && one.do === 'phase' ? [{ do: 'profile', id: one.id, field: 'title', to: 'Wiped' }] : [],
      ),
    ],
  },
  reads_fail: {
    row: '',
    says: 'reads after the write get a 503',
    verbs: 'reads',
    instead: ({ dialect, options }) => dialect.sayError(options.status ?? 503, 'unavailable', 'try again later'),
  },
  reads_throttled: {
    row: '',
    says: 'reads after the write get a 429',
    verbs: 'reads',
    instead: ({ dialect, options }) => {
      const reply = dialect.sayError(429, 'tooMany', 'slow down')
      return { ...reply, headers: { ...reply.headers, 'retry-after': String(options.seconds ?? 1) } }
    },
  },
} as const satisfies { readonly [name: string]: WriteFault }

function elsewhere(change: Change, world: World): Change {
  if (!('id' in change)) return change
  const others = [...world.people.keys()].filter((id) => id !== change.id)
  return { ...change, id: others[others.length >> 1] ?? change.id }
}
