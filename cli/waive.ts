import { Failure } from '../runtime/errors.ts'
import { COMMON, type CommandSpec, STORE } from './args.ts'
import { contextOf } from './certify.ts'
import { command } from './command.ts'
import { type BothStores, storedTarget, withStore } from './compose.ts'
import { named } from './inputs.ts'
import { EXIT, type Io, JSON_VERSION } from './io.ts'
import { jsonLine, safe } from './text.ts'

const spec = {
  name: 'waive',
  about:
    'A second person lets one reason of a gate stand, with why and until when. It is bound to just this reason: another read is another\nreason. Only what no work can settle is waived (a hold, a target that can never prove more, a change nobody can look at), and it is\nprinted on the proof. Who opened or closes a certification cannot waive in it.',
  words: 'CERT|CONNECTION REASON',
  takes: [2, 2],
  flags: {
    by: { type: 'string', value: 'NAME', about: 'who signs' },
    'requested-by': { type: 'string', value: 'NAME', about: 'who asks for it; somebody else' },
    why: { type: 'string', value: 'TEXT', about: 'why it may stand' },
    until: { type: 'string', value: 'DAY', about: 'ISO; at most 90 days from now' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    [
      'rollcall waive 01K… 3f6c81d09a12 --by lee --requested-by kim --why "layoff of 2026-11-20, list from HR" --until 2026-12-01',
      'the reason that `rollcall certify close` named',
    ],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words: [about = '', reason = ''] }, io) => {
  const who = { by: named('--by', 'NAME', 'waive', flags.by), why: named('--why', 'TEXT', 'waive', flags.why), from: 'cli' }
  const requested_by = named('--requested-by', 'NAME', 'waive', flags['requested-by'])
  const { until } = flags
  if (until === undefined) throw new Failure('cli/usage', '--until', '--until DAY is missing: no waiver is for ever')
  return withStore(flags.store, io, false, async (store) => {
    const { waive } = await import('../runtime/govern/certify/waive.ts')
    const waiver = await waive({ store, now: io.now }, await reasonsOf(store, about, io), { reason, requested_by, until }, who)
    if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'waive', waiver }))
    else
      io.out(
        `waived  ${safe(waiver.because)}\n  by ${safe(waiver.by)} at the request of ${safe(requested_by)}, until ${waiver.expires_at}\n`,
      )
    return EXIT.fine
  })
})

/** Of a certification, or of the gate of a connection. */
async function reasonsOf(store: BothStores, about: string, io: Io) {
  if ((await store.certification(about)) !== null) {
    const { look } = await import('../runtime/govern/certify/look.ts')
    return (await look(await contextOf(store, io), about, null)).gate.reasons
  }
  const { gateOf } = await import('../runtime/govern/gate-of.ts')
  const target = await storedTarget(store, about, io)
  // What a certification names counts, whether or not its connector certifies it.
  return (await gateOf(store, target, new Set(Object.keys(target.connector.streams)), io.now())).reasons
}
