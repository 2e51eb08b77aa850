/** May a certification open or close upon these snapshots? Pure: the time comes in. Closed unless everything says open. */
import type { Gate, GateReason, GateReasonKind } from '../certify-types.ts'
import type { Ceiling, Verdict } from '../types.ts'
import { answerOf, gateReason } from './gate-reason.ts'
import { isAblated } from './verdict.ts'

/** The store's Snapshot has this shape. */
export type GateSnapshot = {
  readonly stream: string
  readonly sync: number
  readonly verdict: Verdict
  readonly fingerprint: string
  readonly facts: { readonly started_at: string }
}

export type GateInput = {
  readonly connection: string
  /** The newest of each stream. */
  readonly snapshots: readonly GateSnapshot[]
  /** The streams in scope; those not `certified` are left out. `best`: of their ceiling; absent: `complete`. */
  readonly streams: readonly {
    readonly name: string
    readonly certified: boolean
    readonly fresh_for_s: number
    readonly best?: Ceiling['best']
  }[]
  readonly now_ms: number
  /** Of connector, settings and credential reference, as they are now. */
  readonly fingerprint: string
}

/**
 * `deny` while any certified stream has no snapshot, or one that is not complete, is stale or is another connector's; `waiver_required`
 * where all that is left no work can settle: a hold, a stream that can never be proven.
 */
export function gate(input: GateInput): Gate {
  const certified = input.streams.filter((stream) => stream.certified)
  const found = certified.map((stream) => ({ stream, snapshot: input.snapshots.find((one) => one.stream === stream.name) }))
  const denied = found.flatMap(({ stream, snapshot }) => denials(stream, snapshot, input))
  const held = found.flatMap(({ stream, snapshot }) =>
    snapshot === undefined || snapshot.verdict.hold === null
      ? []
      : [
          gateReason(
            'hold',
            { connection: input.connection, stream: stream.name },
            String(snapshot.sync),
            `removals are held: ${snapshot.verdict.hold}`,
            'Approve the removals, or have a second person sign a waiver with a reason and an expiry.',
          ),
        ],
  )
  const nothing: readonly GateReason[] =
    certified.length > 0
      ? []
      : [
          gateReason(
            'scope',
            { connection: input.connection, stream: '' },
            '',
            'no stream in scope is certified',
            'Certify at least one stream of the connector.',
          ),
        ]
  const reasons = [...nothing, ...denied, ...held]
  return {
    is: answerOf(reasons),
    reasons,
    waived: [],
    snapshots: found.flatMap(({ snapshot }) =>
      snapshot === undefined ? [] : [{ stream: snapshot.stream, sync: snapshot.sync, verdict: snapshot.verdict.is }],
    ),
  }
}

function denials(
  stream: GateInput['streams'][number],
  snapshot: GateSnapshot | undefined,
  { connection, now_ms, fingerprint }: GateInput,
): readonly GateReason[] {
  const reason = (kind: GateReasonKind, because: string, settle: string): GateReason =>
    gateReason(kind, { connection, stream: stream.name }, String(snapshot?.sync ?? ''), because, settle)
  if (snapshot === undefined) return [reason('never_read', 'it was never synced', 'Run a sync.')]
  const { verdict } = snapshot
  const age_s = (now_ms - Date.parse(snapshot.facts.started_at)) / 1000
  const settle = verdict.next_steps[0] ?? 'Sync again.'
  return [
    verdict.is === 'incomplete' ? reason('incomplete', verdict.because, settle) : null,
    verdict.is === 'unproven' ? reason(stream.best === 'unproven' ? 'unprovable' : 'unproven', verdict.because, settle) : null,
    isAblated(verdict)
      ? reason('ablated', `it was judged with checks switched off (${verdict.rules})`, 'Sync again with every check on.')
      : null,
    snapshot.fingerprint === fingerprint
      ? null
      : reason('fingerprint', 'connector, settings or credential changed since it was read', 'Run a sync.'),
    age_s >= 0
      ? null
      : reason(
          'clock',
          'it was read in the future, or its time is not known',
          'Check the clock of this machine, then run a sync.',
        ),
    age_s > stream.fresh_for_s
      ? reason('stale', `it was read ${Math.round(age_s)} s ago and is relied upon for ${stream.fresh_for_s} s`, 'Run a sync.')
      : null,
  ].filter((one) => one !== null)
}
