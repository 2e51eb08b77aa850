import { Failure } from '../runtime/errors.ts'
import { type CommandSpec, type FlagSpecs, type Parsed, parse } from './args.ts'
import { nextOf, RenderedFailure } from './failure.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { jsonLine, painter, safe, table } from './text.ts'

export type Run = (args: readonly string[], io: Io) => Promise<Exit>

/** Wraps what a command does with what every command does: --help, usage errors, failures as one clear message and an exit code. */
export function command<const F extends FlagSpecs>(spec: CommandSpec<F>, act: (parsed: Parsed<F>, io: Io) => Promise<Exit>): Run {
  return async (args, io) => {
    try {
      const parsed = parse(spec, args)
      if (!parsed.help) return await act(parsed, io)
      io.out(helpText(spec))
      return EXIT.fine
    } catch (error) {
      return failed(error, spec.name, args.includes('--json'), io)
    }
  }
}

const USAGE = new Set([
  'read/unknown-stream',
  'store/not-found',
  'write/unknown-action',
  'write/input',
  'write/no-id',
  'plan/file',
  'plan/connection',
  'store/sent',
  'store/ended',
  'certify/decision',
  'certify/scope',
  'certify/waiver',
  'levels/over',
  'levels/settle',
  'watch/nothing',
])

/** Where a failure is the caller's, the environment's, or a finding. */
function exitOf(code: string): Exit {
  if (code.startsWith('cli/') && !['cli/secret', 'cli/file', 'cli/unexpected'].includes(code)) return EXIT.usage
  if (USAGE.has(code)) return EXIT.usage
  // A brake, a plan that moved, a missing approval: closed until a person acts.
  if (code.startsWith('plan/') || code.startsWith('certify/')) return EXIT.gate
  return code.startsWith('spec/') ? EXIT.findings : EXIT.environment
}

export function failed(error: unknown, name: string, json: boolean, io: Io): Exit {
  const paint = painter(io.color)
  const failure = error instanceof Failure ? error : unexpected(error, io)
  if (failure instanceof RenderedFailure) io.err(failure.rendered)
  const because = failure.message.split('\n').map(safe)
  const next = nextOf(failure)?.replace('COMMAND', name) ?? null
  io.err(`${paint.red(`error[${failure.code}]`)}: ${because.join('\n')}\n`)
  // Most usage errors name the command's own --help already.
  if (next !== null && !failure.message.includes('--help')) io.err(`  ${paint.dim('next:')} ${next}\n`)
  if (json) {
    const { code, message, where } = failure
    io.out(jsonLine({ version: JSON_VERSION, command: name, error: { code, message, where, next } }))
  }
  return exitOf(failure.code)
}

/** Not foreseen, so its text may quote anything: only its kind and place are shown. */
function unexpected(error: unknown, io: Io): Failure {
  const kind = error instanceof Error ? error.name : typeof error
  const place = error instanceof Error ? (/at .*?\(?([^()\s]+:\d+:\d+)\)?/.exec(error.stack ?? '')?.[1] ?? '') : ''
  if (io.env['ROLLCALL_DEBUG'] === '1' && error instanceof Error)
    io.err(`${(error.stack ?? '').split('\n').map(safe).join('\n')}\n`)
  return new Failure('cli/unexpected', place, `a fault in rollcall itself: ${kind} ${place}`)
}

export function helpText(spec: CommandSpec): string {
  const flags = Object.entries(spec.flags).map(([name, flag]) => [
    `--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
    flag.about,
  ])
  const lines = spec.examples.map(([line, does]) => `  # ${does}\n  ${line}\n`).join('\n')
  const words = spec.words === '' ? '' : ` ${spec.words}`
  return `rollcall ${spec.name}${words}\n\n${spec.about}\n\nFlags:\n${table(flags)}\nExamples:\n${lines}`
}
