/** What the demos are played with: the server, commands as a person would type them, their exit codes checked. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Scimmy, startScimmy } from '../real/scimmy.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type Stage = {
  readonly target: Scimmy
  /** Shows the command, runs it, shows what it prints; throws where its exit code is another than `expected`. */
  readonly rollcall: (expected: number, ...args: readonly string[]) => Promise<void>
  /** The document of a command, shown to nobody. */
  readonly asked: (...args: readonly string[]) => Promise<unknown>
}

/** A fresh store, named by DEMO_STORE or kept under `.rollcall/` for a look afterwards, and a fresh server. */
export async function play(name: string, demo: (stage: Stage) => Promise<void>): Promise<void> {
  const store = process.env['DEMO_STORE'] ?? `${ROOT}.rollcall/${name}`
  rmSync(store, { recursive: true, force: true })
  const target = await startScimmy()
  const run = (args: readonly string[]) => runCommand([...args, '--store', store], target.token)
  try {
    await demo({
      target,
      rollcall: async (expected, ...args) => {
        process.stdout.write(
          `\n$ rollcall ${args.map((arg) => (/[\s:;]/.test(arg) && !arg.includes('=') ? `"${arg}"` : arg)).join(' ')}\n`,
        )
        const { out, err, code } = await run(args)
        process.stdout.write(out)
        process.stderr.write(err)
        process.stdout.write(`(exit ${code})\n`)
        if (code !== expected) throw new Error(`the demo expected exit code ${expected} here and got ${code}`)
      },
      asked: async (...args) => JSON.parse((await run([...args, '--json'])).out),
    })
  } finally {
    await target.stop()
  }
}

async function runCommand(args: readonly string[], token: string): Promise<{ out: string; err: string; code: number }> {
  const child = spawn(process.execPath, ['cli/main.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, SCIM_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
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
