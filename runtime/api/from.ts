import type { Who } from './types.ts'

/** Where from, as the ledger has it. */
export const fromOf = (who: Who): string => `api ${who.from} ${who.token === null ? 'session' : `token:${who.token}`}`
