import { ERRORS, Failure } from '../runtime/errors.ts'
import { type CommandSpec, type FlagSpecs, type Parsed, parse } from './args.ts'
import { RenderedFailure } from './failure.ts'
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

/** Where a failure is the caller's, the environment's, or a finding. */
function exitOf(code: string): Exit {
  if (code.startsWith('cli/') && code !== 'cli/secret' && code !== 'cli/file') return EXIT.usage
  if (code === 'read/unknown-stream' || code === 'store/not-found') return EXIT.usage
  return code.startsWith('spec/') ? EXIT.findings : EXIT.environment
}

function failed(error: unknown, name: string, json: boolean, io: Io): Exit {
  const paint = painter(io.color)
  if (!(error instanceof Failure)) {
    // Not foreseen, so its text may quote anything: only its kind and place are shown.
    const kind = error instanceof Error ? error.name : typeof error
    const place = error instanceof Error ? (/at .*?\(?([^()\s]+:\d+:\d+)\)?/.exec(error.stack ?? '')?.[1] ?? '') : ''
    io.err(
      `${paint.red('error[cli/unexpected]')}: ${safe(kind)} ${safe(place)}\n  a fault in rollcall itself; please report it with the command\n`,
    )
    if (io.env['ROLLCALL_DEBUG'] === '1' && error instanceof Error)
      io.err(`${(error.stack ?? '').split('\n').map(safe).join('\n')}\n`)
    if (json) io.out(jsonLine({ version: JSON_VERSION, command: name, error: { code: 'cli/unexpected', because: kind } }))
    return EXIT.environment
  }
  if (error instanceof RenderedFailure) io.err(error.rendered)
  const because = error.message.split('\n').map(safe)
  const next = (ERRORS as { readonly [code: string]: { readonly next: string } })[error.code]?.next
  io.err(`${paint.red(`error[${error.code}]`)}: ${because.join('\n')}\n`)
  if (next !== undefined && error.code !== 'cli/usage') io.err(`  ${paint.dim('next:')} ${next}\n`)
  if (json) io.out(jsonLine({ version: JSON_VERSION, command: name, error: { code: error.code, because: error.message } }))
  return exitOf(error.code)
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
