/** Thousands: of accounts, of what ties them, and of parent records with few below each. Costly: they take turns. */
import * as fits from './fits.ts'
import { honest, lost } from './read-make.ts'
import type { ReadScenario, Size } from './read-types.ts'

const THOUSANDS: readonly Size[] = ['thousands']
const PARENTS: readonly Size[] = ['parents']
const CROWDED = { target: fits.crowded, pages: 1, sizes: PARENTS } as const

export const CROWDS: readonly ReadScenario[] = [
  lost('R1/thousands', 'an early end in a list of thousands', [{ fault: 'next_missing', where: 'early' }], {
    target: fits.both(fits.paged, fits.users),
    sizes: THOUSANDS,
  }),
  lost('R2/thousands', 'one record of thousands lost', [{ fault: 'hidden_row', where: 'any', cut: 'inside' }], {
    target: fits.both(fits.paged, fits.users),
    sizes: THOUSANDS,
  }),
  lost('R1/thousands-edges', 'an early end in a list of thousands of members', [{ fault: 'next_missing', where: 'early' }], {
    target: fits.both(fits.paged, fits.edges),
    sizes: THOUSANDS,
  }),
  lost('R2/thousands-edges', 'one of thousands of members lost', [{ fault: 'hidden_row', where: 'any', cut: 'inside' }], {
    target: fits.both(fits.paged, fits.edges),
    sizes: THOUSANDS,
  }),
  lost('R2/thousand-parents', 'a member lost below one of a thousand', [{ fault: 'hidden_row', one_parent: true, cut: 'any' }], {
    ...CROWDED,
    every: 4,
  }),
  lost('R21/thousand-parents', '403 below one of a thousand', [{ fault: 'forbidden', one_parent: true }], {
    ...CROWDED,
    every: 4,
  }),
  honest('honest/thousands-edges', 'nothing is wrong; thousands of members', [], {
    target: fits.both(fits.paged, fits.edges),
    sizes: THOUSANDS,
    pages: 1,
    every: 24,
  }),
  honest('honest/thousand-parents', 'nothing is wrong; a thousand groups with few members each', [], { ...CROWDED, every: 16 }),
]
