import type { Run } from './command.ts'

/** Every command: one line for the overview, and how to load it. Nothing else is imported at the start. */
export const COMMANDS = {
  validate: ['check connector files, with every error in its place', () => import('./validate.ts')],
  explain: ['what a code means and what to do', () => import('./explain.ts')],
  depth: ['what a connector can read and prove', () => import('./depth.ts')],
  preview: ['one page of a stream: raw, mapped, dropped', () => import('./preview.ts')],
  connect: ['store a connection: settings and references to secrets', () => import('./connect.ts')],
  connections: ['list the stored connections', () => import('./connections.ts')],
  check: ['ask the target who we are and what works', () => import('./check.ts')],
  sync: ['read all streams and judge them', () => import('./sync.ts')],
  status: ['the verdict of each stream, in one line', () => import('./status.ts')],
  records: ['the records of a stream', () => import('./records.ts')],
  changes: ['what was created, updated, vanished; in order', () => import('./changes.ts')],
  gate: ['may a certification rest on this? exit 4 where not', () => import('./gate.ts')],
  plan: ['what wanted changes would change, and what holds them', () => import('./plan.ts')],
  approve: ['a second person approves a held plan', () => import('./approve.ts')],
  apply: ['change a target, and look whether it happened', () => import('./apply.ts')],
  actions: ['the changes asked for: where each stands, and why', () => import('./actions.ts')],
  offboard: ['a person leaves: all their access, everywhere', () => import('./offboard.ts')],
  stop: ['stop every change at once', () => import('./stop.ts')],
  go: ['lift a stop', () => import('./go.ts')],
  ledger: ['who did what, when and why; never rewritten', () => import('./ledger.ts')],
  'verify-ledger': ['check an exported ledger with nothing of ours', () => import('./verify-ledger.ts')],
  serve: ['the control API, for tenants, people and programs', () => import('./serve.ts')],
  tokens: ['API tokens: create, list, revoke', () => import('./tokens.ts')],
  lab: ['play a target that lies, and see which lies are noticed', () => import('./lab.ts')],
} as const satisfies { readonly [name: string]: readonly [about: string, load: () => Promise<{ readonly run: Run }>] }
