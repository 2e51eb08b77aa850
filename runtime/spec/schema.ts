/** The JSON Schema of a connector, composed from the words of the shelf. Plain draft 2020-12; `discriminator` is ajv's hint. */
import { MODELS } from '../kinds/model.ts'
import { type JsonObject, RECORD_TYPES } from '../types.ts'
import { actionParts } from './schema-actions.ts'
import {
  closed,
  DURATION_TEXT,
  EXPRESSION,
  EXPRESSIONS,
  fieldValue,
  HEADERS,
  NAME,
  PATH,
  REQUEST,
  SCALAR,
  TEXT,
} from './schema-parts.ts'
import { watchParts } from './schema-watch.ts'
import { families } from './schema-words.ts'

/**
 * Every family a `$def` with one branch a word, each branch a `$def` of its own: `auth`, `auth_bearer`.
 */
export function connectorSchema(): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://rollcall.example/schemas/connector.schema.json',
    title: 'connector',
    description:
      'How to speak with one kind of target, how to prove that nobody is missing, how to change it and see that it happened, and where it tells what was touched. docs/connector-language.md',
    type: 'object',
    properties: {
      connector: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,63}$', description: 'Name of the connector.', examples: ['okta'] },
      version: { type: 'integer', minimum: 1, description: 'Counts up with every change of meaning.', examples: [1] },
      title: { ...TEXT, description: 'Name of the target for people.', examples: ['Okta'] },
      source: {
        type: 'array',
        minItems: 1,
        items: { $ref: '#/$defs/source' },
        description: 'What was read to write this, and when.',
      },
      settings: {
        type: 'object',
        propertyNames: NAME,
        additionalProperties: { $ref: '#/$defs/setting' },
        description: 'What an operator fills in: `{name}` in a template.',
      },
      base_url: { ...TEXT, description: 'https; a template over the settings.', examples: ['https://{domain}/api/v1'] },
      origins: { type: 'array', items: TEXT, description: 'Further origins that links, tokens and files may come from.' },
      auth: { $ref: '#/$defs/auth', description: 'How requests are signed in.' },
      headers: { ...HEADERS, description: 'Sent with every request.' },
      limits: { $ref: '#/$defs/limits' },
      responses: {
        type: 'array',
        items: { $ref: '#/$defs/response' },
        description: 'What answers other than 2xx mean. There is no "ignore".',
      },
      expect: { ...EXPRESSIONS, description: 'CEL that each 2xx answer must meet to be an answer at all.' },
      whoami: { $ref: '#/$defs/whoami' },
      scope_proof: {
        type: 'array',
        items: { $ref: '#/$defs/scope_proof' },
        description: 'Requests that show what the credential may see.',
      },
      streams: {
        type: 'object',
        minProperties: 1,
        propertyNames: NAME,
        additionalProperties: { $ref: '#/$defs/stream' },
        description: 'The lists the target can give.',
      },
      actions: { $ref: '#/$defs/actions' },
      feeds: { $ref: '#/$defs/feeds' },
      webhook: { $ref: '#/$defs/webhook' },
    },
    required: ['connector', 'version', 'title', 'base_url', 'auth', 'streams'],
    additionalProperties: false,
    $defs: { ...parts(), ...actionParts(), ...watchParts(), ...families(), ...fields() },
  }
}

function parts(): JsonObject {
  return {
    source: closed(
      { url: { ...TEXT, description: 'The page.' }, read: { ...TEXT, description: 'The day it was read: 2026-11-20.' } },
      ['url', 'read'],
    ),
    setting: {
      ...closed(
        {
          type: { enum: ['text', 'secret', 'hostname', 'url', 'integer', 'boolean', 'list'], description: 'What it holds.' },
          label: { ...TEXT, description: 'For people.' },
          example: { description: 'Shown to people.' },
          default: { description: 'Used where the operator gives none.' },
          options: { type: 'array', minItems: 1, items: SCALAR, description: 'The only values allowed.' },
          required: { type: 'boolean', description: 'Default: true, unless there is a default.' },
        },
        ['type'],
      ),
      examples: [{ type: 'hostname', label: 'Tenant host', example: 'acme.example' }],
    },
    limits: closed({
      requests_per_minute: { type: 'integer', minimum: 1, description: 'What the target permits.' },
      concurrent: { type: 'integer', minimum: 1, maximum: 256, description: 'Requests in flight; default 4.' },
      told_by: { $ref: '#/$defs/told', description: 'Where answers tell what is left.' },
      timeout_ms: {
        type: 'integer',
        minimum: 100,
        maximum: 600000,
        description: 'For one answer, first byte to last; default 30000.',
      },
      max_bytes: {
        type: 'integer',
        minimum: 1024,
        maximum: 1073741824,
        description: 'Of one answer, decompressed; default 33554432.',
      },
      attempts: { type: 'integer', minimum: 1, maximum: 10, description: 'Tries of one request, the first included; default 5.' },
    }),
    response: closed(
      {
        status: {
          type: 'array',
          minItems: 1,
          items: { type: 'integer', minimum: 100, maximum: 599 },
          description: 'Statuses it is about.',
        },
        when: { ...EXPRESSION, description: 'CEL over status, headers, body.' },
        // biome-ignore lint/suspicious/noThenProperty: a key of the language
        then: { enum: ['retry', 'wait', 'gap', 'fail', 'restart'], description: 'What it means.' },
        because: { ...TEXT, description: 'For people.' },
      },
      ['status', 'then', 'because'],
    ),
    whoami: {
      ...closed(
        { request: { $ref: '#/$defs/request' }, id: { ...PATH, description: "Path of the credential's own account id." } },
        ['request', 'id'],
      ),
      description: 'The account of the credential.',
    },
    scope_proof: closed(
      {
        request: { $ref: '#/$defs/request' },
        expect: { ...EXPRESSION, description: 'CEL over status, headers, body: true shows that the credential sees everyone.' },
        refuted_by: {
          ...EXPRESSION,
          description:
            'CEL that shows the opposite: a restricted credential. Where neither is true nothing is shown, and a person may attest.',
        },
        shows: { ...TEXT, description: 'What it shows, for people.' },
      },
      ['request', 'expect', 'shows'],
    ),
    request: REQUEST,
    filter: closed(
      {
        name: { ...NAME, description: 'Counted under this name.' },
        drop: { ...EXPRESSION, description: 'CEL over the record.' },
      },
      ['name', 'drop'],
    ),
    stream: stream(),
  }
}

function stream(): JsonObject {
  return {
    ...closed(
      {
        is: { enum: [...RECORD_TYPES], description: 'What its records are.' },
        title: { ...TEXT, description: 'For people; default: the name.' },
        list: { $ref: '#/$defs/request', description: 'The request of the first page.' },
        each: {
          type: 'object',
          minProperties: 1,
          propertyNames: NAME,
          additionalProperties: { type: ['string', 'array'], minLength: 1, minItems: 1, items: SCALAR },
          description: 'One list a record of a stream, a value of a list setting, or a fixed value.',
          examples: [{ group: 'groups' }, { org: 'settings.orgs' }, { status: ['ACTIVE', 'INACTIVE'] }],
        },
        pages: { $ref: '#/$defs/pages', description: 'How the list goes on and how it ends.' },
        records: { ...PATH, description: 'Path of the records; "[]" is the body itself.', examples: ['[]', 'data', 'Resources'] },
        empty: { enum: ['absent', 'null', 'null_or_absent'], description: 'What stands for "no records" besides an empty list.' },
        expect: { ...EXPRESSIONS, description: 'CEL that each 2xx answer of the list must meet.' },
        id: {
          type: ['string', 'array'],
          minLength: 1,
          minItems: 1,
          items: TEXT,
          description: 'Path or CEL, or several that together are the id.',
          examples: ['id'],
        },
        case_sensitive_ids: { type: 'boolean', description: 'Two ids may differ by case alone; default false.' },
        get: { $ref: '#/$defs/request', description: 'The by-id read.', examples: ['GET /users/{id}'] },
        get_record: { ...PATH, description: 'Path of the record in the answer of get; default "[]", the body itself.' },
        gone: { ...EXPRESSION, description: 'CEL over the fetched record: a live answer that means deleted.' },
        expand: { $ref: '#/$defs/request', description: 'One request a record, merged over it.' },
        fields: { type: 'object', description: 'Our fields, each a path, CEL or a literal.' },
        keep: {
          type: 'object',
          propertyNames: NAME,
          additionalProperties: fieldValue('Path, CEL or literal.'),
          description: 'Values for child streams and proofs.',
        },
        filters: { type: 'array', items: { $ref: '#/$defs/filter' }, description: 'Named, counted, never silent.' },
        covers: {
          ...closed({ statuses: { description: 'all, or a list' }, types: { description: 'all, or a list' }, note: TEXT }),
          description: 'What the list is meant to hold; for people.',
        },
        refers: {
          type: 'object',
          additionalProperties: { type: ['string', 'array'], minLength: 1, items: TEXT },
          description: "Which streams the ids in an edge's fields name; [] where they name none of them.",
          examples: [{ account: 'users', entitlement: 'groups' }],
        },
        sorted_by: { ...PATH, description: 'Path of an immutable key the list is ordered by.' },
        floor: {
          type: 'object',
          additionalProperties: { type: 'number', minimum: 0, maximum: 1 },
          description: 'Least share of records with the field.',
        },
        fresh_for: {
          ...DURATION_TEXT,
          description: 'How long a verdict may be relied upon; default 24h.',
          examples: ['24h'],
        },
        certified: { type: 'boolean', description: 'false: out of the exit code and the gate.' },
        prove: { type: 'array', items: { $ref: '#/$defs/prove' }, description: 'How to show that nobody is missing.' },
      },
      ['is', 'list', 'pages', 'records', 'id', 'fields'],
    ),
    allOf: RECORD_TYPES.map((type) => ({
      if: { type: 'object', properties: { is: { const: type } }, required: ['is'] },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema
      then: { properties: { fields: { $ref: `#/$defs/fields_${type}` } } },
    })),
  }
}

/** What `fields` of each record type may hold. */
function fields(): JsonObject {
  const entries = RECORD_TYPES.map((type) => {
    const model = MODELS[type]
    const properties = Object.entries(model.properties).map(([name, schema]) => [name, fieldValue(schema.description)] as const)
    return [`fields_${type}`, closed(Object.fromEntries(properties), model.required)] as const
  })
  return Object.fromEntries(entries)
}
