/** What was done about each revocation, as lines of the proof: the change, what was sent, every look, and how it ended. No id, no value. */
import type { CertificationEvent } from '../../certify-types.ts'
import type { WriteStore } from '../../store/write-port.ts'
import type { IntentEvent, OutcomeIs } from '../../write-types.ts'
import type { Names } from '../certify/items.ts'

type Actions = (CertificationEvent & { readonly kind: 'closed' })['actions']
export type ActionLine = { readonly item: string; readonly outcome: OutcomeIs | null; readonly line: string }

/** Of the first `events` of each: the same lines whenever they are asked for. */
export async function actionLines(store: WriteStore, names: Names, actions: Actions): Promise<readonly ActionLine[]> {
  const lines: ActionLine[] = []
  for (const { item, intent, events } of actions) {
    const row = await store.intent(intent)
    if (row === null) continue
    const history = row.events.slice(0, events)
    const told = history.findLast((event) => event.kind === 'outcome')
    const outcome = told?.kind === 'outcome' ? { is: told.outcome.is, changed: told.outcome.changed, at: told.at } : null
    const { connection, action, made_at, provenance } = row.intent
    const line = JSON.stringify({
      item,
      connection,
      intent,
      action,
      made_at,
      by: provenance.by,
      events,
      outcome,
      sent: history.flatMap((event) =>
        event.kind === 'sending' ? [{ step: event.step, attempt: event.attempt, at: event.at }] : [],
      ),
      looks: history.flatMap(lookOf),
      salt: names.salt(`action ${item} ${intent}`),
    })
    lines.push({ item, outcome: outcome?.is ?? null, line })
  }
  return lines.sort((a, b) => (a.item < b.item ? -1 : 1))
}

function lookOf(event: IntentEvent): readonly object[] {
  if (event.kind !== 'look') return []
  const { facet, phase, at, where, shows, control, rung, digest } = event.look
  return [{ facet, phase, at, where, shows, control, rung, digest }]
}
