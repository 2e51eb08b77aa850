import type { Cells, Database } from '../store/sqlite/database.ts'

export type SealedRow = {
  /** Another one with every value: what was read with the value before is no baseline any more. */
  readonly name: string
  readonly connection: string
  readonly field: string
  readonly origin: string
  readonly sealed: string
  readonly at: string
  readonly by: string
}

export type SealedRows = {
  readonly secrets: (connection: string) => readonly SealedRow[]
  readonly secret: (name: string) => SealedRow | null
  readonly putSecret: (row: SealedRow) => void
  readonly allSecrets: () => readonly SealedRow[]
  /** The same value, sealed anew; false: it is another one by now. */
  readonly resealSecret: (name: string, before: string, sealed: string) => boolean
  /** All of the connection but these. */
  readonly dropSecrets: (connection: string, but: readonly string[]) => void
}

export function openSealedRows(db: Database): SealedRows {
  const COLUMNS = 'name, connection, field, origin, sealed, at, by'
  const from = ([name, connection, field, origin, sealed, at, by]: Cells): SealedRow =>
    ({ name, connection, field, origin, sealed, at, by }) as SealedRow
  return {
    secrets: (connection) =>
      db.all(`SELECT ${COLUMNS} FROM secret WHERE connection = $1 ORDER BY field, at`, connection).map(from),
    secret: (name) => {
      const row = db.one(`SELECT ${COLUMNS} FROM secret WHERE name = $1`, name)
      return row === undefined ? null : from(row)
    },
    putSecret: ({ name, connection, field, origin, sealed, at, by }) =>
      void db.write(() => {
        db.run(
          `INSERT INTO secret (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
          ...[name, connection, field, origin, sealed, at, by],
        )
      }),
    allSecrets: () => db.all(`SELECT ${COLUMNS} FROM secret ORDER BY name`).map(from),
    resealSecret: (name, before, sealed) =>
      db.write(() => db.run('UPDATE secret SET sealed = $3 WHERE name = $1 AND sealed = $2', name, before, sealed) > 0),
    dropSecrets: (connection, but) =>
      void db.write(() =>
        db.run(
          'DELETE FROM secret WHERE connection = $1 AND name NOT IN (SELECT value FROM json_each($2))',
          connection,
          JSON.stringify(but),
        ),
      ),
  }
}
