/**
 * Our record types: which fields each has, their types, which are required. docs/connector-language.md section 6.
 * The order of `properties` is the order in which fields are stored, so that JSON.stringify of a record is canonical.
 */
import type { JsonObject, RecordType } from '../types.ts'

type FieldSchema = { readonly type: 'string' | 'boolean' | 'integer' | 'array'; readonly description: string } & JsonObject

export type Model = {
  readonly $schema: string
  readonly $id: string
  readonly title: string
  readonly description: string
  readonly type: 'object'
  readonly properties: { readonly [field: string]: FieldSchema }
  readonly required: readonly string[]
  readonly additionalProperties: false
}

const text = (description: string) => ({ type: 'string', description }) as const
const time = (description: string) =>
  ({ type: 'string', description: `${description}, as the target wrote it (ISO 8601 where it can be)` }) as const
const flag = (description: string) => ({ type: 'boolean', description }) as const
const count = (description: string) => ({ type: 'integer', description }) as const
const texts = (description: string) => ({ type: 'array', items: { type: 'string' }, description }) as const

function model(type: RecordType, description: string, properties: Model['properties'], required: readonly string[]): Model {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `https://rollcall.example/schemas/${type}.schema.json`,
    title: type,
    description,
    type: 'object',
    properties,
    required,
    additionalProperties: false,
  }
}

export const MODELS: { readonly [type in RecordType]: Model } = {
  account: model(
    'account',
    'Something that can sign in.',
    {
      userName: text('The name the account signs in with, unique in the target'),
      active: flag('May it sign in now?'),
      displayName: text('Name shown to people'),
      givenName: text('First name'),
      familyName: text('Last name'),
      email: text('Primary e-mail address'),
      type: text('person, service, bot or guest'),
      status: text('The state in the words of the target'),
      externalId: text('Id that another system gave it'),
      employeeNumber: text('Number in the HR system'),
      title: text('Job title'),
      department: text('Department'),
      manager: text('Id or name of the manager'),
      createdAt: time('Creation time'),
      updatedAt: time('Last change'),
      lastLoginAt: time('Last sign-in'),
    },
    ['userName', 'active'],
  ),
  group: model(
    'group',
    'A set of accounts.',
    {
      displayName: text('Name shown to people'),
      description: text('What it is for'),
      type: text('Kind of group in the words of the target'),
      externalId: text('Id that another system gave it'),
      memberCount: count("The target's own count of members"),
      createdAt: time('Creation time'),
      updatedAt: time('Last change'),
    },
    ['displayName'],
  ),
  entitlement: model(
    'entitlement',
    'Something that can be held: a role, a permission set.',
    {
      displayName: text('Name shown to people'),
      type: text('Kind of entitlement in the words of the target'),
      description: text('What it allows'),
      privileged: flag('Does it allow administration?'),
      externalId: text('Id that another system gave it'),
    },
    ['displayName'],
  ),
  grant: model(
    'grant',
    'The fact that an account holds an entitlement or is in a group.',
    {
      account: text('Id of the holder'),
      entitlement: text('Id of what is held'),
      type: text('Kind of grant: member, owner, direct, inherited'),
      via: text('Id of the group or rule it comes through'),
      since: time('Granted at'),
      expiresAt: time('Ends at'),
      accountType: text('What the holder is, where holders may be accounts, groups or others'),
    },
    ['account', 'entitlement'],
  ),
  license: model(
    'license',
    'A product or seat pool.',
    {
      displayName: text('Name shown to people'),
      total: count('Seats bought'),
      assigned: count('Seats in use'),
      externalId: text('Id that another system gave it'),
    },
    ['displayName'],
  ),
  session: model(
    'session',
    'A signed-in session.',
    {
      account: text('Id of the account'),
      createdAt: time('Sign-in time'),
      expiresAt: time('Ends at'),
      lastUsedAt: time('Last use'),
      ip: text('Network address'),
      userAgent: text('Browser or client'),
    },
    ['account'],
  ),
  credential: model(
    'credential',
    'A token, key, password or factor of an account.',
    {
      account: text('Id of the account'),
      type: text('Kind of credential: api_token, ssh_key, app_password, factor'),
      displayName: text('Name shown to people'),
      createdAt: time('Creation time'),
      expiresAt: time('Ends at'),
      lastUsedAt: time('Last use'),
      scopes: texts('What it may do'),
    },
    ['account', 'type'],
  ),
}
