import { existsSync } from 'node:fs'
import { Failure } from '../runtime/errors.ts'
import { COMMON, type CommandSpec, STORE } from './args.ts'
import { writeNew } from './certify.ts'
import { command } from './command.ts'
import { withStore } from './compose.ts'
import { actOf } from './inputs.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { readSecret, secretRef } from './secrets.ts'
import { jsonLine, safe } from './text.ts'

const spec = {
  name: 'proof',
  about:
    'Write the proof of a closed certification: what is proven and what rests on whose word, the population as salted hashes, decisions,\nactions with their looks, and the entries of the ledger with a signed checkpoint. Anybody checks it offline: `rollcall verify-proof`, or\n`node verify.mjs` with nothing of Rollcall.',
  words: 'CERT',
  takes: [1, 1],
  flags: {
    out: { type: 'string', value: 'FILE.zip', about: 'where to' },
    key: { type: 'string', value: 'REF', about: 'the Ed25519 key that signs checkpoints, env:VARIABLE or file:PATH' },
    origin: { type: 'string', value: 'NAME', about: 'the name of this ledger, iam.acme.example' },
    redact: { type: 'string', multiple: true, value: 'ID', about: 'lines of this record become their hashes; several times' },
    'redact-decisions': { type: 'boolean', about: 'every decision becomes its hash: who decided what, and why, is not shown' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    [
      'rollcall proof 01K… --out q4.zip --key file:ledger.pem --origin iam.acme.example',
      'the key as for `rollcall ledger --checkpoint`',
    ],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words: [id = ''] }, io) => {
  const { out, key, origin } = flags
  if (out === undefined || key === undefined || origin === undefined)
    throw new Failure('cli/usage', 'proof', 'a proof needs --out FILE.zip, --key env:VARIABLE or file:PATH, and --origin NAME')
  return withStore(flags.store, io, false, async (store) => {
    const [{ proofOf, proofTaken }, { signerOf }] = await Promise.all([
      import('../runtime/govern/proof/bundle.ts'),
      import('../runtime/ledger/checkpoint.ts'),
    ])
    // Before the ledger says that somebody took it.
    if (existsSync(out)) throw new Failure('cli/usage', '--out', `${safe(out)} is there already`)
    const signer = signerOf(origin, readSecret('--key', secretRef('--key', key), io.env))
    const proof = await proofOf(store, id, { signer, origin }, { ids: flags.redact, decisions: flags['redact-decisions'] })
    await store.enter(proofTaken(id, proof, actOf(io, 'rollcall proof')))
    writeNew('--out', out, proof.zip)
    const { note, verifier, entries, redacted } = proof
    if (flags.json)
      io.out(
        jsonLine({
          version: JSON_VERSION,
          command: 'proof',
          certification: id,
          file: out,
          bytes: proof.zip.length,
          entries,
          redacted,
          note,
          verifier,
        }),
      )
    else {
      io.out(proof.words)
      io.err(`wrote ${safe(out)}; whoever checks it needs the verifier key, from you and not from the file: ${verifier}\n`)
    }
    return EXIT.fine
  })
})
