/** Lies about lists without records, and lies that make a full list look like one: where nothing is shown, nothing may be believed. */
import * as fits from './fits.ts'
import { lost, SMALL, scenario } from './read-make.ts'
import type { Aim, ReadScenario, Size } from './read-types.ts'

const NONE: readonly Size[] = ['none']
/** Whatever is said of nobody: a count from elsewhere alone can confirm it. */
const CONFIRMED = scenario('odd', ['unproven', 'complete'])

/** In place of an answer that has no records in it. */
const INSTEAD: readonly (readonly [fault: string, says: string])[] = [
  ['html_200', 'a login page with 200'],
  ['empty_200', 'an empty body with 200'],
  ['truncated_200', 'half a JSON text with 200'],
  ['error_200', "an error's words with 200"],
  ['ok_false_200', '{"ok":false} with 200'],
  ['rows_null', 'null'],
  ['forbidden', '403'],
  ['not_found', '404'],
  ['unauthorized', '401'],
  ['server_error', '500'],
  ['cut', 'a connection that breaks'],
]

/** A tenant without accounts. */
const TENANT: readonly ReadScenario[] = [
  ...INSTEAD.map(([fault, says]) =>
    lost(`empty-${fault}`, `a tenant without accounts: ${says} in place of the empty list`, [{ fault }], {
      target: fits.emptiable,
      pages: 1,
      sizes: NONE,
    }),
  ),
  lost('empty-object_200', 'a tenant without accounts: {} with 200 in place of the empty list', [{ fault: 'object_200' }], {
    target: fits.emptiable,
    pages: 1,
    sizes: NONE,
  }),
  lost('empty-total_7', 'an empty list whose totals say 7', [{ fault: 'total_over', rows: 7 }], {
    target: fits.both(fits.emptiable, fits.totalled),
    pages: 1,
    sizes: NONE,
  }),
  lost('empty-endless', 'an empty list that goes on, page by empty page, for ever', [{ fault: 'endless_empty' }], {
    target: fits.both(fits.emptiable, fits.free),
    pages: 1,
    sizes: NONE,
  }),
  CONFIRMED(
    'empty-next',
    'an empty page with a next cursor, then an empty one that ends',
    [{ fault: 'empty_inserted', times: 1 }],
    {
      target: fits.both(fits.emptiable, fits.free),
      pages: 1,
      sizes: NONE,
    },
  ),
]

const BELOW = { target: fits.both(fits.below, fits.edges), pages: 1, sizes: SMALL } as const
const bare = (fault: string, more: Omit<Aim, 'fault' | 'one_parent'> = {}): Aim => ({ fault, one_parent: 'bare', ...more })

/** A group without members: the list below it is empty in every world. */
const PARENT: readonly ReadScenario[] = [
  ...INSTEAD.map(([fault, says]) =>
    lost(`bare-${fault}`, `a parent record with nobody below it: ${says} in place of the empty list`, [bare(fault)], BELOW),
  ),
  lost('bare-total_7', 'an empty list below a parent record whose total says 7', [bare('total_over', { rows: 7 })], {
    ...BELOW,
    target: fits.both(fits.below, fits.edges, fits.listTotalled),
  }),
  lost('bare-endless', 'an empty list below a parent record that goes on for ever', [bare('endless_empty')], {
    ...BELOW,
    target: fits.both(fits.below, fits.edges, fits.free),
  }),
  scenario('odd', ['complete'])(
    'bare-next',
    'an empty page with a next cursor below a parent record, then an empty one that ends',
    [bare('empty_inserted', { times: 1 })],
    { ...BELOW, target: fits.both(fits.below, fits.edges, fits.free) },
  ),
]

/** Somebody is there, and the list shows nobody. */
const HIDDEN: readonly ReadScenario[] = [
  lost(
    'nobody-list',
    'everybody left out of list and counts alike; by id and by edges they are there',
    [{ fault: 'hidden_with_totals', rows: 'all' }],
    {
      target: fits.named,
      pages: 1,
      sizes: SMALL,
    },
  ),
  lost(
    'nobody-answer',
    'an empty list with a total of 0 in place of each page; what counts elsewhere is true',
    [{ fault: 'emptied' }],
    {
      target: fits.nodes,
      pages: 1,
      sizes: SMALL,
    },
  ),
  lost(
    'nobody-parent',
    'an empty list with a total of 0 below one parent record that has somebody',
    [{ fault: 'emptied', one_parent: true }],
    {
      ...BELOW,
      target: fits.both(fits.below, fits.edges),
    },
  ),
  lost(
    'nobody-token',
    'a token that sees nobody, consistently, and no person who says otherwise',
    [{ fault: 'hidden_everywhere', rows: 'all' }],
    {
      target: fits.users,
      pages: 1,
      sizes: SMALL,
      unattested: true,
    },
  ),
]

export const EMPTY: readonly ReadScenario[] = [...TENANT, ...PARENT, ...HIDDEN]
