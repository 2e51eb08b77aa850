import { readFileSync } from 'node:fs'
import { COMMANDS } from './commands.ts'
import { EXIT, type Exit, type Io } from './io.ts'

/** Finds the command and runs it. Exit 2 for an unknown one, with what was probably meant. */
export async function dispatch(args: readonly string[], io: Io): Promise<Exit> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    io.out(overview())
    return name === undefined ? EXIT.usage : EXIT.fine
  }
  if (name === '--version' || name === '-V') {
    io.out(`rollcall ${version()} (node ${process.versions.node})\n`)
    return EXIT.fine
  }
  const wanted = name === 'help' ? (rest[0] ?? '') : name
  if (!Object.hasOwn(COMMANDS, wanted)) return await unknown(wanted, args.includes('--json'), io)
  const { run } = await COMMANDS[wanted as keyof typeof COMMANDS][1]()
  return await run(name === 'help' ? ['--help'] : rest, io)
}

async function unknown(name: string, json: boolean, io: Io): Promise<Exit> {
  const [{ didYouMean }, { safe }, { failed }, { Failure }] = await Promise.all([
    import('../runtime/spec/nearest.ts'),
    import('./text.ts'),
    import('./command.ts'),
    import('../runtime/errors.ts'),
  ])
  const word = safe(name).slice(0, 60)
  const hint = didYouMean(name.replace(/^-+/, ''), Object.keys(COMMANDS))
  const what = name.startsWith('-') ? `a command comes before \`${word}\`` : `there is no command \`${word}\``
  const because = `${what}${hint === null ? '' : `; ${hint}`}\n  rollcall --help lists them`
  return failed(new Failure('cli/usage', 'command', because), '', json, io)
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  const lines = Object.entries(COMMANDS).map(([name, [about]]) => `  ${name.padEnd(width)}  ${about}\n`)
  return `rollcall COMMAND …   reads identity systems, counts every account and proves it\n\n${lines.join('')}
  --help, --version; rollcall COMMAND --help shows flags and examples

Exit codes: 0 fine · 1 findings · 2 usage · 3 environment · 4 gate closed
`
}

function version(): string {
  // From cli/ in the repository, from dist/cli/ in the package.
  for (const at of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(at, import.meta.url), 'utf8')) as { version: string }).version
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return 'unknown'
}
