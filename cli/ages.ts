/** How old credentials are, when they are due, and what waits to take their place. */
import { agesOf } from '../runtime/govern/rotation.ts'
import type { Connection } from '../runtime/types.ts'
import { type Paint, safe } from './text.ts'

const day = (iso: string): string => iso.slice(0, 10)

/** A connection for a program: without what its secrets are known again by. */
export function withoutMarks(connection: Connection, now_ms: number): object {
  const { seen: _, ...shown } = connection
  return { ...shown, credentials: agesOf(connection, () => null, now_ms) }
}

/** `token 12 d, due 2026-12-01`. */
export function ageText(connection: Connection, now_ms: number, paint: Paint): string {
  const parts = agesOf(connection, () => null, now_ms).map(({ field, age_days, due_at, overdue }) => {
    if (age_days === null && connection.secrets[field]?.from === 'vault')
      return `${safe(field)} in the vault: its server tells its age`
    const age = age_days === null ? 'age not known' : `${age_days} d`
    const due = due_at === null ? 'never due' : overdue ? paint.red(`overdue since ${day(due_at)}`) : `due ${day(due_at)}`
    return `${safe(field)} ${age}, ${due}`
  })
  const waiting = connection.rotation === null || connection.rotation === undefined ? [] : [paint.yellow('a new one waits')]
  return parts.length === 0 ? '-' : [...parts, ...waiting].join('; ')
}

/** Nothing where nothing is due and nothing waits. */
export function overdueLines(connection: Connection, now_ms: number, paint: Paint): string {
  const name = safe(connection.name)
  const due = agesOf(connection, () => null, now_ms).flatMap(({ field, overdue, due_at }) =>
    overdue
      ? [
          `  ${paint.red('overdue')}  ${safe(field)} was due to be replaced on ${day(due_at ?? '')}\n      ${paint.yellow('next')}  rollcall rotate ${name} --secret ${safe(field)}=env:NEW_VARIABLE\n`,
        ]
      : [],
  )
  const { rotation = null } = connection
  const waits =
    rotation === null
      ? ''
      : `  ${paint.yellow('rotation')}  a new ${Object.keys(rotation.secrets).map(safe).join(', ')} waits since ${rotation.begun_at}; the old one is used until it has proved itself, or until ${rotation.until}${rotation.tried === null ? '' : ` (${safe(rotation.tried.because)})`}\n`
  return due.join('') + waits
}

export function waitingJson({ rotation = null }: Connection): object | null {
  return rotation === null ? null : { ...rotation, secrets: Object.keys(rotation.secrets) }
}
