import { ROLES, type Role } from '../runtime/control/types.ts'
import { Failure } from '../runtime/errors.ts'
import { COMMON, type CommandSpec, type Flags, STORE } from './args.ts'
import { spanOf } from './changing.ts'
import { command } from './command.ts'
import { storeDir } from './compose.ts'
import { actOf } from './inputs.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { jsonLine, safe, table } from './text.ts'

const spec = {
  name: 'tokens',
  about:
    'API tokens of `rollcall serve`, made, listed and revoked on its machine: who may write its folder may do that. Beside the server too; what is revoked is refused at once.\nA token is printed this once.',
  words: 'create|list|revoke [TOKEN]',
  takes: [1, 2],
  flags: {
    tenant: {
      type: 'string',
      value: 'TENANT',
      about: 'whose; without it: of the installation, which makes tenants and sees into none',
    },
    'new-tenant': { type: 'boolean', about: 'create: make the tenant too' },
    role: { type: 'string', multiple: true, value: 'ROLE', about: `create: ${ROLES.join(', ')}; several times` },
    connection: { type: 'string', multiple: true, value: 'NAME', about: 'create: only these connections' },
    for: { type: 'string', value: 'PERSON', about: 'create: in whose name it acts' },
    name: { type: 'string', value: 'TEXT', about: 'create: what it is for' },
    expires: { type: 'string', value: 'SPAN', about: 'create: how long it holds (default 90d, at most 366d)' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    [
      'rollcall tokens create --tenant acme --new-tenant --role admin --for kim@acme.example --name "first admin"',
      'the first one',
    ],
    ['rollcall tokens create --role admin --for ops --name "makes tenants"', 'of the installation'],
    ['rollcall tokens revoke 4k2m8p0q1r2s --tenant acme', 'by its public half'],
  ],
} as const satisfies CommandSpec
type TokenFlags = Flags<(typeof spec)['flags']>

const DAY = 86_400_000

export const run = command(spec, async ({ flags, words: [what = '', id] }, io) => {
  const { openControl } = await import('../runtime/control/open.ts')
  const control = openControl(storeDir(flags.store, io))
  try {
    if (what === 'list') return list(control, flags, io)
    if (what === 'create') return create(control, flags, io)
    if (what === 'revoke' && id !== undefined) return revoke(control, id, flags, io)
    throw new Failure('cli/usage', 'tokens', 'it is `rollcall tokens create`, `list` or `revoke TOKEN`')
  } finally {
    control.close()
  }
})

type Control = ReturnType<typeof import('../runtime/control/open.ts')['openControl']>

function create(control: Control, flags: TokenFlags, io: Io): Exit {
  const act = actOf(io, 'rollcall tokens create')
  const wrong = flags.role.find((role) => !(ROLES as readonly string[]).includes(role))
  if (wrong !== undefined || flags.role.length === 0) throw new Failure('cli/usage', '--role', `--role takes ${ROLES.join(', ')}`)
  const missing = (['for', 'name'] as const).find((flag) => (flags[flag] ?? '').trim() === '')
  if (missing !== undefined)
    throw new Failure('cli/usage', `--${missing}`, `--${missing} is missing: a token says whose it is and what for`)
  const lasts_ms = spanOf('--expires', flags.expires, 90 * DAY)
  if (lasts_ms > 366 * DAY) throw new Failure('cli/usage', '--expires', '--expires takes at most 366d')
  const tenant = flags.tenant ?? null
  if (flags['new-tenant']) {
    if (tenant === null) throw new Failure('cli/usage', '--new-tenant', '--new-tenant goes with --tenant NAME')
    control.makeTenant({ tenant, title: tenant, made_at: act.at, made_by: act.by })
    control.leaveUnsaid(tenant, { ...act, what: 'tenant made', about: tenant, detail: {} })
  }
  const given = {
    tenant,
    name: flags.name ?? '',
    person: flags.for ?? '',
    roles: flags.role as readonly Role[],
    connections: flags.connection.length === 0 ? null : flags.connection,
    expires_at: new Date(io.now() + lasts_ms).toISOString(),
  }
  const { name, person, roles, connections, expires_at } = given
  if (tenant !== null) {
    if (control.tenant(tenant) === null)
      throw new Failure('control/tenant', tenant, `there is no tenant ${safe(tenant)}; --new-tenant makes it`)
    control.leaveUnsaid(tenant, {
      ...act,
      what: 'token made',
      about: 'tokens',
      detail: { name, for: person, roles, connections, expires_at },
    })
  }
  const { token, text } = control.makeToken({ ...given, made_at: act.at, made_by: act.by })
  if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'tokens', token, text }))
  else {
    io.out(`${text}\n`)
    io.err(
      `token ${token.token} of ${tenant === null ? 'the installation' : safe(tenant)} for ${safe(person)}, until ${expires_at}; it is shown this once\n`,
    )
  }
  return EXIT.fine
}

function list(control: Control, flags: TokenFlags, io: Io): Exit {
  const tokens = []
  for (let after = ''; ; ) {
    const lot = control.tokens(flags.tenant ?? null, after, 1000)
    tokens.push(...lot)
    if (lot.length < 1000) break
    after = lot.at(-1)?.token ?? ''
  }
  if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'tokens', tokens }))
  else {
    const now = new Date(io.now()).toISOString()
    const rows = tokens.map((one) => [
      one.token,
      one.revoked_at !== null ? 'revoked' : one.expires_at <= now ? 'over' : 'valid',
      safe(one.person),
      one.roles.join(','),
      safe(one.name),
      `until ${one.expires_at}`,
      one.used_at === null ? 'never used' : `used ${one.used_at}`,
    ])
    io.out(tokens.length === 0 ? 'no tokens\n' : table(rows, ''))
  }
  return EXIT.fine
}

function revoke(control: Control, id: string, flags: TokenFlags, io: Io): Exit {
  const tenant = flags.tenant ?? null
  const act = actOf(io, 'rollcall tokens revoke')
  if (!control.revoke(tenant, id, act.at))
    throw new Failure(
      'cli/usage',
      'TOKEN',
      `there is no token ${safe(id).slice(0, 60)} of ${tenant === null ? 'the installation; name its --tenant' : safe(tenant)}`,
    )
  if (tenant !== null) control.leaveUnsaid(tenant, { ...act, what: 'token revoked', about: 'tokens', detail: { token: id } })
  if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'tokens', revoked: id }))
  else io.out(`revoked  ${id}\n`)
  return EXIT.fine
}
