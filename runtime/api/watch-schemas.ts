/** Feeds, sightings and what came in, as the API says them. */
import { FEED_IS } from '../judge/feed-agreement.ts'
import { AGREEMENT, SHOWS } from '../watch-types.ts'
import { anyObject, flag, int, list, maybe, name, object, oneOf, ref, streamName, text, time } from './shapes.ts'
import type { Schema } from './types.ts'

const LONG = { maxLength: 100_000 } as const
const because = text('', LONG)
const touched = object({ stream: streamName, id: text('native id') })
const unfinished = {
  waiting: int('records that were named and are yet to be looked at'),
  given_up: int('of them: asked for too often without an answer, until they are named again'),
  given_up_samples: list(touched, { description: 'a few of them' }),
}

export const WATCH_SCHEMAS: { readonly [name: string]: Schema } = {
  Hole: object({
    feed: text(''),
    from: time,
    to: maybe({ ...time, description: 'null: it is not known to have ended' }),
    because,
  }),
  FeedAgreement: object({
    feed: text(''),
    stream: streamName,
    between: list(int('sync'), { minItems: 2, maxItems: 2, description: 'the whole reads that were compared' }),
    began_at: { ...time, description: 'when the second of them began' },
    compared_to: int('change up to which it was compared'),
    is: oneOf(AGREEMENT),
    because,
    changes: int('changes that the reads found and the feed claims to tell'),
    named: int('of them named'),
    skipped: list(text('native id'), { description: 'a few that were not' }),
    at: time,
  }),
  Feed: object({
    feed: text(''),
    title: text(''),
    is: oneOf(FEED_IS, 'steady: it named all that whole reads found changed; untested: nobody knows yet'),
    because,
    since: maybe({ ...time, description: 'from when on it is asked without a hole' }),
    asked_at: maybe(time),
    told_until: maybe({ ...time, description: 'what happened later may still be told' }),
    failed: maybe(because),
    holes: list(ref('Hole')),
    agreements: list(ref('FeedAgreement')),
  }),
  Arrival: object({
    seq: int('', 1),
    at: time,
    is: oneOf(['taken', 'again', 'refused']),
    because: text('of a refusal its code'),
    means: maybe(text('of a refusal')),
    touched: int('records that it named'),
  }),
  Inbound: object({ connection: name(''), made_at: time, made_by: text('') }),
  NewInbound: object({ inbound: ref('Inbound'), text: maybe(text('the address: shown this once and kept nowhere')) }),
  WatchState: object({
    connection: name(''),
    under_way: flag('a round is under way in this process'),
    feeds: list(ref('Feed')),
    ...unfinished,
    sightings: int('number of the last one'),
    webhook: maybe(
      object(
        {
          title: text(''),
          address: maybe(ref('Inbound')),
          counts: object({ taken: int(''), again: int('came more than once'), refused: int('') }),
          arrivals: list(ref('Arrival'), { description: 'newest first' }),
          refusals: list(ref('Arrival'), { description: 'newest first' }),
        },
        'null: the connector declares none',
      ),
    ),
  }),
  WatchRound: object({
    connection: name(''),
    at: time,
    polls: list(
      object({
        feed: text(''),
        is: oneOf(['told', 'hole', 'failed', 'overtaken', 'stopped']),
        because: maybe(because),
        pages: int(''),
        items: int(''),
        fresh: int('of them events that were not known'),
        touched: int('records named'),
        unnamed: int('items of which it cannot be said whom they are about'),
      }),
    ),
    looked: object({
      looks: int(''),
      alive: int(''),
      gone: int(''),
      unanswered: int(''),
      changed: int('not as the newest snapshot has them'),
      stopped: maybe(text('why no more were looked at', LONG)),
    }),
    ...unfinished,
    feeds: list(ref('Feed')),
    reverted: list(object({ intent: text(''), stream: streamName, id: text('native id'), because }), {
      description: 'changes that were verified and are undone, as a look showed',
    }),
  }),
  Sighting: object({
    seq: int('ascending', 1),
    stream: streamName,
    id: text('native id'),
    at: { ...time, description: 'when it was asked for' },
    cause: object({ by: oneOf(['feed', 'webhook']), 'feed?': text('') }, 'what named it'),
    named_at: time,
    shows: oneOf(SHOWS),
    because,
    fields: maybe(anyObject),
    is: maybe(oneOf(['as_stored', 'changed', 'new', 'missing'], 'beside the newest snapshot')),
    moved: list(text('a field'), { description: 'that differ from it' }),
  }),
}
