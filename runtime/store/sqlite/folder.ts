import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../errors.ts'
import { guarded } from './database.ts'

export type Folder = { readonly file: string; readonly release: () => void }

/**
 * Makes the folder (0700) and its files (0600: they hold personal data and handed-out tokens) and takes the lock.
 * Errors: `store/not-found` where there is no store and none may be made, `store/folder`, `store/locked`.
 */
export function takeFolder(dir: string, create: boolean): Folder {
  const file = join(dir, 'rollcall.db')
  if (!create && !existsSync(file)) throw new Failure('store/not-found', dir, `there is no store in ${dir}`)
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    for (const name of ['rollcall.db', 'lock.db']) {
      closeSync(openSync(join(dir, name), 'a', 0o600))
      chmodSync(join(dir, name), 0o600)
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOSPC') throw new Failure('store/full', dir, `the disk of ${dir} is full`, { cause: error })
    throw new Failure('store/folder', dir, `the folder ${dir} can not be made or written to (${code})`, { cause: error })
  }
  return { file, release: lock(dir) }
}

/** A file of its own, so that readers may still open the database. The system frees it when the process dies, however it dies. */
function lock(dir: string): () => void {
  return guarded(dir, () => {
    const held = new DatabaseSync(join(dir, 'lock.db'), { timeout: 0 })
    try {
      held.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    } catch (error) {
      held.close()
      throw error
    }
    return () => held.close()
  })
}
