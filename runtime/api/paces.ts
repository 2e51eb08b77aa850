/** One pace a connection: a sync, changes and watching that ask the same target at once keep its declared rate together, and hear of a refusal together. */
import { setTimeout as sleepFor } from 'node:timers/promises'
import { openPermits, type Permits } from '../http/permits.ts'
import type { House, Paces } from './types.ts'

export function openPaces({ now }: Pick<House, 'now'>): Paces {
  const closing = new AbortController()
  const paces = new Map<string, { readonly of: string; readonly permits: Permits }>()
  return {
    of({ connector: { limits }, connection: { name, settings } }) {
      const { requests_per_minute, concurrent } = limits
      // With other settings it is another target.
      const of = JSON.stringify([requests_per_minute, concurrent, settings])
      const known = paces.get(name)
      if (known?.of === of) return known.permits
      const permits = openPermits({
        requests_per_minute,
        concurrent,
        now,
        sleep: (ms, signal) => sleepFor(ms, undefined, { signal }),
        signal: closing.signal,
      })
      paces.set(name, { of, permits })
      return permits
    },
    close: () => closing.abort(new Error('the server is stopping')),
  }
}
