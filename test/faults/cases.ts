/** The fault matrix of ../shared/faults.md, as data: which lie, told by whom, must become what. */
import { DIALECT_NAMES, type DialectName } from '../targets/dialects.ts'
import type { FaultName, Faults } from '../targets/faults.ts'
import type { RunOptions, StreamName } from './run.ts'

/**
 * complete    benign, or waited out, or read again: everything is there, every verdict complete, exit code 0
 * incomplete  the stream is incomplete, exit code 4
 * open        the stream is incomplete or unproven, exit code 4
 * safe        either of both: complete with everything there, or not complete
 */
export type Must = 'complete' | 'incomplete' | 'open' | 'safe'

export type Case = {
  /** Its number in faults.md; `peers` is the table at the top. */
  readonly row: string
  readonly claim: string
  readonly faults: Faults
  readonly on: readonly DialectName[]
  readonly must: Must
  /** Whose verdict it is; none: users. */
  readonly stream?: StreamName
  /** Streams that the fault does not touch, and that stay complete. */
  readonly spares?: readonly StreamName[]
  /** How often the fault fires at least; none: once. */
  readonly fires?: number
  readonly options?: RunOptions
  /** A check that must not speak for the stream. */
  readonly disqualifies?: string
  /** Requests at most: for lists without an end. */
  readonly most_requests?: number
}

export const ALL = DIALECT_NAMES
export const CURSORS: readonly DialectName[] = ['cursor', 'link', 'next_url']
export const NUMBERS: readonly DialectName[] = ['offset', 'page_number', 'scim']
const but = (...names: DialectName[]) => ALL.filter((name) => !names.includes(name))

/** One fault on page 4 of 10, for good. */
const page4 = (row: string, fault: FaultName, claim: string, on = ALL, must: Must = 'incomplete'): Case => ({
  row,
  claim,
  faults: { [fault]: { page: 4 } },
  on,
  must,
})

export const PEERS: readonly Case[] = [
  page4('peers, R17', 'html_200', 'a login page with 200 is no list'),
  page4('peers', 'empty_200', 'an empty body with 200 is no list'),
  page4('peers, R18', 'truncated_200', 'half a JSON text is no list'),
  page4('peers', 'error_200', 'an error with 200 is no list'),
  page4('peers, R16', 'ok_false_200', 'ok: false with 200 is no list'),
  page4('peers', 'data_null', 'null is no list where none is declared'),
  page4('peers', 'empty_page', 'records lost behind an empty page are missed'),
  page4('peers, R8', 'next_self', 'a next that points to itself is a loop', CURSORS),
  page4('peers, R8', 'next_back', 'a next that points back is a loop', CURSORS),
  page4('peers, R1', 'next_missing', 'an end that comes too early is no end'),
  page4('peers, R7', 'repeated', 'a page that came before is no progress'),
  page4('peers, R2', 'hidden_row', 'one row of a hundred is missed'),
  {
    row: 'peers, R2',
    claim: 'one person whom no page ever shows, while the total counts her',
    faults: { hidden_person: {} },
    on: ALL,
    must: 'incomplete',
  },
  page4('peers', 'forbidden', 'a 403 for good is never skipped'),
  page4('peers', 'not_found', 'a 404 on a page is never the end'),
  page4('peers', 'cut', 'a connection that always breaks is no end'),
  {
    row: 'peers',
    claim: 'a 403 that came once is not skipped',
    faults: { forbidden: { page: 4, times: 1 } },
    on: ALL,
    must: 'safe',
  },
  {
    row: 'peers',
    claim: 'a connection that broke once is tried again',
    faults: { cut: { page: 4, times: 1 } },
    on: ALL,
    must: 'complete',
  },
]

export const READING: readonly Case[] = [
  {
    row: 'R1',
    claim: 'the last page withheld, in the words of the target',
    faults: { next_missing: { page: 9 } },
    on: ALL,
    must: 'incomplete',
  },
  {
    row: 'R2',
    claim: 'rows dropped at random, with a true total',
    faults: { dropped_rows: { page: 7, rows: 3 } },
    on: ALL,
    must: 'incomplete',
  },
  {
    row: 'R3, R24',
    claim: 'people left out of the list and of every count are found through their groups',
    faults: { hidden_with_totals: { rows: 3 } },
    on: ALL,
    must: 'open',
  },
  {
    row: 'R3, R24',
    claim: 'one live person whom only a group names',
    faults: { hidden_with_totals: { rows: 1 } },
    on: ALL,
    must: 'open',
  },
  { row: 'R4', claim: 'a total too high for good', faults: { total_over: {} }, on: ALL, must: 'open' },
  { row: 'R5', claim: 'a total too low for good', faults: { total_under: {} }, on: ALL, must: 'open' },
  {
    row: 'R6',
    claim: 'a total that echoes the page length is disqualified, and the other proofs carry the verdict',
    faults: { total_page_length: {} },
    on: but('offset', 'scim'),
    must: 'complete',
    disqualifies: 'total',
  },
  {
    row: 'R6',
    claim: 'a total that echoes the page length and is the declared end cuts the list, and is found out',
    faults: { total_page_length: {} },
    on: ['offset', 'scim'],
    must: 'incomplete',
    disqualifies: 'total',
  },
  {
    row: 'R9',
    claim: 'pages without records and without an end stop after a bounded number of requests',
    faults: { endless_empty: { page: 4 } },
    on: CURSORS,
    must: 'incomplete',
    fires: 10,
    most_requests: 2_000,
  },
  {
    row: 'R10',
    claim: 'a cursor that expired once leads to a clean restart',
    faults: { cursor_expired: { page: 4, times: 1 } },
    on: CURSORS,
    must: 'complete',
  },
  {
    row: 'R10',
    claim: 'a cursor that always expires ends as incomplete',
    faults: { cursor_expired: { page: 4 } },
    on: CURSORS,
    must: 'incomplete',
    most_requests: 500,
  },
  {
    row: 'R11',
    claim: 'someone deleted while the list is read shifts nobody out of sight',
    faults: { delete_while_paging: { page: 4, times: 1 } },
    on: ALL,
    must: 'safe',
  },
  {
    row: 'R11',
    claim: 'five people deleted while the list is read, one a page',
    faults: { delete_while_paging: { times: 5 } },
    on: ALL,
    must: 'safe',
    fires: 5,
  },
  {
    row: 'R12',
    claim: 'someone added at the front while the list is read',
    faults: { insert_while_paging: { page: 4, times: 1 } },
    on: ALL,
    must: 'safe',
  },
  {
    row: 'R11, R12',
    claim: 'one deleted and one added between two pages, so that every count stays',
    faults: { delete_while_paging: { page: 4, times: 1 }, insert_while_paging: { page: 6, times: 1 } },
    on: ALL,
    must: 'safe',
  },
  {
    row: 'R13, peers',
    claim: 'a target that never gives more than 50 a page is benign',
    faults: { cap_50: {} },
    on: ALL,
    must: 'complete',
    fires: 10,
  },
  {
    row: 'R14',
    claim: 'a short page in the middle is benign',
    faults: { short_page: { page: 4 } },
    on: but('page_number'),
    must: 'complete',
  },
  {
    row: 'R14',
    claim: 'every page short is benign',
    faults: { short_page: {} },
    on: but('page_number'),
    must: 'complete',
    fires: 10,
  },
  {
    row: 'R15',
    claim: 'an empty page with a next, and nobody lost, is benign',
    faults: { empty_inserted: { page: 4 } },
    on: CURSORS,
    must: 'complete',
  },
  {
    row: 'R19',
    claim: 'a storm of 429 with Retry-After: 1 is waited out',
    faults: { throttle: { page: 4, times: 3, seconds: 1 } },
    on: ALL,
    must: 'complete',
    fires: 3,
  },
  {
    row: 'R19',
    claim: '429 with Retry-After: 0 on the first page is waited out',
    faults: { throttle: { times: 1, seconds: 0 } },
    on: ALL,
    must: 'complete',
  },
  {
    row: 'R19',
    claim: 'a 403 that means a rate limit is waited out',
    faults: { quota_403: { page: 4, times: 1 } },
    on: ALL,
    must: 'complete',
  },
  {
    row: 'R20',
    claim: 'a token that may see six of ten, without an attestation, proves nothing',
    faults: { restricted: {} },
    on: ALL,
    must: 'open',
    options: { attest: false },
  },
  {
    row: 'R20',
    claim: 'a token without the admin role is named by the scope proof, whatever a person attested',
    faults: { restricted: {} },
    on: ['cursor'],
    must: 'open',
  },
  {
    row: 'R21',
    claim: "403 on one group's members leaves the edges incomplete, and the users complete",
    faults: { forbidden: { list: 'members', group: 2 } },
    on: ALL,
    must: 'incomplete',
    stream: 'memberships',
    spares: ['users', 'groups'],
  },
  {
    row: 'R22',
    claim: "404 on one group's members leaves the edges incomplete, and the users complete",
    faults: { not_found: { list: 'members', group: 2 } },
    on: ALL,
    must: 'incomplete',
    stream: 'memberships',
    spares: ['users', 'groups'],
  },
  {
    row: 'R21',
    claim: "a member hidden from one group's list leaves the edges incomplete",
    faults: { hidden_row: { list: 'members', group: 3 } },
    on: but('scim'),
    must: 'incomplete',
    stream: 'memberships',
    spares: ['users', 'groups'],
  },
  {
    row: 'R1',
    claim: "one group's members end too early; the users stay complete",
    faults: { next_missing: { list: 'members', group: 0, page: 1 } },
    on: but('scim'),
    must: 'incomplete',
    stream: 'memberships',
    spares: ['users', 'groups'],
  },
  {
    row: 'R17',
    claim: 'a login page instead of the groups: no group is read, and none of their members is thought to be',
    faults: { html_200: { list: 'groups' } },
    on: ALL,
    must: 'incomplete',
    stream: 'groups',
  },
  {
    row: 'R2',
    claim: 'one group hidden from its list',
    faults: { hidden_row: { list: 'groups' } },
    on: ALL,
    must: 'incomplete',
    stream: 'groups',
  },
  page4('R23', 'stale_page', 'a page of a stale replica', ALL, 'open'),
  {
    row: 'R25',
    claim: 'a required field gone from one page',
    faults: { login_missing: { page: 4 } },
    on: ALL,
    must: 'incomplete',
  },
  {
    row: 'R25',
    claim: 'an optional field with a floor gone everywhere',
    faults: { email_missing: {} },
    on: ALL,
    must: 'incomplete',
  },
  { row: 'R26', claim: 'a list that hides the suspended by default', faults: { default_filter: {} }, on: ALL, must: 'open' },
  page4('R27', 'case_twin', 'two ids that differ by case alone', ['cursor', 'link', 'scim', 'next_url']),
  page4('R27', 'id_reused', 'one id for two people'),
  page4('R31', 'bad_row', 'one record that can not be mapped'),
  {
    row: 'R34',
    claim: 'a busy tenant, honest all along',
    faults: { busy: { page: 2, times: 1 } },
    on: ALL,
    must: 'complete',
  },
  {
    row: 'R34',
    claim: 'a busy tenant, where someone joins a group between the list of groups and the list of its members',
    faults: { busy_groups: { list: 'groups', page: 1, times: 1 } },
    on: ALL,
    must: 'complete',
  },
]

/** The same lies on the first and on the last page, in a population of four pages. */
export const EDGE_PAGES: readonly Case[] = (
  [
    ['html_200', ALL],
    ['empty_200', ALL],
    ['truncated_200', ALL],
    ['error_200', ALL],
    ['ok_false_200', ALL],
    ['data_null', ALL],
    ['empty_page', ALL],
    ['next_self', CURSORS],
    ['hidden_row', ALL],
    ['stale_page', ALL],
    ['forbidden', ALL],
    ['bad_row', ALL],
    ['id_reused', ALL],
  ] as const satisfies readonly (readonly [FaultName, readonly DialectName[]])[]
).flatMap(([fault, on]) =>
  ([1, 'last'] as const).map(
    (page): Case => ({
      row: 'edges',
      claim: `${fault} on ${page === 1 ? 'the first' : 'the last'} page`,
      faults: { [fault]: { page } },
      on,
      must: fault === 'stale_page' ? 'open' : 'incomplete',
      options: { n: 350, groups: 5 },
    }),
  ),
)

/** Lies that are told once. Reading again may settle them; nobody may be lost by them. */
export const ONCE: readonly Case[] = (
  [
    ['html_200', ALL],
    ['empty_200', ALL],
    ['truncated_200', ALL],
    ['error_200', ALL],
    ['data_null', ALL],
    ['empty_page', ALL],
    ['next_missing', ALL],
    ['next_back', CURSORS],
    ['repeated', ALL],
    ['hidden_row', ALL],
    ['dropped_rows', ALL],
    ['stale_page', ALL],
    ['total_over', ALL],
    ['total_under', ALL],
    ['bad_row', ALL],
    ['email_missing', ALL],
  ] as const satisfies readonly (readonly [FaultName, readonly DialectName[]])[]
).map(
  ([fault, on]): Case => ({
    row: 'once',
    claim: `${fault}, once, on page 2`,
    faults: { [fault]: { page: 2, times: 1 } },
    on,
    must: 'safe',
    options: { n: 350, groups: 5 },
  }),
)
