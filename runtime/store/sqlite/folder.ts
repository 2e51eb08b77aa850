import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../errors.ts'
import { guarded } from './database.ts'

export type Folder = { readonly file: string; readonly release: () => void }

const NAME = 'rollcall.db'

/** Throws `store/not-found`. */
export function existingFile(dir: string): string {
  const file = join(dir, NAME)
  if (!existsSync(file)) throw new Failure('store/not-found', dir, `there is no store in ${dir}`)
  return file
}

/**
 * Makes the folder (0700) and takes its lock; where there is no database, `make` fills a new one. The files are 0600: they hold
 * personal data and handed-out tokens. Errors: `store/not-found` where there is none and none may be made, `store/folder`,
 * `store/locked`, `store/full`.
 */
export function takeFolder(dir: string, create: boolean, make: (file: string) => void): Folder {
  const file = create ? join(dir, NAME) : existingFile(dir)
  files(dir, () => {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    own(join(dir, 'lock.db'))
  })
  const release = lock(dir)
  try {
    if (existsSync(file)) files(dir, () => own(file))
    else makeWhole(dir, file, make)
    return { file, release }
  } catch (error) {
    release()
    throw error
  }
}

/** Under another name until it is whole: an empty file of the right name is then always a damage and never a beginning. */
function makeWhole(dir: string, file: string, make: (file: string) => void): void {
  const part = `${file}.new`
  files(dir, () => {
    rmSync(part, { force: true })
    rmSync(`${part}-journal`, { force: true })
    own(part)
  })
  make(part)
  files(dir, () => {
    renameSync(part, file)
    const folder = openSync(dir, 'r')
    fsyncSync(folder)
    closeSync(folder)
  })
}

function own(file: string): void {
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
}

function files(dir: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new Failure('store/full', dir, `the disk of ${dir} is full`, { cause: error })
    throw new Failure('store/folder', dir, `the folder ${dir} can not be made or written to (${code})`, { cause: error })
  }
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
