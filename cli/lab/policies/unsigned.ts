import type { Dialect } from '../twin/dialect.ts'

/** The same dialect where everybody is let in. */
export const unsigned = (dialect: Dialect): Dialect => ({
  ...dialect,
  connector: { ...dialect.connector, auth: { kind: 'none' } },
})
