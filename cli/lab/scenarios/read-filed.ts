/** Issues filed elsewhere, at the bottom of faults.md, as far as reading can play them. */
import * as fits from './fits.ts'
import { lost, PAGES, SEVERAL, SMALL, settled } from './read-make.ts'
import type { ReadScenario } from './read-types.ts'

export const FILED: readonly ReadScenario[] = [
  lost('filed-1', 'awslabs/ssosync#194: everything empty with success, where there was something', [{ fault: 'all_hidden' }], {
    target: fits.users,
    pages: 1,
    sizes: SMALL,
    before: {},
  }),
  lost(
    'filed-2',
    'awslabs/ssosync#159: a third of the groups gone from list and counts on a later run; by id they are there',
    [{ fault: 'hidden_with_totals', rows: 'third' }],
    { target: fits.both(fits.groups, fits.readable), pages: 1, sizes: SEVERAL, before: {} },
  ),
  lost(
    'filed-3',
    'awslabs/ssosync#236: members gone from one group at random, where they were',
    [{ fault: 'dropped_rows', rows: 'third', one_parent: true }],
    { target: fits.both(fits.below, fits.edges), pages: 1, sizes: SEVERAL, before: {} },
  ),
  lost(
    'filed-6',
    'glpi#984: half of a list with a warning in a header, where all of it was',
    [{ fault: 'size_limit', where: 'any' }],
    {
      target: fits.both(fits.readable, fits.paged),
      sizes: SEVERAL,
      before: {},
    },
  ),
  lost('filed-7', 'opnsense#10128: the target cannot be reached, where it could', [{ fault: 'unreachable' }], {
    target: fits.users,
    pages: 1,
    sizes: SMALL,
    before: {},
  }),
  lost('filed-8', 'zulip#13130: every connection breaks in the middle of an answer, where none did', [{ fault: 'cut' }], {
    target: fits.users,
    pages: 1,
    sizes: SMALL,
    before: {},
  }),
  lost(
    'filed-9',
    'keycloak#24669: the list shows nobody and counts nobody, where it did; by id they answer',
    [{ fault: 'hidden_with_totals', rows: 'all' }],
    { target: fits.readable, pages: 1, sizes: SMALL, before: {} },
  ),
  lost(
    'filed-10',
    'gitea#7949: an empty list without an error in place of each page, where there was something',
    [{ fault: 'emptied' }],
    {
      target: fits.nodes,
      pages: 1,
      sizes: SMALL,
      before: {},
    },
  ),
  lost(
    'filed-11',
    'wg-portal#744: success and nobody, to a credential without a right, at the first read',
    [{ fault: 'no_rights' }],
    {
      target: fits.restrictable,
      pages: 1,
      sizes: SMALL,
      unattested: true,
    },
  ),
  lost('filed-13', 'user_ldap#460: every list answers 500, where none did', [{ fault: 'server_error' }], {
    target: fits.users,
    pages: 1,
    sizes: SMALL,
    before: {},
  }),
  lost(
    'filed-15',
    'okta provider #1119: memberships beyond the first page are missing',
    [{ fault: 'next_missing', where: 'first' }],
    { target: fits.both(fits.below, fits.paged) },
  ),
  lost('filed-16', 'okta provider #2951: a later page overwrites the one before', [{ fault: 'overwritten', where: 'early' }]),
  settled('filed-17', 'pipeshub#1189: the total equals the page, and the list stops there', [{ fault: 'total_page_length' }], {
    target: fits.both(fits.users, fits.paged, fits.listTotalled),
    sizes: PAGES,
  }),
  lost('filed-18', 'wso2#27973: a record silently dropped, which the total counts', [{ fault: 'hidden_person' }], {
    target: fits.both(fits.users, fits.totalled),
    pages: 1,
    sizes: SMALL,
  }),
  lost('filed-19', 'SimpleIdServer#185, wso2#22589: rows are counted from 0', [{ fault: 'index_from_zero' }], {
    target: fits.numbered,
    pages: 1,
    sizes: SMALL,
  }),
  lost(
    'filed-20',
    'SCIM-SDK#131: pages beyond the first are empty; the total is true',
    [{ fault: 'empty_later', where: 'later' }],
    {
      target: fits.numbered,
    },
  ),
  lost('filed-21', 'graph-docs#7311: next for ever, with the same records', [{ fault: 'endless_same', where: 'any' }], {
    target: fits.both(fits.free, fits.groups),
    pages: 1,
  }),
  settled('filed-22', 'graph-docs#6786: the same record on two pages', [{ fault: 'doubled_row', where: 'later' }]),
  lost('filed-23', 'graph-docs#8166: the next page answers 404', [{ fault: 'not_found', where: 'later' }], {
    target: fits.cursors,
  }),
  settled(
    'filed-25',
    'graph-docs#20092: a cursor that does not outlive a long wait',
    [
      { fault: 'throttle', where: 'early', times: 1, seconds: 900 },
      { fault: 'cursor_expired', where: 'later', times: 1 },
    ],
    { target: fits.free, sizes: PAGES },
  ),
  lost(
    'filed-26',
    'baton-sdk#290: grants name an entitlement that no list shows, and that is there',
    [{ fault: 'hidden_named', rows: 1 }],
    { target: fits.entitlement, pages: 1, sizes: SMALL },
  ),
  lost(
    'filed-27',
    'baton-sdk#1052: one id twice, with other content, over a page boundary',
    [{ fault: 'doubled_other', where: 'later' }],
    { target: fits.both(fits.paged, fits.editableRows, fits.singleId) },
  ),
  lost('filed-28', 'baton-sdk#950: a failed read after a good one; the good one stays', [{ fault: 'html_200', where: 'any' }], {
    target: fits.nodes,
    pages: 1,
    sizes: SMALL,
    before: {},
  }),
  settled(
    'filed-29',
    'OKTA-537805: the second list comes from an index that lacks records',
    [{ fault: 'stale_index', rows: 'some', cut: 'any' }],
    { target: fits.both(fits.nodes, fits.paged, fits.twice), sizes: SEVERAL },
  ),
  lost(
    'filed-48',
    'sim#7918: a page of permissions comes again in place of its own; what was known of them stays',
    [{ fault: 'repeated', where: 'later' }],
    { target: fits.both(fits.edges, fits.paged), before: {} },
  ),
]
