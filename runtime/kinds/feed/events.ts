import type { FromSchema } from 'json-schema-to-ts'
import { DURATION, seconds } from '../duration.ts'
import type { FeedKind } from '../kind.ts'
import { instantOf } from '../probe/parts/instant.ts'
import { compilePath } from '../value/path.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'events' },
    at: { type: 'string', minLength: 1, description: "Path of an event's time." },
    overlap: {
      type: 'string',
      pattern: DURATION,
      default: '10m',
      description: 'How long an event may come late: each poll asks from that much before the last.',
      examples: ['10m'],
    },
    kept: {
      type: 'string',
      pattern: DURATION,
      description: 'How long the target keeps events; what is older is lost, and said to be. Absent: for good.',
      examples: ['90d'],
    },
    since_is: {
      enum: ['iso', 'epoch_s', 'epoch_ms'],
      default: 'iso',
      description: 'How `{since}` and `{until}` are written: ISO 8601 in UTC, or seconds or milliseconds since 1970.',
    },
  },
  required: ['kind', 'at'],
  additionalProperties: false,
} as const

type Options = FromSchema<typeof schema>

/** A log that is asked from one instant to another. Its position is the instant up to which it was asked. */
export const events: FeedKind<Options> = {
  kind: 'events',
  description: 'A log of what happened, asked from one instant to another, with an overlap for what is late.',
  schema,
  example: { kind: 'events', at: 'published', overlap: '10m', kept: '90d', since_is: 'iso' },
  gives: ['since', 'until'],
  ask(options, position, now_ms) {
    if (position === null) return { ask: 'nothing', to: at(now_ms) }
    const until_ms = instantOf(position['until'])?.ms
    if (until_ms === undefined) return { ask: 'lost', because: 'the position is none of a log of events' }
    const since_ms = until_ms - overlapOf(options)
    if (options.kept !== undefined && since_ms < now_ms - seconds(options.kept) * 1000)
      return { ask: 'lost', because: `it is asked from ${iso(since_ms)} on, and the target keeps ${options.kept}` }
    // A clock of ours that was set back asks for no span that ends before it begins.
    const to_ms = Math.max(now_ms, until_ms)
    return { ask: 'list', request: null, vars: { since: write(options, since_ms), until: write(options, to_ms) }, url: null }
  },
  after(options, position, { now_ms }) {
    const to_ms = Math.max(now_ms, instantOf(position?.['until'])?.ms ?? now_ms)
    const told_until_ms = to_ms - overlapOf(options)
    // The next poll asks from there on; a target that reads whole seconds tells that second again.
    return { to: at(to_ms), told_until_ms, forget_before_ms: Math.floor(told_until_ms / 1000) * 1000 }
  },
  at: (options, item) => instantOf(compilePath(options.at)(item))?.ms ?? null,
}

const at = (ms: number) => ({ until: iso(ms) })
const iso = (ms: number) => new Date(ms).toISOString()
const overlapOf = ({ overlap }: Options) => seconds(overlap ?? '10m') * 1000

function write({ since_is }: Options, ms: number): string {
  if (since_is === 'epoch_ms') return String(ms)
  return since_is === 'epoch_s' ? String(Math.floor(ms / 1000)) : iso(ms)
}
