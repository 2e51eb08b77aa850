/** What a feed is worth, as `watch` and `status` say it. */
import type { FeedReport, Watched } from '../runtime/watch/once.ts'
import { type Paint, plural, safe } from './text.ts'

export type Watching = Pick<Watched, 'feeds' | 'waiting' | 'given_up' | 'given_up_samples'>

export function feedLine({ feed, is, because }: FeedReport, paint: Paint): string {
  const tint = { steady: paint.green, untested: paint.yellow, skipped: paint.red, hole: paint.red, failed: paint.red }[is]
  return `  feed ${paint.bold(safe(feed))}  ${tint(is)}  ${safe(because)}\n`
}

/** Nothing where nobody waits. */
export function waitingLine({ waiting, given_up, given_up_samples }: Watching, paint: Paint): string {
  if (waiting === 0) return ''
  const few = given_up_samples.map(({ stream, id }) => `${safe(stream)} ${safe(id)}`).slice(0, 3)
  const lost =
    given_up === 0
      ? ''
      : paint.red(
          `, ${given_up} of them without an answer after five tries: ${few.join(', ')}${given_up > few.length ? ', …' : ''}`,
        )
  return `  ${plural(waiting, 'record waits', 'records wait')} to be looked at${lost}\n`
}

export function reportJson({ feeds, waiting, given_up, given_up_samples }: Watching): {
  readonly feeds: readonly object[]
  readonly waiting: number
  readonly given_up: number
  readonly given_up_samples: Watching['given_up_samples']
} {
  const shown = feeds.map(({ feed, title, is, because, state }) => ({
    ...{ feed, title, is, because },
    since: state?.since ?? null,
    asked_at: state?.asked_at ?? null,
    told_until: state?.told_until ?? null,
    holes: state?.holes ?? [],
    agreements: state?.agreements ?? [],
  }))
  return { feeds: shown, waiting, given_up, given_up_samples }
}
