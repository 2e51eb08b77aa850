import { burnRate, burnRules } from '../judge/burn.ts'
import { badControls, levelsOf } from '../judge/levels.ts'
import { CONTROLS, SEVERITIES } from '../levels-types.ts'
import type { Line } from './metrics.ts'
import type { House, Room } from './types.ts'

const DAYS_35_MS = 35 * 86_400_000
const GATES = ['allow', 'deny', 'waiver_required'] as const

/** As the last sweep saw it; nothing is looked at for a metric. */
export async function levelLines({ now }: House, { store, sweeps }: Room, connection: string): Promise<readonly Line[]> {
  const open = await store.exceptions({ connection, states: ['open', 'acknowledged'], limit: 100_000 })
  const alerts = (await store.alerts()).filter((alert) => alert.connection === connection)
  const last = sweeps.last()?.measured.find((one) => one.connection.name === connection)
  const spans = await store.spans(connection, now() - DAYS_35_MS)
  const bad = new Set(last === undefined ? [] : badControls(last.breaches))
  return [
    ...(last === undefined
      ? []
      : [
          ...CONTROLS.map((control): Line => ['rollcall_control_holds', { connection, control }, bad.has(control) ? 0 : 1]),
          ...GATES.map((is): Line => ['rollcall_gate', { connection, answer: is }, last.state.is === is ? 1 : 0]),
          ...CONTROLS.flatMap((control) =>
            burnRules(last.cadence_ms).flatMap(({ long_ms, short_ms }) =>
              [long_ms, short_ms].flatMap((window_ms): readonly Line[] => {
                const mine = spans.filter((span) => span.control === control)
                const rate = burnRate(mine, now(), window_ms, levelsOf(last.connection.levels).objective)
                const window = `${Math.round(window_ms / 1000)}s`
                return rate === null ? [] : [['rollcall_burn_rate', { connection, control, window }, rate]]
              }),
            ),
          ),
        ]),
    ...CONTROLS.flatMap((control) =>
      SEVERITIES.map((severity): Line => {
        const n = open.filter((row) => row.control === control && row.severity === severity).length
        return ['rollcall_control_exceptions', { connection, control, severity }, n]
      }),
    ),
    ...alerts.map(({ control, severity }): Line => ['rollcall_alert_firing', { connection, control, severity }, 1]),
  ]
}

export async function webhookLines({ store }: Room): Promise<readonly Line[]> {
  return (await store.counts()).flatMap(({ webhook, ...states }) =>
    Object.entries(states).map(([state, n]): Line => ['rollcall_webhook_deliveries', { webhook, state }, n]),
  )
}
