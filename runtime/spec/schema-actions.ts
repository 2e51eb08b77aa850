/** `actions:` in the connector's schema: what a target can be asked to change, and how to see that it did. */
import { ACTION_NAMES, FACETS, type JsonObject } from '../types.ts'
import { closed, DURATION_TEXT, EXPRESSION, NAME, PATH, SCALAR, TEXT } from './schema-parts.ts'

const STATES = ['present', 'absent', 'active', 'inactive', 'revoked', 'held', 'not_held', 'as_given', 'rotated'] as const

const FACET_MEANS = {
  account: 'May it sign in, and is it there?',
  sessions: 'Signed-in sessions.',
  tokens: 'Tokens, keys and app passwords.',
  groups: 'Memberships.',
  roles: 'Roles and permissions.',
  licenses: 'Seats and products.',
  profile: 'Attributes.',
  credential: 'A password, key or factor.',
  data: 'What the account owns.',
} as const satisfies { readonly [facet in (typeof FACETS)[number]]: string }

const REQUEST = { $ref: '#/$defs/request' } as const
const CEL_NAMES = '`record`, `id`, `input`, `before`, `settings`'

export function actionParts(): JsonObject {
  return {
    actions: {
      type: 'object',
      minProperties: 1,
      properties: Object.fromEntries(ACTION_NAMES.map((name) => [name, { $ref: '#/$defs/action' }])),
      patternProperties: { '^custom_[A-Za-z0-9_-]{1,57}$': { $ref: '#/$defs/action' } },
      additionalProperties: false,
      description: 'What can be changed, each with how to look whether it happened. `custom_<name>` for what has no name here.',
    },
    action: action(),
    action_input: input(),
    action_step: step(),
    action_verify: verify(),
    action_find: find(),
    action_job: job(),
  }
}

function action(): JsonObject {
  return {
    ...closed(
      {
        title: { ...TEXT, description: 'For people; default: the name.', examples: ['Deactivate'] },
        on: {
          ...TEXT,
          description: 'Stream whose record is changed; its `get` gives identity and state. Of a create: that will hold it.',
          examples: ['users'],
        },
        does: {
          ...closed(Object.fromEntries(FACETS.map((facet) => [facet, { enum: [...STATES], description: FACET_MEANS[facet] }]))),
          minProperties: 1,
          description: 'Facet → the asked-for state. Every facet needs a `verify`.',
          examples: [{ account: 'inactive', sessions: 'revoked' }],
        },
        input: {
          type: 'object',
          propertyNames: NAME,
          additionalProperties: { $ref: '#/$defs/action_input' },
          description: 'What is given with the change: `{input.name}`.',
        },
        destructive: {
          type: 'boolean',
          description: 'Takes away: thresholds count it. Default: true for deactivate, delete, revoke…, remove….',
        },
        before: { ...REQUEST, description: 'The look before anything is sent; default: `get` of the stream.' },
        bind: {
          type: 'array',
          items: TEXT,
          description: 'Our fields that must still be what they were when the change was asked for: against recycled names.',
          examples: [['userName', 'createdAt']],
        },
        already: { ...EXPRESSION, description: `CEL over ${CEL_NAMES}: true, it is so already and nothing is sent.` },
        protect: {
          type: 'array',
          items: closed(
            {
              name: { ...TEXT, description: 'For people.' },
              when: { ...EXPRESSION, description: `CEL over ${CEL_NAMES}: true, it is never touched.` },
            },
            ['name', 'when'],
          ),
          description: 'Objects that are never touched, beside the protected ids of the connection.',
          examples: [[{ name: 'super administrators', when: "= record.role == 'super'" }]],
        },
        find: { $ref: '#/$defs/action_find' },
        idempotency: {
          enum: ['native_key', 'natural_key', 'none'],
          description: 'What makes a second send harmless. Default: native_key, with `find` natural_key. none: never sent twice.',
        },
        send: { ...REQUEST, description: 'The one request of the change.', examples: ['POST /users/{id}/lifecycle/deactivate'] },
        steps: {
          type: 'array',
          minItems: 1,
          items: { $ref: '#/$defs/action_step' },
          description: 'Several requests, sent in this order; each is verified before the next is sent.',
        },
        verify: { type: 'array', items: { $ref: '#/$defs/action_verify' }, description: 'How to see that it happened, a facet.' },
        may_change: {
          type: 'array',
          items: TEXT,
          description:
            'Our fields that may move; any other that moves is an alarm. Default: those that `does` moves by itself, and times.',
        },
        recheck: {
          type: 'array',
          items: DURATION_TEXT,
          description: 'After so long the looks run again, against what undoes it.',
          examples: [['1h', '24h']],
        },
        job: { $ref: '#/$defs/action_job' },
        invitation: {
          ...closed(
            {
              when: { ...EXPRESSION, description: 'CEL over `status`, `headers`, `body`: it was an invitation only.' },
              expires: { ...DURATION_TEXT, description: 'How long it stands; default 7d.' },
            },
            ['when'],
          ),
          description: 'Where the target only invites: the outcome is `pending`, never success.',
        },
        unverifiable: {
          ...TEXT,
          description: 'Why facets cannot be looked at. Not success: it opens a control exception.',
          examples: ['the API shows no sessions'],
        },
      },
      ['on', 'does'],
    ),
    oneOf: [{ required: ['send'] }, { required: ['steps'] }],
    description: 'One change, from the look before to the looks after.',
  }
}

function input(): JsonObject {
  return {
    ...closed({
      type: { enum: ['text', 'boolean', 'integer', 'list'], description: 'What it holds; default text.' },
      required: { type: 'boolean', description: 'Default true.' },
      label: { ...TEXT, description: 'For people.' },
      options: { type: 'array', minItems: 1, items: SCALAR, description: 'The only values allowed.' },
      stream: {
        ...TEXT,
        description:
          'It names a record of this stream by id. Where all needed inputs name one stream of grants or credentials, offboarding takes back each such record of the person.',
        examples: ['groups'],
      },
      field: {
        ...TEXT,
        description: 'With `stream`: the field (or `keep`) of that record whose value it is; default: its id.',
        examples: ['clientId'],
      },
    }),
    examples: [{ type: 'text', label: 'Group', stream: 'groups' }],
  }
}

function step(): JsonObject {
  return closed(
    {
      name: { ...NAME, description: 'Of the step, in the history.' },
      facets: {
        type: 'array',
        items: { enum: [...FACETS] },
        description: 'Verified before the next step is sent. Default: none; of the last step all that no other step names.',
      },
      send: { ...REQUEST, description: 'The request.' },
      when: { ...EXPRESSION, description: `CEL over ${CEL_NAMES}: only then is it sent.` },
      accepted: {
        ...EXPRESSION,
        description: 'CEL over `status`, `headers`, `body`: the target took it. Default: any 2xx that passes `expect`.',
      },
      already_status: {
        type: 'array',
        items: { type: 'integer', minimum: 300, maximum: 499 },
        description: 'Statuses that mean that it is so already; the looks decide.',
        examples: [[404]],
      },
    },
    ['name', 'send'],
  )
}

function verify(): JsonObject {
  return closed(
    {
      facet: { enum: [...FACETS], description: 'One of `does`.' },
      probe: { $ref: '#/$defs/probe', description: 'What to look at, and what shows the asked-for state.' },
      when: {
        ...EXPRESSION,
        description:
          'CEL over `record` (as it was before), `input`, `id`, `settings`: false, this path shows nothing of it and is not asked.',
      },
      within: { ...DURATION_TEXT, description: "Deadline: the target's consistency window; default 2m.", examples: ['2m'] },
      agree: { type: 'integer', minimum: 1, maximum: 20, description: 'Looks in a row that must agree; default 2.' },
      every: { ...DURATION_TEXT, description: 'Time between two looks; default 5s.', examples: ['5s'] },
    },
    ['facet', 'probe'],
  )
}

function find(): JsonObject {
  return {
    ...closed(
      {
        request: { ...REQUEST, description: 'The search, one page.', examples: ['GET /users?login={input.login}'] },
        records: { ...PATH, description: 'Path of the records found; "[]" is the body itself.' },
        one: {
          type: 'boolean',
          description: 'The answer is the one record itself, by its natural key; `records` is then "[]". Default false.',
        },
        id: { ...PATH, description: "Path or CEL of a found record's id." },
        match: { ...EXPRESSION, description: 'CEL over `record`, `input`, `settings`: is it the one?' },
      },
      ['request', 'records', 'id', 'match'],
    ),
    description: 'Search by natural key, before and after: where there is no native id yet.',
  }
}

function job(): JsonObject {
  return {
    ...closed(
      {
        id: {
          ...TEXT,
          description: "Path in the body of the step's answer, or CEL over `status`, `headers`, `body`: the job's id.",
        },
        poll: { ...REQUEST, description: 'Asked until the job has ended; sees `{job}`.', examples: ['GET /jobs/{job}'] },
        done: { ...EXPRESSION, description: 'CEL over `status`, `headers`, `body`: ended. The looks follow.' },
        failed: { ...EXPRESSION, description: 'CEL over `status`, `headers`, `body`: ended without effect.' },
        every: { ...DURATION_TEXT, description: 'Time between two polls; default 5s.' },
        within: { ...DURATION_TEXT, description: 'Deadline; default 10m.' },
      },
      ['id', 'poll', 'done'],
    ),
    description: 'For a target that answers before it is done.',
  }
}
