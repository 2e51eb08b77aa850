/** https://prometheus.io/docs/instrumenting/exposition_formats/ (text 0.0.4). */
export type Line = readonly [name: keyof typeof METRICS, labels: { readonly [name: string]: string }, value: number]

const METRICS = {
  rollcall_ledger_entries: ['counter', 'Entries of the ledger.'],
  rollcall_records: ['gauge', 'Records of the newest snapshot.'],
  rollcall_snapshot_age_seconds: ['gauge', 'Since the newest snapshot began to be read.'],
  rollcall_verdict: ['gauge', '1 for the verdict of the newest snapshot.'],
  rollcall_connection_paused: ['gauge', '1 while the connection is paused.'],
  rollcall_changes_total: ['gauge', 'Changes by their last outcome.'],
  rollcall_changes_waiting: ['gauge', 'Changes that wait, a lane; held and in flight too.'],
  rollcall_changes_unfinished: ['gauge', 'Changes that are not done.'],
  rollcall_changes_overdue: ['gauge', 'Changes that were due and are not over.'],
  rollcall_credential_overdue: ['gauge', '1 where a secret should have been replaced by now.'],
  rollcall_time_to_verified_seconds: ['gauge', 'From the first send to verified.'],
  rollcall_unverifiable_debt: ['gauge', 'Open control exceptions: changes that nobody can look at.'],
  rollcall_unverifiable_debt_age_seconds: ['gauge', 'Sum of their ages.'],
  rollcall_control_holds: ['gauge', '1 where the level holds, 0 where it does not (info aside); of the last sweep.'],
  rollcall_control_exceptions: ['gauge', 'Control exceptions that are not closed.'],
  rollcall_gate: ['gauge', '1 for the answer of the gate; of the last sweep.'],
  rollcall_burn_rate: ['gauge', 'Times the pace at which the budget of a level lasts; only windows that were looked at.'],
  rollcall_alert_firing: ['gauge', '1 while a budget burns too fast over both windows.'],
  rollcall_webhook_deliveries: ['gauge', 'Deliveries of a webhook by their state.'],
} as const

export function metricsText(lines: readonly Line[]): string {
  const of = Map.groupBy(lines, ([name]) => name)
  return [...of]
    .map(([name, mine]) => {
      const [type, help] = METRICS[name]
      const samples = mine.map(([, labels, value]) => `${name}${labelText(labels)} ${value}\n`).join('')
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples}`
    })
    .join('')
}

function labelText(labels: { readonly [name: string]: string }): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
