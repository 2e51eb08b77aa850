import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { COMMON, type CommandSpec } from './args.ts'
import { command } from './command.ts'
import { EXIT, type Exit } from './io.ts'

const VERIFIER = fileURLToPath(new URL('./verify/verify-ledger.mjs', import.meta.url))

const spec = {
  name: 'verify-ledger',
  about: `Check an exported ledger against checkpoints kept elsewhere. The verifier is one file that uses nothing of Rollcall; copy it and run it\nanywhere: ${VERIFIER}`,
  words: 'LEDGER.jsonl CHECKPOINT…',
  takes: [1, 10_000],
  flags: {
    key: { type: 'string', multiple: true, value: 'NAME+HASH+KEY', about: 'who signs the checkpoints; several times' },
    ...COMMON,
  },
  examples: [['rollcall verify-ledger ledger.jsonl 2026-11-21.note --key iam.acme.example+1f…+AQ…', 'does it hold?']],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words }, io) => {
  const args = [VERIFIER, ...words, ...flags.key.flatMap((key) => ['--key', key]), ...(flags.json ? ['--json'] : [])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.setEncoding('utf8').on('data', io.out)
  child.stderr.setEncoding('utf8').on('data', io.err)
  const [code] = (await once(child, 'close')) as [number | null]
  return code === 0 || code === 1 || code === 2 ? (code as Exit) : EXIT.environment
})
