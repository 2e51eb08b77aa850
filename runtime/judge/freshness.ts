import type { Connection, Stream } from '../types.ts'

/** Seconds a read of this stream is relied upon: as the connector says, or shorter where the connection promises more. Never longer. */
export const freshFor = (stream: Pick<Stream, 'fresh_for_s'>, connection: Pick<Connection, 'levels'> | null): number =>
  Math.min(stream.fresh_for_s, connection?.levels?.freshness_s ?? Number.POSITIVE_INFINITY)
