/** A certification over a real target, as its people work with it. */
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LeaverLab, openLeaverLab } from '../govern/leaver-lab.ts'

export const KIM = ['--by', 'Kim Park', '--why', 'quarterly review'] as const
export const LEE = ['--by', 'Lee Chan', '--why', 'as the manager said'] as const

export type CertifyLab = LeaverLab & {
  readonly open: (...more: readonly string[]) => ReturnType<LeaverLab['w']['json']>
  /** Decides everything: this one revoked, the rest kept; carries it out. */
  readonly decideAll: (certification: string, revoke: string) => Promise<void>
  readonly proof: (
    certification: string,
    out: string,
    ...more: readonly string[]
  ) => Promise<{ readonly file: string; readonly key: string }>
}

export async function openCertifyLab(o: Parameters<typeof openLeaverLab>[0] = {}): Promise<CertifyLab> {
  const lab = await openLeaverLab(o)
  await lab.sync('scim', 'rest')
  const { w } = lab
  const pem = join(w.dir, 'ledger.pem')
  writeFileSync(pem, generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  return {
    ...lab,
    open: (...more) =>
      w.json('certify', 'open', '--name', 'Q4 review', '--owner', 'Kim Park', '--connection', 'scim', ...KIM, ...more),
    decideAll: async (certification, revoke) => {
      await w.run('certify', 'decide', certification, '--revoke', revoke, '--rest', 'keep', ...LEE)
      await w.run('apply', 'scim', '--resume')
    },
    proof: async (certification, out, ...more) => {
      const file = join(w.dir, out)
      const { doc } = await w.json(
        ...['proof', certification, '--out', file, '--key', `file:${pem}`, '--origin', 'iam.acme.example', ...more],
      )
      return { file, key: doc.verifier }
    },
  }
}

/** PROOF_VERIFIER: a broken one, to see that a tampering can escape. */
const VERIFIER = process.env['PROOF_VERIFIER'] ?? 'cli/verify/verify.mjs'

export function verifyProof(file: string, key: string | null) {
  const args = [VERIFIER, file, ...(key === null ? [] : ['--key', key]), '--json']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: {} })
  if (stdout === '') throw new Error(stderr)
  return { status, answer: JSON.parse(stdout) }
}
