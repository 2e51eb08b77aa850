/** What the demos are played with: the server, commands as a person would type them, their exit codes checked. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Scimmy, startScimmy } from '../real/scimmy.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type Stage = {
  readonly target: Scimmy
  /** Shows the command, runs it, shows what it prints; throws where its exit code is another than `expected`. */
  readonly rollcall: (expected: number, ...args: readonly string[]) => Promise<void>
  /** Where a demo puts its files; shown without it. */
  readonly store: string
  /** A program of one file, shown by its name, as somebody without Rollcall runs it. */
  readonly node: (expected: number, file: string, ...args: readonly string[]) => Promise<void>
  /** The document of a command, shown to nobody. */
  readonly asked: (...args: readonly string[]) => Promise<unknown>
}

/** A fresh store, named by DEMO_STORE or kept under `.rollcall/` for a look afterwards, and a fresh server. */
export async function play(name: string, demo: (stage: Stage) => Promise<void>): Promise<void> {
  const store = process.env['DEMO_STORE'] ?? `${ROOT}.rollcall/${name}`
  rmSync(store, { recursive: true, force: true })
  const target = await startScimmy()
  const run = (args: readonly string[]) => runCommand([...args, '--store', store], target.token)
  const ran = async (expected: number, line: string, running: ReturnType<typeof runCommand>): Promise<void> => {
    process.stdout.write(`\n$ ${line}\n`)
    const { out, err, code } = await running
    process.stdout.write(out)
    process.stderr.write(err)
    process.stdout.write(`(exit ${code})\n`)
    if (code !== expected) throw new Error(`the demo expected exit code ${expected} here and got ${code}`)
  }
  const shown = (args: readonly string[]): string =>
    args
      .map((arg) => arg.replace(`${store}/`, ''))
      .map((arg) => (/[\s:;]/.test(arg) && !arg.includes('=') && !arg.startsWith('env:') ? `"${arg}"` : arg))
      .join(' ')
  try {
    await demo({
      target,
      store,
      rollcall: (expected, ...args) => ran(expected, `rollcall ${shown(args)}`, run(args)),
      node: (expected, file, ...args) =>
        ran(expected, `node ${basename(file)} ${shown(args)}`, runProgram([file, ...args], { PATH: process.env['PATH'] })),
      asked: async (...args) => JSON.parse((await run([...args, '--json'])).out),
    })
  } finally {
    await target.stop()
  }
}

type Ran = { readonly out: string; readonly err: string; readonly code: number }
const runCommand = (args: readonly string[], token: string): Promise<Ran> =>
  runProgram(['cli/main.ts', ...args], { ...process.env, SCIM_TOKEN: token })

async function runProgram(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const [code] = (await once(child, 'close')) as [number]
  return { out, err, code }
}

export function say(text: string): void {
  process.stdout.write(`\n${text}\n`)
}
