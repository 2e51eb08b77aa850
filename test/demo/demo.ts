/**
 * `npm run demo`: the main job, against a real third-party SCIM server that this script starts.
 * Every step is a command a person could type; its exit code is checked. Exits 1 where a step ends otherwise than said.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Scimmy, startScimmy } from '../real/scimmy.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Kept for a look afterwards; a test that runs beside another one names its own. */
const STORE = process.env['DEMO_STORE'] ?? `${ROOT}.rollcall/demo`

rmSync(STORE, { recursive: true, force: true })
const scimmy = await startScimmy()
try {
  await demo(scimmy)
} finally {
  await scimmy.stop()
}

async function demo(target: Scimmy): Promise<void> {
  await target.order({ kind: 'seed', users: 317, groups: 12 })
  say(`A third-party SCIM server (scimmy-routers) runs at ${target.url} with 317 users in 12 groups.`)

  say('1. Store a connection. The token stays in the environment; the store keeps its name only.')
  await rollcall(
    0,
    'connect',
    'acme',
    '--connector',
    'scim2',
    '--set',
    `url=${target.url}`,
    '--secret',
    'token=env:SCIM_TOKEN',
    '--allow-private',
    '--owner',
    'it@acme.example',
  )

  say(
    '2. Read it. Nothing says yet that this token may see everyone, so the verdict is `unproven`, and the exit code 4 (gate closed).',
  )
  await rollcall(4, 'sync', 'acme')

  say('3. A person who knows states that it does, with a date and an expiry. Now everything needed is there.')
  await rollcall(
    0,
    'sync',
    'acme',
    '--attest-scope',
    'Kim Park, IAM: the token has the directory-reader role; checked in the admin console',
  )

  say('4. What it rests on, and a page of accounts.')
  await rollcall(0, 'status', 'acme', '--evidence')
  await rollcall(0, 'records', 'acme', 'users', '--limit', '5')

  say('5. The target changes: one renamed, one hired, one gone. A second sync shows what changed.')
  await target.order({ kind: 'rename', user: 7, displayName: 'Frances E. Allen' })
  await target.order({ kind: 'hire', userName: 'margaret.hamilton' })
  await target.order({ kind: 'leave', user: 100 })
  const before = await lastChange()
  await rollcall(0, 'sync', 'acme')
  await rollcall(0, 'changes', 'acme', '--stream', 'users', '--after', String(before))

  say('6. Now the server lies: its list AND its totals leave out every ninth user. Each page is well-formed, every count agrees.')
  await target.order({ kind: 'hide', every: 9 })
  await rollcall(4, 'sync', 'acme')
  await rollcall(4, 'gate', 'acme')

  say('7. The last complete snapshot still stands; nobody was "deleted".')
  await rollcall(0, 'status', 'acme')
}

async function lastChange(): Promise<number> {
  const { out } = await run(['changes', 'acme', '--stream', 'users', '--limit', '100000', '--json'])
  return (JSON.parse(out) as { next: number }).next
}

async function rollcall(expected: number, ...args: readonly string[]): Promise<void> {
  process.stdout.write(
    `\n$ rollcall ${args.map((arg) => (/[\s:;]/.test(arg) && !arg.includes('=') ? `"${arg}"` : arg)).join(' ')}\n`,
  )
  const { out, err, code } = await run(args)
  process.stdout.write(out)
  process.stderr.write(err)
  process.stdout.write(`(exit ${code})\n`)
  if (code === expected) return
  process.stderr.write(`\nThe demo expected exit code ${expected} here and got ${code}.\n`)
  process.exitCode = 1
  throw new Error('the demo went another way than it says')
}

async function run(args: readonly string[]): Promise<{ out: string; err: string; code: number }> {
  const child = spawn(process.execPath, ['cli/main.ts', ...args, '--store', STORE], {
    cwd: ROOT,
    env: { ...process.env, SCIM_TOKEN: scimmy.token },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const [code] = (await once(child, 'close')) as [number]
  return { out, err, code }
}

function say(text: string): void {
  process.stdout.write(`\n${text}\n`)
}
