/** May a certification open or close upon these snapshots? Pure: the time comes in. Closed unless everything says open. */
import type { GateAnswer, Verdict } from '../types.ts'
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
  /** The newest of each stream. */
  readonly snapshots: readonly GateSnapshot[]
  /** The streams in scope; those not `certified` are left out. */
  readonly streams: readonly { readonly name: string; readonly certified: boolean; readonly fresh_for_s: number }[]
  readonly now_ms: number
  /** Of connector, settings and credential reference, as they are now. */
  readonly fingerprint: string
}

type Reason = GateAnswer['reasons'][number]

/** `deny` while any certified stream has no snapshot, or one that is not complete, is stale or is another connector's; then `waiver_required` for holds. */
export function gate(input: GateInput): GateAnswer {
  const certified = input.streams.filter((stream) => stream.certified)
  const found = certified.map((stream) => ({ stream, snapshot: input.snapshots.find((one) => one.stream === stream.name) }))
  const denied = found.flatMap(({ stream, snapshot }) => denials(stream, snapshot, input))
  const held = found.flatMap(({ stream, snapshot }) =>
    snapshot === undefined || snapshot.verdict.hold === null
      ? []
      : [
          {
            stream: stream.name,
            because: `removals are held: ${snapshot.verdict.hold}`,
            settle: 'Approve the removals, or have a second person sign a waiver with a reason and an expiry.',
          },
        ],
  )
  const nothing: readonly Reason[] =
    certified.length > 0
      ? []
      : [{ stream: '', because: 'no stream in scope is certified', settle: 'Certify at least one stream of the connector.' }]
  const closed = [...nothing, ...denied]
  return {
    is: closed.length > 0 ? 'deny' : held.length > 0 ? 'waiver_required' : 'allow',
    reasons: [...closed, ...held],
    snapshots: found.flatMap(({ snapshot }) =>
      snapshot === undefined ? [] : [{ stream: snapshot.stream, sync: snapshot.sync, verdict: snapshot.verdict.is }],
    ),
  }
}

function denials(stream: GateInput['streams'][number], snapshot: GateSnapshot | undefined, input: GateInput): readonly Reason[] {
  const reason = (because: string, settle: string): Reason => ({ stream: stream.name, because, settle })
  if (snapshot === undefined) return [reason('it was never synced', 'Run a sync.')]
  const { verdict } = snapshot
  const age_s = (input.now_ms - Date.parse(snapshot.facts.started_at)) / 1000
  return [
    verdict.is === 'complete' ? null : reason(verdict.because, verdict.next_steps[0] ?? 'Sync again.'),
    isAblated(verdict)
      ? reason(`it was judged with checks switched off (${verdict.rules})`, 'Sync again with every check on.')
      : null,
    snapshot.fingerprint === input.fingerprint
      ? null
      : reason('connector, settings or credential changed since it was read', 'Run a sync.'),
    age_s >= 0
      ? null
      : reason('it was read in the future, or its time is not known', 'Check the clock of this machine, then run a sync.'),
    age_s > stream.fresh_for_s
      ? reason(`it was read ${Math.round(age_s)} s ago and is relied upon for ${stream.fresh_for_s} s`, 'Run a sync.')
      : null,
  ].filter((one) => one !== null)
}
