import { statSync } from 'node:fs'
import { Failure } from '../runtime/errors.ts'
import type { Connection } from '../runtime/types.ts'
import type { Io } from './io.ts'
import { readSecret } from './secrets.ts'

type Seen = NonNullable<Connection['seen']>

/**
 * Whether each secret still has the value that it had when it was last read: it lies outside, and another value under the same name is
 * another credential. `changed`: those that have another one now. What cannot be read stays as it was.
 */
export async function lookAtSecrets(
  connection: Connection,
  before: Seen,
  io: Io,
): Promise<{ readonly seen: Seen; readonly changed: readonly string[] }> {
  const [{ isMarked, newMark }, { Secret }] = await Promise.all([
    import('../runtime/vault/mark.ts'),
    import('../runtime/secret.ts'),
  ])
  const seen: { [secret: string]: Seen[string] } = {}
  const changed: string[] = []
  for (const [name, ref] of Object.entries(connection.secrets)) {
    const known = before[name]
    const value = readOrNull(name, ref, io)
    if (value === null) {
      if (known !== undefined) seen[name] = known
      continue
    }
    const secret = new Secret(value)
    if (known !== undefined && (await isMarked(known.mark, secret))) {
      seen[name] = known
      continue
    }
    if (known !== undefined) changed.push(name)
    seen[name] = { since: sinceOf(ref, io), mark: await newMark(secret) }
  }
  return { seen, changed }
}

function readOrNull(name: string, ref: Connection['secrets'][string], io: Io): string | null {
  try {
    return readSecret(name, ref, io.env)
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}

/** A file says when it was written; of a variable it is known only when it was first read. */
function sinceOf(ref: Connection['secrets'][string], io: Io): string {
  const now_ms = io.now()
  const written_ms = ref.from === 'file' ? statSync(ref.name).mtimeMs : now_ms
  return new Date(Math.min(written_ms, now_ms)).toISOString()
}
