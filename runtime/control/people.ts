/** What people may, and who says that it is they. */
import type { Cells, Database } from '../store/sqlite/database.ts'
import { newId } from './token.ts'
import type { Binding, IdentityProvider, Role } from './types.ts'

export type People = {
  readonly bindings: (tenant: string, after: string, limit: number) => readonly Binding[]
  readonly binding: (tenant: string, id: string) => Binding | null
  readonly bind: (binding: Omit<Binding, 'binding'>) => Binding
  readonly unbind: (tenant: string, id: string) => boolean
  /** By `sub`, and by verified address: what both are given. */
  readonly rolesOf: (tenant: string, who: readonly string[]) => readonly Role[]
  readonly idps: (tenant: string) => readonly IdentityProvider[]
  readonly idp: (id: string) => IdentityProvider | null
  readonly putIdp: (idp: IdentityProvider) => void
  readonly removeIdp: (tenant: string, id: string) => boolean
}

export function openPeople(db: Database): People {
  const COLUMNS = 'binding, tenant, who, roles, made_at, made_by'
  const IDP = 'idp, tenant, issuer, client_id, client_secret'
  return {
    bindings: (tenant, after, limit) =>
      db
        .all(`SELECT ${COLUMNS} FROM binding WHERE tenant = $1 AND binding > $2 ORDER BY binding LIMIT $3`, tenant, after, limit)
        .map(bindingFrom),
    binding: (tenant, id) => {
      const row = db.one(`SELECT ${COLUMNS} FROM binding WHERE tenant = $1 AND binding = $2`, tenant, id)
      return row === undefined ? null : bindingFrom(row)
    },
    bind: ({ tenant, who, roles, made_at, made_by }) =>
      db.write(() => {
        db.run(
          `INSERT INTO binding (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (tenant, who) DO UPDATE SET roles = excluded.roles, made_at = excluded.made_at, made_by = excluded.made_by`,
          ...[newId(), tenant, who, JSON.stringify(roles), made_at, made_by],
        )
        return bindingFrom(db.one(`SELECT ${COLUMNS} FROM binding WHERE tenant = $1 AND who = $2`, tenant, who) as Cells)
      }),
    unbind: (tenant, id) => db.write(() => db.run('DELETE FROM binding WHERE tenant = $1 AND binding = $2', tenant, id) > 0),
    rolesOf: (tenant, names) => [
      ...new Set(
        names.flatMap((name) => {
          const row = db.one('SELECT roles FROM binding WHERE tenant = $1 AND who = $2', tenant, name)
          return row === undefined ? [] : (JSON.parse(row[0] as string) as Role[])
        }),
      ),
    ],
    idps: (tenant) => db.all(`SELECT ${IDP} FROM idp WHERE tenant = $1 ORDER BY idp`, tenant).map(idpFrom),
    idp: (id) => {
      const row = db.one(`SELECT ${IDP} FROM idp WHERE idp = $1`, id)
      return row === undefined ? null : idpFrom(row)
    },
    putIdp: ({ idp, tenant, issuer, client_id, client_secret }) => {
      db.write(() =>
        db.run(`INSERT INTO idp (${IDP}) VALUES ($1, $2, $3, $4, $5)`, idp, tenant, issuer, client_id, client_secret),
      )
    },
    removeIdp: (tenant, id) =>
      db.write(() => {
        db.run('DELETE FROM session WHERE tenant = $1 AND idp = $2', tenant, id)
        return db.run('DELETE FROM idp WHERE tenant = $1 AND idp = $2', tenant, id) > 0
      }),
  }
}

const bindingFrom = ([binding, tenant, who, roles, made_at, made_by]: Cells): Binding =>
  ({ binding, tenant, who, roles: JSON.parse(roles as string), made_at, made_by }) as Binding

const idpFrom = ([idp, tenant, issuer, client_id, client_secret]: Cells): IdentityProvider =>
  ({ idp, tenant, issuer, client_id, client_secret }) as IdentityProvider
