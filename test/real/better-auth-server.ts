/**
 * A real third-party identity server (better-auth with its admin, bearer and SCIM plugins, from npm; its data in node:sqlite) on loopback.
 * Its own process; the parent speaks with it over IPC. Nothing here knows Rollcall.
 *
 * Two sources provision people over SCIM, `hr` and `contractors`, as two companies' directories would. What a person may do here follows
 * better-auth's own rule: somebody is out when no source says active any more. A source finds a person by externalId, the id here.
 * With CACHE_SECONDS a session also lives in a signed cookie for so long, which no list of sessions shows.
 *
 *   → {kind:'person', email}           an account with a password, and nothing signed in yet
 *   ← {kind:'ready', port}  {kind:'done', id?}
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { scim } from '@better-auth/scim'
import { type BetterAuthPlugin, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { admin, bearer } from 'better-auth/plugins'

export type Order = { readonly kind: 'person'; readonly email: string }

const PASSWORD = process.env['PERSON_PASSWORD'] as string
const CACHE_SECONDS = Number(process.env['CACHE_SECONDS'] ?? '0')
const HR = process.env['HR_TOKEN'] as string
const CONTRACTORS = process.env['CONTRACTORS_TOKEN'] as string
const ADMIN = 'root@acme.example'

const database = new DatabaseSync(':memory:')
const app: { handle: Parameters<typeof createServer>[1] } = { handle: (_request, response) => void response.writeHead(503).end() }
const server = createServer((request, response) => app.handle?.(request, response))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

/** A source proves itself by its own token, or the operator by the session of an administrator: then it acts as HR does. */
const connectionOf = (token: string): string | null => (token === HR ? 'hr' : token === CONTRACTORS ? 'contractors' : null)

const options = {
  appName: 'a third-party application',
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'nothing-real-nothing-real-nothing-real',
  database,
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  emailAndPassword: { enabled: true },
  session: CACHE_SECONDS > 0 ? { cookieCache: { enabled: true, maxAge: CACHE_SECONDS } } : {},
  plugins: [
    admin(),
    bearer(),
    scim({
      connections: [
        { id: 'hr', credentials: [] },
        { id: 'contractors', credentials: [] },
      ],
      authentication: {
        async verifyBearerToken({ token }, context) {
          const connectionId = connectionOf(token) ?? ((await isAdministrator(token, context.database)) ? 'hr' : null)
          const scopes = ['scim.users.read', 'scim.users.write', 'scim.groups.read', 'scim.groups.write'] as const
          return connectionId === null ? null : { connectionId, credentialId: connectionId, scopes }
        },
      },
      identity: {
        resolveUser: ({ resource }) =>
          resource.externalId === undefined
            ? { action: 'create' as const }
            : { action: 'link' as const, userId: resource.externalId, profile: 'preserve' as const },
      },
    }) as BetterAuthPlugin, // its own types do not hold under exactOptionalPropertyTypes
  ],
} satisfies Parameters<typeof betterAuth>[0]

type Rows = { findOne: <T>(ask: { model: string; where: { field: string; value: string }[] }) => Promise<T | null> }

async function isAdministrator(token: string, rows: Rows): Promise<boolean> {
  const [value = ''] = decodeURIComponent(token).split('.')
  const session = await rows.findOne<{ userId: string; expiresAt: Date }>({
    model: 'session',
    where: [{ field: 'token', value }],
  })
  if (session === null || new Date(session.expiresAt).getTime() < Date.now()) return false
  const user = await rows.findOne<{ role: string }>({ model: 'user', where: [{ field: 'id', value: session.userId }] })
  return user?.role === 'admin'
}

const { runMigrations } = await getMigrations(options)
await runMigrations()
const auth = betterAuth(options)
app.handle = toNodeHandler(auth)
await newPerson(ADMIN)
database.prepare("UPDATE user SET role = 'admin' WHERE email = ?").run(ADMIN)
database.prepare('DELETE FROM session').run()

process.on('message', (order: Order) => {
  newPerson(order.email)
    .then((id) => process.send?.({ kind: 'done', id }))
    .catch((fault: unknown) => process.send?.({ kind: 'fault', because: String(fault) }))
})
process.on('disconnect', () => process.exit(0))
process.send?.({ kind: 'ready', port })

async function newPerson(email: string): Promise<string> {
  const { user } = await auth.api.signUpEmail({ body: { email, password: PASSWORD, name: email.split('@')[0] as string } })
  database.prepare('DELETE FROM session WHERE userId = ?').run(user.id)
  return user.id
}
