/** R1 … R31 of faults.md, and several at once. */
import * as fits from './fits.ts'
import { lost, PAGES, SEVERAL, SMALL, settled } from './read-make.ts'
import type { ReadScenario } from './read-types.ts'

export const READING: readonly ReadScenario[] = [
  lost('R1', 'a page says that it is the last, and is not', [{ fault: 'next_missing', where: 'early' }]),
  settled('R1/once', 'a page says once that it is the last', [{ fault: 'next_missing', where: 'early', times: 1 }]),
  lost(
    'R2',
    'a few records dropped at random, others at each reading; the total is true',
    [{ fault: 'dropped_rows', rows: 'some' }],
    { target: fits.any, pages: 1, sizes: SMALL },
  ),
  settled('R2/once', 'a few records dropped from one page, once', [
    { fault: 'dropped_rows', rows: 'some', where: 'any', times: 1 },
  ]),
  lost('R2/person', 'one record that no page ever shows, while the total counts it', [{ fault: 'hidden_person' }], {
    target: fits.totalled,
    pages: 1,
    sizes: SMALL,
  }),
  lost(
    'R3',
    'people left out of the list and of every count; edges still name them',
    [{ fault: 'hidden_with_totals', rows: 'some' }],
    { target: fits.named, pages: 1, sizes: SMALL },
  ),
  lost(
    'R3/known',
    'records left out of list and counts that an earlier sync saw, and that live',
    [{ fault: 'hidden_with_totals', rows: 'some' }],
    { target: fits.readable, pages: 1, sizes: SMALL, before: {} },
  ),
  lost('R3/canary', 'a canary left out of list and counts', [{ fault: 'hidden_with_totals', rows: 1 }], {
    target: fits.users,
    pages: 1,
    sizes: SMALL,
    canaries: true,
  }),
  lost('R4', 'a total too high', [{ fault: 'total_over', rows: 'some' }], { target: fits.totalled, pages: 1, sizes: SEVERAL }),
  lost('R5', 'a total too low', [{ fault: 'total_under', rows: 'some' }], { target: fits.totalled, pages: 1, sizes: SEVERAL }),
  settled('R4/once', 'a total too high, once', [{ fault: 'total_over', rows: 'some', times: 1 }], { target: fits.listTotalled }),
  settled('R5/once', 'a total too low, once', [{ fault: 'total_under', rows: 'some', times: 1 }], { target: fits.listTotalled }),
  settled('R6', 'the total is the length of the page', [{ fault: 'total_page_length' }], {
    // On a list of one page it is the truth.
    target: fits.both(fits.paged, fits.listTotalled),
  }),
  lost('R7', 'the page before comes again in place of its own', [{ fault: 'repeated', where: 'later' }]),
  settled('R7/once', 'the page before comes again, once', [{ fault: 'repeated', where: 'later', times: 1 }]),
  lost('R8', 'next points to the page itself', [{ fault: 'next_self', where: 'early' }], { target: fits.cursors }),
  lost('R8/back', 'next points to the page before', [{ fault: 'next_back', where: 'later' }], {
    target: fits.cursors,
    sizes: PAGES,
  }),
  lost('R9', 'pages without records under a new next, for ever', [{ fault: 'endless_empty', where: 'any' }], {
    target: fits.free,
  }),
  lost('R9/same', 'the same records under a new next, for ever', [{ fault: 'endless_same', where: 'any' }], {
    target: fits.free,
  }),
  settled('R10', 'the cursor expires once', [{ fault: 'cursor_expired', where: 'later', times: 1 }], {
    target: fits.free,
    sizes: PAGES,
  }),
  lost('R10/always', 'the cursor expires whenever it is used', [{ fault: 'cursor_expired', where: 'later' }], {
    target: fits.free,
  }),
  settled(
    'R11',
    'someone on an earlier page is deleted while the list is read',
    [{ fault: 'delete_while_paging', where: 'early', times: 1 }],
    { target: fits.both(fits.paged, fits.nodes), sizes: PAGES },
  ),
  settled('R11/often', 'someone is deleted at each page', [{ fault: 'delete_while_paging', times: 4 }], {
    target: fits.both(fits.paged, fits.nodes),
    sizes: PAGES,
  }),
  settled(
    'R12',
    'someone is added at the front while the list is read',
    [{ fault: 'insert_while_paging', where: 'early', times: 1 }],
    { target: fits.both(fits.paged, fits.nodes), sizes: PAGES },
  ),
  settled(
    'R11+R12',
    'one deleted and one added between two pages, so that every count stays',
    [
      { fault: 'delete_while_paging', where: 'early', times: 1 },
      { fault: 'insert_while_paging', where: 'early', times: 1 },
    ],
    { target: fits.both(fits.paged, fits.nodes), sizes: PAGES },
  ),
  lost('R16', '{} with 200 in place of a page', [{ fault: 'object_200', where: 'early' }]),
  lost('R20', 'a token that sees a part, consistently, and no person who says otherwise', [{ fault: 'hidden_everywhere' }], {
    target: fits.users,
    pages: 1,
    sizes: SMALL,
    unattested: true,
  }),
  lost('R21', "403 on one parent's list", [{ fault: 'forbidden', one_parent: true }], {
    target: fits.parted,
    pages: 1,
    sizes: SMALL,
  }),
  lost('R22', "404 on one parent's list", [{ fault: 'not_found', one_parent: true }], {
    target: fits.parted,
    pages: 1,
    sizes: SMALL,
  }),
  lost('R23', 'a page of a stale replica, with its own total', [
    { fault: 'stale_page', where: 'any', rows: 'some', cut: 'inside' },
  ]),
  settled('R23/end', 'a page of a stale replica that lacks its last records', [
    { fault: 'stale_page', where: 'any', rows: 'some', cut: 'end' },
  ]),
  settled('R23/once', 'a page of a stale replica, once', [
    { fault: 'stale_page', where: 'any', rows: 'some', cut: 'any', times: 1 },
  ]),
  lost('R24', 'an edge names a live record that its list does not show', [{ fault: 'hidden_with_totals', rows: 1 }], {
    target: fits.named,
    pages: 1,
    sizes: SMALL,
  }),
  lost('R25', 'a required field is gone from a page', [{ fault: 'field_missing', where: 'any' }], {
    target: fits.editableRows,
    pages: 1,
    sizes: SMALL,
  }),
  lost('R26', 'the list leaves out who is not active, by default', [{ fault: 'default_filter' }], {
    target: fits.both(fits.active, fits.named),
    pages: 1,
    sizes: PAGES,
  }),
  lost('R27', 'two ids that differ by case alone', [{ fault: 'case_twin', where: 'any' }], {
    target: fits.lettered,
    pages: 1,
    sizes: SMALL,
  }),
  lost('R27/reused', 'one id for two records', [{ fault: 'id_reused', where: 'any' }], {
    target: fits.singleId,
    pages: 1,
    sizes: SMALL,
  }),
  lost('R31', 'one record that cannot be mapped', [{ fault: 'bad_row', where: 'any' }], {
    target: fits.both(fits.editableRows, fits.typed),
    pages: 1,
    sizes: SMALL,
  }),
  lost('hostile-4', 'the next link points to a host that nobody declared', [{ fault: 'next_elsewhere', where: 'early' }], {
    target: fits.linked,
  }),
  lost(
    'several/1',
    'a page lost and totals that agree with it',
    [
      { fault: 'empty_page', where: 'early' },
      { fault: 'total_under', rows: 'some' },
    ],
    { target: fits.both(fits.paged, fits.listTotalled) },
  ),
  lost('several/2', 'an early end while requests are throttled', [
    { fault: 'next_missing', where: 'early' },
    { fault: 'throttle', times: 2 },
  ]),
  lost(
    'several/3',
    'a hidden record, short pages, a cursor that expired',
    [{ fault: 'hidden_with_totals', rows: 1 }, { fault: 'short_page' }, { fault: 'cursor_expired', where: 'later', times: 1 }],
    { target: fits.both(fits.named, fits.free) },
  ),
  settled(
    'several/4',
    'changes while a page comes twice',
    [
      { fault: 'busy', where: 'early', times: 1 },
      { fault: 'repeated', where: 'later', times: 1 },
    ],
    { target: fits.both(fits.paged, fits.nodes), sizes: PAGES },
  ),
]
