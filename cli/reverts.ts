/** Somebody who was taken out is in again: no certification rests on that. */
import { openReverts } from '../runtime/govern/standing.ts'
import type { WriteStore } from '../runtime/store/write-port.ts'
import type { Connector, GateAnswer } from '../runtime/types.ts'

/** `streams` null: all of them. */
export async function revertReasons(
  store: WriteStore,
  connector: Connector,
  connection: string,
  streams: ReadonlySet<string> | null,
): Promise<GateAnswer['reasons']> {
  const open = await openReverts(store, connection)
  return open.flatMap(({ intent: { intent, action, id } }) => {
    const stream = connector.actions[action]?.on ?? ''
    const because = `reverted deprovisioning: ${action} of ${id} was verified and is undone`
    const settle = `Find what undid it, stop that, and ask again; \`rollcall actions --show ${intent}\` names the suspect.`
    return streams === null || streams.has(stream) ? [{ stream, because, settle }] : []
  })
}

export const withReverts = (answer: GateAnswer, reasons: GateAnswer['reasons']): GateAnswer =>
  reasons.length === 0 ? answer : { ...answer, is: 'deny', reasons: [...reasons, ...answer.reasons] }
