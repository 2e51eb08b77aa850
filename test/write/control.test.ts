/** Which others are asked before an empty list counts: those who are known to hold something, else whoever comes first. */
import { afterEach, expect, test } from 'vitest'
import { runIntent } from '../../runtime/write/engine.ts'
import { row, syncOnce } from '../store/fixture.ts'
import { openLab, type SmallLab } from './lab.ts'
import { type SmallTarget, smallTarget } from './target.ts'

const open: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** Forty people of whom two have sessions: the leaver, and the last one. */
async function both(): Promise<{ it: SmallTarget; lab: SmallLab }> {
  const it = await smallTarget(40)
  for (const user of it.users.values()) if (user.id !== 'u2' && user.id !== 'u39') user.sessions = 0
  const lab = await openLab(it.url)
  open.push(it, lab)
  const rows = [...it.users.values()].map(({ id, userName, createdAt }) => row(id, { userName, active: true, createdAt }))
  await syncOnce(lab.store, rows, 'complete', { connection: 'small' })
  return { it, lab }
}
const sessionsOf = async (lab: SmallLab) => {
  const outcome = await runIntent(lab.ctx, await lab.ask('deactivate_account', 'u2'))
  return outcome?.facets.find((one) => one.facet === 'sessions')
}
const known = (lab: SmallLab, ...accounts: readonly string[]) =>
  syncOnce(
    lab.store,
    accounts.map((account) => row(`${account}/0`, { account })),
    'complete',
    { connection: 'small', stream: 'sessions' },
  )

test('the one who is known to hold something is asked, wherever they stand in the list', async () => {
  const { lab } = await both()
  await known(lab, 'u2', 'u39')
  expect((await sessionsOf(lab))?.is).toBe('verified')
})

test('the leaver alone is known to hold something: whoever comes first is asked, and nobody holds anything, so nothing is shown', async () => {
  const { it, lab } = await both()
  it.users.get('u39')!.sessions = 0
  await known(lab, 'u2')
  expect((await sessionsOf(lab))?.is).toBe('unknown')
})

test('the right to see the lists is lost in the middle: an empty one beside empty ones is not shown, whoever is asked', async () => {
  const { it, lab } = await both()
  await known(lab, 'u2', 'u39')
  it.lie = ({ method, path }) =>
    method === 'GET' && path.endsWith('/sessions') ? { apply: true, answer: { status: 200, body: { sessions: [] } } } : null
  const seen = await sessionsOf(lab)
  expect([seen?.is, seen?.because]).toEqual(['unknown', expect.stringMatching(/could see/)])
})
