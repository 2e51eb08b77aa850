/** Feeds and webhooks that lie (R28 … R30, and what was filed of feeds elsewhere), odd ones, honest ones. Two whole reads frame each of them. */
import type { FaultClass, Said, Scenario } from '../types.ts'
import { LOST, SETTLED, WHOLE } from './read-make.ts'

/** One lie of a feed; which feed is drawn. */
export type FeedAim = {
  readonly fault: string
  readonly times?: number
  readonly page?: number
  /** How late, beside the overlap that the connector asks for. */
  readonly late?: 'within' | 'beyond'
}
/** What comes in by itself, and how it is wrong. */
export type Mail =
  | 'honest'
  /** Sent twice by the target itself. */
  | 'twice'
  /** About somebody of whom nothing changed. */
  | 'unchanged'
  | 'forged'
  | 'other_secret'
  | 'unsigned'
  /** Somebody else sends again what was taken; at once, or long after. */
  | 'replayed'
  | 'old'
  /** As the target signs it, and not so. */
  | 'lies'
  | 'stranger'
  /** What happened last comes first. */
  | 'reordered'

export type WatchScenario = Scenario & {
  readonly feed: readonly FeedAim[]
  readonly mail: readonly Mail[]
  /** What happens between the reads: nothing, a few changes of every kind, removals among them for certain, more than a page, more than half go. */
  readonly changes: 'none' | 'some' | 'removals' | 'many' | 'exodus'
  /** People come and change during the whole reads too. */
  readonly busy?: true
  /** A third whole read, and a look after it. */
  readonly third?: true
  /** What the connector must declare. */
  readonly needs: 'feed' | 'events' | 'delta' | 'paged' | 'webhook' | 'signed' | 'dated'
}

type Rest = Partial<Pick<WatchScenario, 'mail' | 'changes' | 'needs' | 'busy' | 'third'>>
const make =
  (cls: FaultClass, expected: readonly Said[]) =>
  (name: string, says: string, feed: readonly FeedAim[], rest: Rest = {}): WatchScenario => ({
    name,
    side: 'read',
    class: cls,
    says,
    expected,
    feed,
    mail: [],
    changes: 'some',
    needs: 'feed',
    // A run of it is two whole reads: they take turns, so that all of them are few among the others.
    costly: true,
    every: cls === 'faulty' ? 2 : 4,
    ...rest,
  })
const lost = make('faulty', LOST)
const settled = make('faulty', SETTLED)
/** Nothing of it is believed, and nothing is lost by it. */
const harmless = make('faulty', WHOLE)
const odd = make('odd', WHOLE)
const honest = make('honest', WHOLE)

export const WATCH_SCENARIOS: readonly WatchScenario[] = [
  lost('R28', 'a feed that says nothing of one change', [{ fault: 'skips_one' }]),
  // Who was on a page that nobody saw may be named on one that was seen.
  settled('R28/page', 'a feed whose first page says that it is the last', [{ fault: 'next_missing', page: 1 }], {
    changes: 'many',
    needs: 'paged',
  }),
  lost('R28/silent', 'a feed that starts again from now, in silence', [{ fault: 'starts_from_now' }]),
  lost('R28/broken', 'a feed with an item of which nothing can be read, in place of one', [{ fault: 'broken_item' }]),
  lost('R28/late', 'a feed that tells of things later than it is asked for them', [{ fault: 'late', late: 'beyond' }], {
    needs: 'events',
  }),
  lost('filed-24', 'graph-docs#5855: removals missing from the delta', [{ fault: 'skips_removals' }], { changes: 'removals' }),
  lost(
    'filed-24/held',
    'removals missing from the delta, and so many that the reads hold them back',
    [{ fault: 'skips_removals' }],
    {
      changes: 'exodus',
      third: true,
    },
  ),
  lost('R29', 'a feed that refuses its position, once', [{ fault: 'gone', times: 1 }]),
  lost('R29/forgets', 'a feed that forgets what it told', [{ fault: 'forgets' }], { needs: 'events' }),
  harmless('R29/invents', 'a feed that names somebody who never was', [{ fault: 'invents' }]),
  harmless('R29/lies', 'a feed that says of people what is not so', [{ fault: 'lies' }]),
  lost('R29/html', 'a login page with 200 in place of a page of the feed', [{ fault: 'html_200' }]),
  settled('R29/html/once', 'a login page with 200 in place of a page of the feed, once', [{ fault: 'html_200', times: 1 }]),
  settled('R29/half', 'half a JSON text with 200 in place of a page of the feed, once', [{ fault: 'truncated_200', times: 1 }]),
  lost('R29/error', "an error's words with 200 in place of a page of the feed", [{ fault: 'error_200' }]),
  lost('R29/null', 'null where the list of the feed should be', [{ fault: 'rows_null' }]),
  lost(
    'filed-21/feed',
    'graph-docs#7311: next and next with the same records, and no position',
    // More than anybody reads; then it comes to its senses, so that a run has an end.
    [{ fault: 'endless_same', times: 110 }],
    { needs: 'paged' },
  ),
  lost('filed-21/position', 'graph-docs#7311: the last page has no position', [{ fault: 'no_position' }], { needs: 'delta' }),
  settled('R29/nobody', 'a feed tells the truth, and by id nobody is found', [{ fault: 'nobody_by_id' }], { changes: 'many' }),
  harmless('R30', 'a webhook that was altered after it was signed', [], { mail: ['honest', 'forged'], needs: 'webhook' }),
  harmless('R30/secret', "a webhook signed with somebody else's secret", [], { mail: ['other_secret'], needs: 'webhook' }),
  harmless('R30/unsigned', 'a webhook without a signature', [], { mail: ['unsigned', 'honest'], needs: 'webhook' }),
  harmless('R30/replayed', 'a webhook that somebody sends again', [], { mail: ['replayed'], needs: 'webhook' }),
  harmless('R30/old', 'a webhook that somebody sends again, hours later', [], { mail: ['old'], needs: 'dated' }),
  harmless('R30/lies', 'a webhook, rightly signed, that says what is not so', [], { mail: ['lies', 'honest'], needs: 'webhook' }),
  harmless('R30/stranger', 'a webhook, rightly signed, about somebody who never was', [], {
    mail: ['stranger'],
    needs: 'webhook',
  }),
  lost('several/5', 'a feed that skips a change, while forged webhooks come', [{ fault: 'skips_one' }], {
    mail: ['forged', 'lies'],
    needs: 'webhook',
  }),

  odd('R29/late', 'a feed that tells late, within its overlap', [{ fault: 'late', late: 'within' }], { needs: 'events' }),
  odd('R29/doubled', 'a feed that tells everything twice', [{ fault: 'doubled' }]),
  odd('R29/reordered', 'a feed that tells the newest first', [{ fault: 'reordered' }], { changes: 'many' }),
  odd('R29/500', '500 in place of a page of the feed, once', [{ fault: 'server_error', times: 1 }]),
  // Nothing to tell is told by a feed that is dead too.
  make('odd', ['unproven', 'complete'])('R29/nothing', 'a feed that has nothing to tell, for nothing happened', [], {
    changes: 'none',
  }),
  odd('R33/watched', 'most leave, truly: held back by the reads, and the feed told all of it', [], {
    changes: 'exodus',
    third: true,
  }),
  odd('R34/watched', 'people come and change while everything is read, and the feed tells all of it', [], { busy: true }),
  odd('R30/unchanged', 'webhooks about somebody of whom nothing changed, and one that comes twice', [], {
    mail: ['unchanged', 'twice', 'reordered'],
    needs: 'webhook',
  }),
  honest('honest/watched', 'people come, change and go between two whole reads, and the feed tells all of it', []),
  honest('honest/watched/many', 'more happens between two whole reads than a page of the feed holds', [], {
    changes: 'many',
    mail: [],
  }),
  honest('honest/mailed', 'the feed tells all, and webhooks some of it', [], { mail: ['honest', 'honest'], needs: 'webhook' }),
]
