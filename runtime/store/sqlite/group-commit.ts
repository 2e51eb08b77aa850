/**
 * What a commit outlives. `disk`: a loss of power. `process`: the death of the process; a loss of power may take back the
 * newest of these commits, never one from between (the log is cut at its end), and every `disk` commit keeps all before it.
 * https://www.sqlite.org/pragma.html#pragma_synchronous
 */
export type Outlives = 'disk' | 'process'
export type Write = <T>(work: () => T, outlives?: Outlives) => T
export type Join = <T>(work: () => T, outlives?: Outlives) => Promise<T>

type Waiting = {
  readonly work: () => unknown
  readonly outlives: Outlives
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}
type Done = { readonly waiting: Waiting; readonly value: unknown }

/**
 * One wait for the disk for all that is asked for while the process handles what has arrived; what arrives during the wait is the next group.
 * Nobody is answered before the commit. Where the commit fails, it fails for all of them.
 */
export function openGroup(write: Write, exec: (sql: string) => void, inTransaction: () => boolean): Join {
  let group: Waiting[] = []

  function commit(): void {
    const asked = group
    group = []
    const failed: { readonly waiting: Waiting; readonly error: unknown }[] = []
    try {
      const outlives = asked.some((one) => one.outlives === 'disk') ? 'disk' : 'process'
      const done = write(() => asked.flatMap((waiting) => one(waiting, failed)), outlives)
      for (const { waiting, value } of done) waiting.resolve(value as never)
    } catch (error) {
      for (const waiting of asked) if (!failed.some((one) => one.waiting === waiting)) waiting.reject(error)
    }
    for (const { waiting, error } of failed) waiting.reject(error)
  }

  function one(waiting: Waiting, failed: { readonly waiting: Waiting; readonly error: unknown }[]): readonly Done[] {
    exec('SAVEPOINT one')
    try {
      const value = waiting.work()
      exec('RELEASE one')
      return [{ waiting, value }]
    } catch (error) {
      // After some errors (disk full) SQLite has rolled back everything: then nothing of the group stands.
      if (!inTransaction()) throw error
      exec('ROLLBACK TO one; RELEASE one')
      failed.push({ waiting, error })
      return []
    }
  }

  return (work, outlives = 'disk') => {
    const { promise, resolve, reject } = Promise.withResolvers<never>()
    if (group.push({ work, outlives, resolve, reject }) === 1) setImmediate(commit)
    return promise
  }
}
