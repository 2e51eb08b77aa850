import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Failure } from '../runtime/errors.ts'
import type { SecretRef } from '../runtime/types.ts'
import { UNREADABLE } from './failure.ts'
import { safe } from './text.ts'

/** A key file is some kilobytes; more is a wrong path. */
const MAX_BYTES = 65_536

/**
 * `env:NAME` or `file:PATH` → a reference. A literal is refused and never repeated: what stands on a command line is read by every
 * user of the machine (`ps`) and kept by the shell's history.
 */
export function secretRef(name: string, text: string): SecretRef {
  const env = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)
  if (env !== null) return { from: 'env', name: env[1] as string }
  if (text.startsWith('file:') && text.length > 5) return { from: 'file', name: resolve(text.slice(5)) }
  const wanted = `--secret ${safe(name)}=env:VARIABLE or ${safe(name)}=file:PATH`
  if (/^(env|file):/.test(text))
    throw new Failure('cli/secret-form', name, `the reference for secret \`${safe(name)}\` is malformed; write ${wanted}`)
  throw new Failure(
    'cli/secret-form',
    name,
    `secret \`${safe(name)}\` was given as a value; a command line is visible to other users and kept in the shell's history. Write ${wanted}`,
  )
}

/** The value now, without the line break that files end with. Throws `cli/secret` with the reference, never the value. */
export function readSecret(label: string, ref: SecretRef, env: { readonly [name: string]: string | undefined }): string {
  const fail = (because: string): Failure =>
    new Failure('cli/secret', label, `secret \`${safe(label)}\` (${ref.from}:${safe(ref.name)}) ${because}`)
  if (ref.from === 'env') {
    const value = env[ref.name]
    if (value === undefined || value === '') throw fail('is not set in the environment')
    return value
  }
  if (ref.from === 'vault') throw fail('is sealed for `rollcall serve`, which alone has its key; ask for it through the API')
  let text: string
  try {
    if (statSync(ref.name).size > MAX_BYTES) throw fail(`is larger than ${MAX_BYTES} bytes`)
    text = readFileSync(ref.name, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    if (error instanceof Failure) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault'
    throw fail(UNREADABLE[code] ?? `cannot be read: ${code}`)
  }
  if (text === '') throw fail('is empty')
  return text
}
