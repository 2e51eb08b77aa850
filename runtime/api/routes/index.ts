/** The one table. Roles, input, description, client, matrix: all of it comes from here. */
import type { Route } from '../types.ts'
import { actions } from './actions.ts'
import { certifications } from './certifications.ts'
import { connections } from './connections.ts'
import { connectors } from './connectors.ts'
import { controls } from './controls.ts'
import { events } from './events.ts'
import { gates } from './gates.ts'
import { health } from './health.ts'
import { ledger } from './ledger.ts'
import { people } from './people.ts'
import { plans } from './plans.ts'
import { reads } from './reads.ts'
import { rotations } from './rotate.ts'
import { sessions } from './sessions.ts'
import { tenants } from './tenants.ts'
import { tokens } from './tokens.ts'
import { waivers } from './waivers.ts'
import { watching } from './watch.ts'
import { webhooks } from './webhooks.ts'

export const ROUTES: readonly Route[] = [
  ...tenants,
  ...connectors,
  ...connections,
  ...rotations,
  ...reads,
  ...watching,
  ...actions,
  ...plans,
  ...gates,
  ...certifications,
  ...waivers,
  ...controls,
  ...webhooks,
  ...ledger,
  ...tokens,
  ...people,
  ...sessions,
  ...health,
  ...events,
]
