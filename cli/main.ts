#!/usr/bin/env -S node --max-semi-space-size=4 --heap-growing-percent=30
/** The command line. The only file here that reads environment, clock and process streams. */
import { enableCompileCache } from 'node:module'
import { userInfo } from 'node:os'
import type { Exit, Io } from './io.ts'

enableCompileCache()

// A container often says no USER: the machine knows it all the same.
const env: Io['env'] = { USER: account(), ...process.env }
const color = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env,
  now: Date.now,
  tty: process.stderr.isTTY === true && env['TERM'] !== 'dumb',
  color: color && process.stdout.isTTY === true && process.stderr.isTTY === true,
  // Some terminals say 0 for a width they do not know.
  width: process.stdout.isTTY === true && process.stdout.columns > 0 ? process.stdout.columns : Number.POSITIVE_INFINITY,
  onStop,
}

/** Undefined where the uid has no name. */
function account(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}

/** A second signal ends the process at once, as if nobody had listened. */
function onStop(stop: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const
  const first = (): void => {
    off()
    stop()
  }
  const off = (): void => signals.forEach((signal) => void process.off(signal, first))
  for (const signal of signals) process.on(signal, first)
  return off
}

// A reader that went away (`| head`) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 3))

const { dispatch } = await import('./dispatch.ts')
const exit: Exit = await dispatch(process.argv.slice(2), io)
process.exitCode = exit
