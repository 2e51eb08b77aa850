import { ROLES, type Role } from '../../control/types.ts'
import { name, streamName } from '../schemas.ts'
import type { Schema } from '../types.ts'

export const EVERYBODY: readonly Role[] = ROLES
export const OPERATES: readonly Role[] = ['operator', 'admin']
export const AUTHORS: readonly Role[] = ['author', 'admin']
/** Admin is not among them: who gives the roles does not approve. */
export const APPROVES: readonly Role[] = ['approver']
export const AUDITS: readonly Role[] = ['auditor', 'admin']
export const ADMINS: readonly Role[] = ['admin']

export const CONNECTION: { readonly [name: string]: Schema } = { connection: name('a connection') }
export const CONNECTION_STREAM: { readonly [name: string]: Schema } = { ...CONNECTION, stream: streamName }
