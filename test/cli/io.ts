/** A world for a command: what it printed, and hands on the clock and on the stop signal. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dispatch } from '../../cli/dispatch.ts'
import type { Exit, Io } from '../../cli/io.ts'

export type Ran = { readonly exit: Exit; readonly out: string; readonly err: string }
export type World = {
  readonly dir: string
  /** Runs a command against this world's store. */
  readonly run: (...args: readonly string[]) => Promise<Ran>
  /** The same with --json: exactly one document on stdout. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into documents of every command
  readonly json: (...args: readonly string[]) => Promise<{ readonly exit: Exit; readonly doc: any; readonly err: string }>
  readonly stop: () => void
  readonly clean: () => void
  now_ms: number | null
}

export function world(env: { readonly [name: string]: string | undefined } = {}, more: Partial<Io> = {}): World {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-cli-'))
  let stops: (() => void)[] = []
  const made: World = {
    dir,
    now_ms: null,
    async run(...args) {
      let out = ''
      let err = ''
      const io: Io = {
        out: (text) => {
          out += text
        },
        err: (text) => {
          err += text
        },
        env: { ROLLCALL_STORE: join(dir, 'store'), ...env },
        now: () => made.now_ms ?? Date.now(),
        tty: false,
        color: false,
        width: Number.POSITIVE_INFINITY,
        onStop: (stop) => {
          stops.push(stop)
          return () => {
            stops = stops.filter((s) => s !== stop)
          }
        },
        ...more,
      }
      const exit = await dispatch(args, io)
      return { exit, out, err }
    },
    async json(...args) {
      const { exit, out, err } = await made.run(...args, '--json')
      const lines = out.split('\n')
      if (lines.length !== 2 || lines[1] !== '')
        throw new Error(`stdout is not one document: ${out.slice(0, 500)} ${err.slice(0, 500)}`)
      return { exit, doc: JSON.parse(lines[0] as string), err }
    },
    stop: () => {
      for (const stop of stops) stop()
    },
    clean: () => rmSync(dir, { recursive: true, force: true }),
  }
  return made
}
