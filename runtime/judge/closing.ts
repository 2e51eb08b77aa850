/** Beside the gate of its connections: what keeps a certification from closing. Pure. */
import type { GateReason } from '../certify-types.ts'
import type { OutcomeIs } from '../write-types.ts'
import { gateReason } from './gate-reason.ts'

export type Closing = {
  readonly certification: string
  /** Frozen under `fingerprint`; `now`: of connector, settings and credential as they are. */
  readonly frozen: readonly {
    readonly connection: string
    readonly stream: string
    readonly sync: number
    readonly fingerprint: string
    readonly now: string
  }[]
  readonly undecided: readonly { readonly connection: string; readonly stream: string; readonly count: number }[]
  readonly revocations: readonly {
    readonly connection: string
    readonly stream: string
    /** Null: decided, and not asked for. */
    readonly intent: string | null
    readonly action: string
    readonly outcome: OutcomeIs | null
  }[]
}

export function closingReasons({ certification, frozen, undecided, revocations }: Closing): readonly GateReason[] {
  const changed = frozen
    .filter((one) => one.fingerprint !== one.now)
    .map((one) =>
      gateReason(
        'frozen',
        one,
        `${certification} ${one.sync}`,
        'connector, settings or credential changed since the population was frozen',
        `Run a sync, then \`rollcall certify refreeze ${certification}\`; decisions about unchanged records stay.`,
      ),
    )
  const open = undecided
    .filter(({ count }) => count > 0)
    .map((one) =>
      gateReason(
        'undecided',
        one,
        `${certification} ${one.count}`,
        `${one.count} of its records ${one.count === 1 ? 'is' : 'are'} not decided`,
        `Decide keep or revoke: \`rollcall certify sheet ${certification}\` lists them.`,
      ),
    )
  const asked = revocations.flatMap((one): readonly GateReason[] => {
    const { intent, action, outcome } = one
    if (intent === null)
      return [
        gateReason(
          'not_asked',
          one,
          certification,
          'a record was decided to be revoked, and that was never asked for',
          `\`rollcall certify act ${certification}\` asks for it.`,
        ),
      ]
    if (outcome === 'verified') return []
    const is = outcome === null ? 'not concluded' : `${outcome}, not verified`
    const kind = outcome === 'unverifiable' ? 'unverifiable' : 'revocation'
    return [
      gateReason(
        kind,
        one,
        `${intent} ${outcome}`,
        `the revocation ${intent} (${action}) is ${is}`,
        settleOf(certification, one),
      ),
    ]
  })
  return [...changed, ...open, ...once(asked)]
}

function settleOf(certification: string, { connection, intent, outcome }: Closing['revocations'][number]): string {
  switch (outcome) {
    case null:
      return `\`rollcall apply ${connection} --resume\` carries it out and looks; \`rollcall actions --show ${intent}\` says where it stands.`
    case 'unverifiable':
      return 'This target offers no way to look: have a person confirm it there, and a second person sign a waiver.'
    case 'cancelled':
    case 'rejected':
    case 'reverted':
    case 'refuted':
    case 'partial':
      return `\`rollcall actions --show ${intent}\` says why; settle that, then \`rollcall certify act ${certification}\` asks again.`
    default:
      return `\`rollcall apply ${connection} --resume\` looks again; \`rollcall actions --show ${intent}\` says what is to be done.`
  }
}

/** The same thing said of a hundred records is said once. */
const once = (reasons: readonly GateReason[]): readonly GateReason[] => [...new Map(reasons.map((one) => [one.id, one])).values()]
