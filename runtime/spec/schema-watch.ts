/** `feeds:` and `webhook:` in the connector's schema: where a target tells what was touched. */
import { type JsonObject, TOLD_CHANGES } from '../types.ts'
import { closed, EXPRESSION, NAME, PATH, TEXT } from './schema-parts.ts'

export function watchParts(): JsonObject {
  return {
    feeds: {
      type: 'object',
      minProperties: 1,
      propertyNames: NAME,
      additionalProperties: { $ref: '#/$defs/one_feed' },
      description: 'Lists of what was touched since a position, by name. They name records and are never taken for their state.',
    },
    one_feed: oneFeed(),
    naming: naming(),
    webhook: webhook(),
  }
}

const SOURCES = {
  type: 'array',
  minItems: 1,
  items: { $ref: '#/$defs/source' },
  description: 'What was read to write this, and when.',
} as const

const NAMINGS = {
  type: 'array',
  minItems: 1,
  items: { $ref: '#/$defs/naming' },
  examples: [[{ stream: 'users', id: 'id' }]],
} as const

function oneFeed(): JsonObject {
  return closed(
    {
      title: { ...TEXT, description: 'For people; default: the name.', examples: ['System Log'] },
      source: SOURCES,
      from: { $ref: '#/$defs/feed', description: 'How a position is taken, asked from and carried on.' },
      list: {
        $ref: '#/$defs/request',
        description:
          'The request from a position: `{since}` and `{until}`, or `{position}`. A delta whose position is a URL has none.',
        examples: ['GET /logs?since={since}&until={until}'],
      },
      pages: { $ref: '#/$defs/pages', description: 'How the list goes on and how it ends.' },
      records: { ...PATH, description: 'Path of the items; "[]" is the body itself.', examples: ['[]', 'value'] },
      empty: { enum: ['absent', 'null', 'null_or_absent'], description: 'What stands for "no items" besides an empty list.' },
      id: { ...TEXT, description: 'Path or CEL: what tells one event from another. A delta has none.', examples: ['uuid'] },
      names: {
        ...NAMINGS,
        description: 'Which records an item is about. Each is read by id: what it looks like is never taken from the item.',
      },
      tells: {
        type: 'array',
        minItems: 1,
        items: { enum: [...TOLD_CHANGES] },
        description: 'Of which changes it claims to tell; default: all. Held against what whole reads find.',
        examples: [['created', 'updated', 'deleted']],
      },
      silent_on: {
        type: 'array',
        minItems: 1,
        items: TEXT,
        description: 'Our fields whose change it does not tell.',
        examples: [['lastLoginAt']],
      },
    },
    ['from', 'pages', 'records', 'names'],
  )
}

function naming(): JsonObject {
  return closed(
    {
      stream: { ...TEXT, description: 'A stream with a `get`.', examples: ['users'] },
      id: {
        ...TEXT,
        description: 'Path or CEL over the item: an id or a list of ids. No value, null and []: it is about none.',
        examples: ['id'],
      },
      when: { ...EXPRESSION, description: 'CEL over the item: only then.' },
    },
    ['stream', 'id'],
  )
}

function webhook(): JsonObject {
  return {
    ...closed(
      {
        title: { ...TEXT, description: 'For people.', examples: ['Event hook'] },
        source: SOURCES,
        verify: { $ref: '#/$defs/verify_webhook', description: "How a message shows that it is the target's." },
        challenge: { $ref: '#/$defs/challenge', description: 'How the address is confirmed when it is registered.' },
        records: {
          ...PATH,
          description: 'Path of the items; default "[]", the body itself. An object there is one item.',
          examples: ['data.events'],
        },
        names: { ...NAMINGS, description: 'Which records an item is about.' },
        polls: {
          type: 'array',
          minItems: 1,
          items: TEXT,
          description: 'Feeds that are asked at once.',
          examples: [['system_log']],
        },
      },
      ['verify'],
    ),
    description: 'What the target sends us by itself. It names whom to look at and is never taken for state.',
  }
}
