import { COMMON, type FlagSpecs, type Flags, STORE } from './args.ts'
import { ASKING, WAITING } from './changing.ts'
import { CONNECTION } from './compose.ts'

export const APPLY = {
  ...CONNECTION,
  name: {
    type: 'string',
    value: 'NAME',
    about: 'with --connector: what to call the connection (default: made from connector and settings)',
  },
  id: { type: 'string', value: 'ID', about: 'native id of the record to change; none for what is made' },
  input: { type: 'string', multiple: true, value: 'NAME=VALUE', about: 'what the action takes; several times' },
  plan: {
    type: 'string',
    value: 'FILE',
    about: 'carry out this plan of `rollcall plan`; refused where anything in it moved since',
  },
  resume: { type: 'boolean', about: 'go on with whatever is open in this connection, and look again at what is due' },
  'dry-run': { type: 'boolean', about: 'look at the record and say what would be sent and looked at; nothing is sent or kept' },
  ...ASKING,
  person: { type: 'string', value: 'WHO', about: 'whom it is about, where known' },
  ...WAITING,
  ...STORE,
  ...COMMON,
} as const satisfies FlagSpecs

export type ApplyFlags = Flags<typeof APPLY>
