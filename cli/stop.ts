import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { post, type StopOrder } from '../runtime/control/stop-mail.ts'
import { Failure } from '../runtime/errors.ts'
import { openNewId } from '../runtime/write/new-id.ts'
import { COMMON, type CommandSpec, STORE } from './args.ts'
import { ASKING } from './changing.ts'
import { command } from './command.ts'
import { storeDir, storedConnection, withStore } from './compose.ts'
import { asker } from './inputs.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { jsonLine, plural, safe } from './text.ts'

const spec = {
  name: 'stop',
  about:
    'Stops every change at once, of one connection or of this store, which is one tenant: nothing more is sent, also by a process that is at work now. What was sent is still looked at. With --store naming the folder of `rollcall serve`: every tenant at once, the server at work or not.\nNeeds no target and no connector.',
  words: '[NAME]',
  takes: [0, 1],
  flags: { ...ASKING, ...STORE, ...COMMON },
  examples: [
    ['rollcall stop --by kim --why "the HR feed is broken"', 'everything of this store: the tenant'],
    ['rollcall stop acme --by kim --why "acme asked for it"', 'one connection'],
    ['rollcall stop --store /srv/rollcall --by kim --why "we were broken into"', 'every tenant of a server'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words: [name] }, io) => {
  const order = {
    do: 'stop',
    scope: name ?? '*',
    ...asker('stop', flags.by, flags.why),
    at: new Date(io.now()).toISOString(),
  } as const
  return await give(order, flags, io)
})

/** How long is waited for the process that has the store to take it up. */
const TAKEN_UP_MS = 2_000

/** Gives an order to the store, or to the process that has it. */
export async function give(
  order: StopOrder,
  flags: { readonly store: string | undefined; readonly json: boolean },
  io: Io,
): Promise<Exit> {
  const tenants = tenantsOf(storeDir(flags.store, io))
  if (tenants !== null && order.scope !== '*')
    throw new Failure('cli/usage', order.do, 'this is the folder of a server: name --store DIR/tenants/TENANT for one connection')
  const { in_effect, lifted } = tenants === null ? await given(order, flags.store, io) : await givenToAll(order, tenants, io)
  const what =
    order.scope !== '*'
      ? safe(order.scope)
      : tenants === null
        ? 'everything'
        : `everything of ${plural(tenants.length, 'tenant')}`
  const word = order.do === 'stop' ? 'stopped' : 'stop lifted'
  if (flags.json)
    io.out(
      jsonLine({
        version: JSON_VERSION,
        command: order.do,
        scope: order.scope,
        by: order.by,
        why: order.why,
        at: order.at,
        in_effect,
        ...(tenants === null ? {} : { tenants: tenants.map((dir) => basename(dir)) }),
        ...(order.do === 'go' ? { lifted } : {}),
      }),
    )
  else if (lifted === false) io.out(`there was no stop of ${what}; nothing to lift\n`)
  else if (in_effect) io.out(`${word}: ${what}\n`)
  else io.out(`${word}: ${what}; another process has the store, and takes it up before it sends anything more\n`)
  if (order.do === 'stop' && !flags.json)
    io.err(
      `  next: rollcall actions shows what is open; rollcall go${order.scope === '*' ? '' : ` ${safe(order.scope)}`} lifts the stop\n`,
    )
  return EXIT.fine
}

/** The tenants' folders below that of a server; null: it is a store of its own. */
function tenantsOf(dir: string): readonly string[] | null {
  if (!existsSync(join(dir, 'control')) || !existsSync(join(dir, 'tenants'))) return null
  const names = readdirSync(join(dir, 'tenants'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return names.map((entry) => join(dir, 'tenants', entry.name)).sort()
}

/** All at once: one that is slow or broken keeps the others waiting no longer than it takes to be told. */
async function givenToAll(order: StopOrder, tenants: readonly string[], io: Io): Promise<Given> {
  const results = await Promise.allSettled(tenants.map((dir) => given(order, dir, io)))
  const failed = results.flatMap((result, i) =>
    result.status === 'rejected' ? [`${basename(tenants[i] as string)}: ${(result.reason as Error).message}`] : [],
  )
  if (failed.length > 0)
    throw new Failure(
      'store/folder',
      order.do,
      `given to ${tenants.length - failed.length} of ${tenants.length} tenants; not to ${failed.join('; ')}`,
    )
  const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const lifted = done.some((one) => one.lifted === null) ? null : done.some((one) => one.lifted === true)
  return { in_effect: done.every((one) => one.in_effect), lifted: order.do === 'stop' ? null : lifted }
}

/** `lifted`: whether there was a stop to lift; null where another process takes the order up. */
type Given = { readonly in_effect: boolean; readonly lifted: boolean | null }

async function given(order: StopOrder, store: string | undefined, io: Io): Promise<Given> {
  try {
    return await withStore(store, io, false, async (open) => {
      if (order.scope !== '*') await storedConnection(open, order.scope)
      if (order.do === 'stop') {
        await open.stop({ scope: order.scope, by: order.by, why: order.why, at: order.at })
        return { in_effect: true, lifted: null }
      }
      const lifted = (await open.killSwitches()).some(({ scope }) => scope === order.scope)
      await open.go(order.scope, order.by, order.at, order.why)
      return { in_effect: true, lifted }
    })
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'store/locked') throw error
    const file = post(storeDir(store, io), openNewId(io.now)(), order)
    for (let waited = 0; waited < TAKEN_UP_MS; waited += 50) {
      if (!existsSync(file)) return { in_effect: true, lifted: null }
      await sleep(50)
    }
    return { in_effect: !existsSync(file), lifted: null }
  }
}
