import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { COMMON, type CommandSpec } from './args.ts'
import { command } from './command.ts'
import { EXIT, type Exit } from './io.ts'

const VERIFIER = fileURLToPath(new URL('./verify/verify.mjs', import.meta.url))

const spec = {
  name: 'verify-proof',
  about: `Check the proof of a certification, offline. The verifier is one file that uses nothing of Rollcall; copy it and run it anywhere:\n${VERIFIER}`,
  words: 'PROOF.zip',
  takes: [1, 1],
  flags: {
    key: {
      type: 'string',
      multiple: true,
      value: 'NAME+HASH+KEY',
      about: 'who signs the ledger, as they told you; several times',
    },
    ...COMMON,
  },
  examples: [['rollcall verify-proof q4.zip --key iam.acme.example+1f…+AQ…', 'does it hold, and what does it show?']],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words }, io) => {
  const args = [VERIFIER, ...words, ...flags.key.flatMap((key) => ['--key', key]), ...(flags.json ? ['--json'] : [])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.setEncoding('utf8').on('data', io.out)
  child.stderr.setEncoding('utf8').on('data', io.err)
  const [code] = (await once(child, 'close')) as [number | null]
  return code === 0 || code === 1 || code === 2 ? (code as Exit) : EXIT.environment
})
