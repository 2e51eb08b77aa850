/** The command line over two connections to targets that can be changed, as an operator has them: connected, synced, scope attested. */
import { type World, world } from '../cli/io.ts'
import type { Clock } from '../targets/write-clock.ts'
import type { WriteFaults } from '../targets/write-faults.ts'
import { startWriteTarget, type WriteTarget } from '../targets/write-server.ts'

export type LeaverLab = {
  readonly w: World
  readonly scim: WriteTarget
  readonly rest: WriteTarget
  /** Native ids by login: `user3@acme.example`. */
  readonly id: (target: WriteTarget, login: string) => string
  readonly sync: (...names: readonly string[]) => Promise<void>
  readonly close: () => Promise<void>
}

/** The command line sleeps by the machine's clock. */
const CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
  advance: () => undefined,
}

export const CONNECT = (name: string, connector: string, url: string, token: string): readonly string[] => [
  'connect',
  name,
  '--connector',
  `test/connectors-for-tests/${connector}.yaml`,
  '--set',
  `url=${url}`,
  '--secret',
  `token=env:${token}`,
  '--allow-private',
  '--attest-scope',
  'Lee: the token sees all',
]

export async function openLeaverLab(
  o: { readonly people?: number; readonly scim?: WriteFaults; readonly rest?: WriteFaults } = {},
): Promise<LeaverLab> {
  const people = o.people ?? 12
  const scim = await startWriteTarget({ dialect: 'scim', clock: CLOCK, people, faults: o.scim ?? {} })
  const rest = await startWriteTarget({ dialect: 'rest', clock: CLOCK, people, faults: o.rest ?? {} })
  const w = world({ SCIM: scim.token, REST: rest.token })
  const sync = async (...names: readonly string[]) => {
    for (const name of names) await w.run('sync', name)
  }
  await w.run(...CONNECT('scim', 'leaver-scim', scim.url, 'SCIM'))
  await w.run(...CONNECT('rest', 'leaver-rest', rest.url, 'REST'))
  await sync('scim', 'rest')
  return {
    w,
    scim,
    rest,
    id: (target, login) => [...target.worlds()[0]!.people.values()].find((person) => person.login === login)!.id,
    sync,
    close: async () => {
      await scim.close()
      await rest.close()
      w.clean()
    },
  }
}

export const WHO = ['--by', 'Kim Park', '--why', 'left on Friday'] as const
