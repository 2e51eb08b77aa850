/** The matrix at the top of faults.md: what the best engines are told, and take. */
import * as fits from './fits.ts'
import { lost, type Rest, SMALL, settled } from './read-make.ts'
import type { ReadScenario } from './read-types.ts'

/** The matrix of peers: one lie on one page, for good and once. */
const ON_A_PAGE: readonly (readonly [fault: string, says: string, rest?: Rest])[] = [
  ['html_200', 'a login page with 200 in place of a page'],
  ['empty_200', 'an empty body with 200'],
  ['truncated_200', 'half a JSON text with 200'],
  ['error_200', "an error's words with 200"],
  ['ok_false_200', '{"ok":false} with 200'],
  ['rows_null', 'null where the list should be'],
  ['empty_page', 'the records of a page lost, its next is right'],
  ['forbidden', '403 on a page'],
  ['not_found', '404 on a page'],
  ['unauthorized', '401 on a page'],
  ['server_error', '500 on a page'],
  ['cut', 'the connection breaks in the middle of a page'],
]

const ROW: Rest = { target: fits.any, pages: 1, sizes: SMALL }
const HIDDEN: readonly ReadScenario[] = [
  lost(
    'peer-hidden_row',
    'one record of a page lost, any but its last',
    [{ fault: 'hidden_row', where: 'any', cut: 'inside' }],
    ROW,
  ),
  // By offset the next page begins with it, and nothing is lost.
  settled('peer-hidden_row/end', 'the last record of a page lost', [{ fault: 'hidden_row', where: 'any', cut: 'end' }], ROW),
  settled(
    'peer-hidden_row/once',
    'one record of a page lost, once',
    [{ fault: 'hidden_row', where: 'any', cut: 'any', times: 1 }],
    ROW,
  ),
]

/** Lies that only a table of text can tell. */
const CSV: readonly ReadScenario[] = (
  [
    ['half_line', 'CSV cut in the middle of its last line'],
    ['header_alone', 'a CSV header without its records'],
    ['header_changed', 'a CSV column under another name'],
    ['header_lost', 'CSV without its header'],
  ] as const
).flatMap(([fault, says]) => [
  lost(`csv-${fault}`, `${says}, whenever it is asked for`, [{ fault, where: 'any' }], {
    target: fits.csv,
    pages: 1,
    sizes: SMALL,
  }),
  settled(`csv-${fault}/once`, `${says}, once`, [{ fault, where: 'any', times: 1 }], {
    target: fits.csv,
    pages: 1,
    sizes: SMALL,
  }),
])

export const PEERS: readonly ReadScenario[] = HIDDEN.concat(
  CSV,
  ON_A_PAGE.flatMap(([fault, says, rest]) => [
    lost(
      `peer-${fault}`,
      `${says}, whenever it is asked for`,
      [{ fault, where: fault === 'empty_page' || fault === 'rows_null' ? 'early' : 'any' }],
      rest,
    ),
    settled(`peer-${fault}/once`, `${says}, once`, [{ fault, where: 'any', times: 1 }], rest),
  ]),
)
