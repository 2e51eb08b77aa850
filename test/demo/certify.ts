/**
 * `npm run demo:certify`: a review of who holds what. A connection loses a page of users, and the review does not close upon that; it is
 * read again, and closes with a proof that is checked offline, by one file without our code. Half a minute.
 */
import { generateKeyPairSync } from 'node:crypto'
import { play, say } from './play.ts'

// In the open a key lives in a file or a vault of its own: `openssl genpkey -algorithm ed25519`.
process.env['LEDGER_KEY'] = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
const KIM = ['--by', 'kim@acme.example', '--why', 'quarterly review'] as const
const SIGN = ['--key', 'env:LEDGER_KEY', '--origin', 'iam.acme.example'] as const

await play('demo-certify', async ({ target, store, rollcall, node, asked }) => {
  await target.order({ kind: 'seed', users: 240, groups: 4 })
  await rollcall(
    0,
    ...['connect', 'acme', '--connector', 'scim2', '--set', `url=${target.url}`, '--secret', 'token=env:SCIM_TOKEN'],
    ...[
      '--allow-private',
      '--owner',
      'it@acme.example',
      '--attest-scope',
      'Kim Park, IAM: the token has the directory-reader role',
    ],
  )
  await rollcall(0, 'sync', 'acme')

  say('1. What was read is complete and fresh, so a review may open upon it. Its population is frozen.')
  await rollcall(0, 'certify', 'open', '--name', 'Q4 access review', '--owner', 'Kim Park', '--connection', 'acme', ...KIM)
  const { certifications } = (await asked('certify', 'status')) as { certifications: { certification: string }[] }
  const id = certifications[0]!.certification
  const { rows } = (await asked('certify', 'sheet', id)) as { rows: { id: string; shows: string }[] }
  const grace = rows.find(({ shows }) => shows.startsWith('grace.') && !shows.endsWith('Everyone'))!

  say(`2. Lee decides. One is to lose a group (${grace.shows}); the change is asked for, carried out, and looked at.`)
  await rollcall(
    0,
    ...['certify', 'decide', id, '--revoke', grace.id, '--rest', 'keep'],
    ...['--by', 'lee@acme.example', '--why', 'went over with the managers'],
  )
  await rollcall(0, 'apply', 'acme', '--resume')

  say(
    '3. That night the server loses a page of users, in its lists and its totals alike. Every answer is well-formed. The review does not close.',
  )
  await target.order({ kind: 'lose', from: 100, to: 200 })
  await rollcall(4, 'sync', 'acme')
  await rollcall(4, 'certify', 'close', id, ...KIM)

  say('4. The server is mended. A new sync settles it; nobody had been "deleted".')
  await target.order({ kind: 'lose', from: 0, to: 0 })
  await rollcall(0, 'sync', 'acme')
  await rollcall(0, 'certify', 'close', id, ...KIM)

  say('5. What is proven, in words, and everything behind it, signed.')
  await rollcall(0, 'proof', id, '--out', `${store}/q4.zip`, ...SIGN)

  say(
    '6. An auditor checks it with one file that uses nothing of Rollcall, offline, with the key that the people who run the ledger gave.',
  )
  const { verifier } = (await asked('ledger', '--checkpoint', ...SIGN)) as { verifier: string }
  await node(0, 'cli/verify/verify.mjs', `${store}/q4.zip`, '--key', verifier)
})
