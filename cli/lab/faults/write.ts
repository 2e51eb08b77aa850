/** The lies about writes, W1 to W19 of faults.md and their kin: each a named strike with its parameters, as data. `strike.ts` plays them. */
import type { ErrorName } from '../twin/types.ts'

export type Lie = {
  readonly fault: WriteFaultName
  /** Which requests that change something: the n-th kind of them (from 0) that comes by in this run; absent: all. */
  readonly step?: number
  /** Lets so many of them pass first. */
  readonly skip?: number
  /** Strikes at most so often; absent: always. */
  readonly times?: number
  /** A delay, a replica's lag, or how long until it is undone. */
  readonly ms?: number
  /** Whether the change happens all the same. */
  readonly applied?: boolean
  readonly how?: 'reset' | 'cut' | 'hang'
  readonly status?: number
  /** `Retry-After`. */
  readonly seconds?: number
  /** Lists alone or what is read by id alone; absent: both. */
  readonly reads?: 'list' | 'get'
  /** Facet whose records stay behind. */
  readonly facet?: string
}

/** What a fault does, in the order in which a request meets it. */
export type WriteFault = {
  readonly row: string
  readonly says: string
  /** Requests that it strikes. */
  readonly strikes: 'writes' | 'reads'
  /** An answer instead, and nothing happens. */
  readonly instead?: ErrorName
  /** With this status in place of the error's own. */
  readonly as_status?: number
  /** What becomes of the changes. */
  readonly changes?:
    | 'none'
    | 'job_only'
    | 'if_applied'
    | 'elsewhere'
    | 'first_only'
    | 'leaves_facet'
    | 'invited'
    | 'and_bystander'
  /** Not the target's own answer: something in between says 200 and hands nothing on. */
  readonly between?: true
  /** What becomes of the answer. */
  readonly answer?: 'lost' | 'failed' | 'accepted_202' | 'no_content'
  readonly when?: 'delayed' | 'undone'
  /** Reads by id show the changes, nothing else does. */
  readonly ghost?: true
  /** From here on nothing can be read. */
  readonly blinds?: true
  /** A second record with the same name is no error. */
  readonly doubles?: true
}

export const WRITE_FAULTS = {
  no_op: { row: 'W1', says: 'yes, and nothing happens', strikes: 'writes', changes: 'none' },
  delayed: { row: 'W2', says: 'yes, and it happens later', strikes: 'writes', when: 'delayed' },
  reverted: { row: 'W3', says: 'it happens, and is undone later', strikes: 'writes', when: 'undone' },
  error_200: {
    row: 'W4',
    says: 'an error in the words of the target, with status 200',
    strikes: 'writes',
    instead: 'server',
    as_status: 200,
  },
  answer_lost: { row: 'W5/W6', says: 'no answer; it happened, or not', strikes: 'writes', changes: 'if_applied', answer: 'lost' },
  failed_5xx: { row: 'W7', says: 'a 5xx; it happened, or not', strikes: 'writes', changes: 'if_applied', answer: 'failed' },
  wrong_object: { row: 'W8', says: 'it happens to somebody else', strikes: 'writes', changes: 'elsewhere' },
  moves_bystander: { row: 'W8', says: 'something beside it is changed too', strikes: 'writes', changes: 'and_bystander' },
  partial_fields: {
    row: 'W9',
    says: 'one attribute is taken, the others are dropped in silence',
    strikes: 'writes',
    changes: 'first_only',
  },
  accepted_202: { row: 'W10', says: '202, and then it fails', strikes: 'writes', changes: 'job_only', answer: 'accepted_202' },
  invited: { row: 'W11', says: 'an invitation only', strikes: 'writes', changes: 'invited' },
  stays_behind: {
    row: 'W12/W13',
    says: 'sessions, tokens or a seat are left as they were',
    strikes: 'writes',
    changes: 'leaves_facet',
  },
  doubles: { row: 'W14', says: 'takes a second record of the same name', strikes: 'writes', doubles: true },
  flip_flop: { row: 'W15', says: 'a replica lags: old, new, old', strikes: 'reads' },
  ghost: {
    row: 'W16',
    says: 'by id it shows, in lists it does not, and it did not happen',
    strikes: 'writes',
    changes: 'none',
    ghost: true,
  },
  blinded: {
    row: 'W17',
    says: 'the right to read is lost: 404 for everybody, empty lists',
    strikes: 'writes',
    changes: 'if_applied',
    blinds: true,
  },
  upstream: { row: 'W18', says: 'another system puts it back', strikes: 'writes', when: 'undone' },
  throttled: { row: 'W19', says: '429 with Retry-After, nothing happens', strikes: 'writes', instead: 'too_many' },
  forbidden: { row: 'refused', says: '403, nothing happens', strikes: 'writes', instead: 'forbidden' },
  conflicted: { row: 'filed-37', says: 'the version changed under it: 409 or 412', strikes: 'writes', instead: 'conflict' },
  not_yet: { row: 'filed-32', says: 'what is there is not found yet', strikes: 'writes', instead: 'not_found' },
  ignored: { row: 'filed-44', says: '204, and nothing happens', strikes: 'writes', changes: 'none', answer: 'no_content' },
  swallowed: { row: 'filed-47', says: 'never sent on, and yet 200', strikes: 'writes', instead: 'server', between: true },
  reads_fail: { row: 'odd', says: 'reads after the write get a 503', strikes: 'reads', instead: 'server', as_status: 503 },
  reads_throttled: { row: 'odd', says: 'reads after the write get a 429', strikes: 'reads', instead: 'too_many' },
} as const satisfies { readonly [name: string]: WriteFault }
export type WriteFaultName = keyof typeof WRITE_FAULTS
