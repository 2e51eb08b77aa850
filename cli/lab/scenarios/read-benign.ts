/** What is not wrong: odd things that targets may do (R13 … R15, R19, R32 … R34), and honest ones. */
import { type Random, some } from '../random.ts'
import type { Twin } from '../twin/types.ts'
import * as fits from './fits.ts'
import { honest, odd, SEVERAL, SMALL, scenario } from './read-make.ts'
import type { ReadScenario } from './read-types.ts'

const leaving =
  (share: number) =>
  (twin: Twin, target: string, random: Random): void => {
    const of = twin.file.streams[target]?.of ?? ''
    const ids = [...(twin.world.collections.get(of)?.keys() ?? [])].slice(of === twin.file.me ? 1 : 0)
    for (const id of some(random, ids, Math.max(1, Math.round(ids.length * share)))) twin.world.remove(of, id)
  }
const comings = (twin: Twin, target: string, random: Random): void => {
  const of = twin.file.streams[target]?.of ?? ''
  const ids = [...(twin.world.collections.get(of)?.keys() ?? [])].slice(of === twin.file.me ? 1 : 0)
  if (ids.length > 20) for (const id of some(random, ids, 1)) twin.world.remove(of, id)
  twin.world.add(of)
}

export const ODD: readonly ReadScenario[] = [
  scenario('odd', ['unproven', 'complete'])(
    'empty',
    'a tenant without accounts: only a count from elsewhere can confirm it',
    [],
    {
      target: fits.emptiable,
      pages: 1,
      sizes: ['none'],
    },
  ),
  odd('R13', 'a target that never gives more than a few a page', [{ fault: 'cap', rows: 'half_page' }], {
    target: fits.both(fits.resizable, fits.nodes),
    pages: 1,
    sizes: SEVERAL,
  }),
  odd('R14', 'a short page in the middle', [{ fault: 'short_page', times: 1 }], { target: fits.resizable }),
  odd('R14/always', 'every page short', [{ fault: 'short_page' }], { target: fits.resizable }),
  odd('R15', 'an empty page with a next, and nobody lost', [{ fault: 'empty_inserted', where: 'any', times: 1 }], {
    target: fits.free,
  }),
  odd('R19', '429 with Retry-After, three times', [{ fault: 'throttle', where: 'any', times: 3, seconds: 2 }], {
    target: fits.any,
    pages: 1,
    sizes: SMALL,
  }),
  odd('R19/quota', '403 that means a rate limit', [{ fault: 'quota', where: 'any', times: 1 }], {
    target: (dialect) => dialect.file.errors.quota !== undefined,
    pages: 1,
    sizes: SMALL,
  }),
  odd('R19/server', '500, once', [{ fault: 'server_error', where: 'any', times: 1 }], {
    target: fits.any,
    pages: 1,
    sizes: SMALL,
  }),
  odd('R19/cut', 'the connection breaks, once', [{ fault: 'cut', where: 'any', times: 1 }], {
    target: fits.any,
    pages: 1,
    sizes: SMALL,
  }),
  odd('R32', 'stopped in the middle and taken up again', [], { stopped: true, target: fits.users, pages: 1, sizes: SEVERAL }),
  odd('R33', 'a third of all accounts leave, truly: whole, and held for a person', [], {
    target: fits.users,
    pages: 1,
    sizes: ['many'],
    before: { changes: leaving(0.3) },
    holds: true,
  }),
  odd('filed-12', 'owncloud#29547: more than a tenth leave, truly: whole, and held for a person', [], {
    target: fits.users,
    pages: 1,
    sizes: ['many'],
    before: { changes: leaving(0.35) },
    holds: true,
  }),
  odd('R34', 'a busy tenant: values change, someone joins at the end', [{ fault: 'busy', where: 'early', times: 1 }], {
    target: fits.both(fits.paged, fits.users),
    sizes: SEVERAL,
  }),
]

export const HONEST: readonly ReadScenario[] = [
  ...(['one', 'page-1', 'page', 'page+1', 'two', 'pages'] as const).map((size) =>
    honest(`honest/${size}`, `nothing is wrong; accounts: ${size}`, [], { sizes: [size], target: fits.users, pages: 1 }),
  ),
  honest('honest/thousands', 'nothing is wrong; thousands of accounts', [], {
    sizes: ['thousands'],
    target: fits.users,
    pages: 1,
  }),
  honest('honest/twice', 'read twice, somebody joined and perhaps left between', [], {
    sizes: SMALL,
    target: fits.users,
    pages: 1,
    before: { changes: comings },
  }),
  honest('honest/all', 'nothing is wrong; every stream that can be played', [], {
    sizes: SEVERAL,
    target: fits.users,
    pages: 1,
    all_streams: true,
  }),
]
