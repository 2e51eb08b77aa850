/** Certifications as people work with them: what keeps one open, what settles it, and what is proven in the end. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { Connection } from '../../runtime/types.ts'
import { type CertifyLab, KIM, LEE, openCertifyLab, verifyProof } from './lab.ts'

let lab: CertifyLab
beforeEach(async () => {
  lab = await openCertifyLab()
})
afterEach(() => lab.close())

const kinds = (gate: { readonly reasons: readonly { readonly kind: string }[] }) =>
  [...new Set(gate.reasons.map(({ kind }) => kind))].toSorted()

describe('a certification', () => {
  test('is decided record by record, its revocation looked at, and closes with a proof that verifies offline', {
    timeout: 60_000,
  }, async () => {
    const { w } = lab
    const opened = await lab.open()
    expect(opened.exit, JSON.stringify(opened.doc)).toBe(EXIT.fine)
    const { certification, frozen } = opened.doc
    expect(frozen.map((one: { stream: string; reviewed: boolean }) => [one.stream, one.reviewed])).toContainEqual([
      'memberships',
      true,
    ])

    const early = await w.json('certify', 'close', certification, ...KIM)
    expect([early.exit, early.doc.is, kinds(early.doc.gate)]).toEqual([EXIT.gate, 'refused', ['undecided']])

    const sheet = join(w.dir, 'sheet.csv')
    await w.run('certify', 'sheet', certification, '--out', sheet)
    const lines = readFileSync(sheet, 'utf8').trim().split('\r\n')
    expect(lines).toHaveLength(13)
    expect(lines[1]).toMatch(/holds/)
    writeFileSync(
      sheet,
      lines
        .map((line, i) =>
          i === 0 ? line : line.replace('"","","",""', i === 1 ? '"revoke","moved on","Ann",""' : '"keep","","",""'),
        )
        .join('\n'),
    )
    const decided = await w.json('certify', 'decide', certification, '--csv', sheet, ...LEE)
    expect(decided.doc).toMatchObject({ kept: 11, revoked: 1, undecided: { count: 0 } })
    expect(decided.doc.intents).toHaveLength(1)

    const asked = await w.json('certify', 'close', certification, ...KIM)
    expect([asked.exit, kinds(asked.doc.gate)]).toEqual([EXIT.gate, ['revocation']])
    expect(asked.doc.gate.reasons[0].settle).toMatch(/rollcall apply scim --resume/)
    expect((await w.run('apply', 'scim', '--resume')).exit).toBe(EXIT.fine)
    const closed = await w.json('certify', 'close', certification, ...KIM)
    expect([closed.exit, closed.doc.is], JSON.stringify(closed.doc.gate)).toEqual([EXIT.fine, 'closed'])
    expect(closed.doc.words).toMatch(/11 kept, 1 revoked/)
    expect(closed.doc.words).toMatch(/1 of 1 revocations were verified/)
    expect((await w.run('certify', 'close', certification, ...KIM)).exit).toBe(EXIT.gate)

    const { file, key } = await lab.proof(certification, 'proof.zip')
    expect(verifyProof(file, key)).toMatchObject({ status: 0, answer: { holds: true, faults: [], key_from: 'you' } })
    expect(verifyProof(file, null)).toMatchObject({ status: 0, answer: { holds: true, key_from: 'the file itself' } })
    const verified = await w.run('verify-proof', file, '--key', key)
    expect([verified.exit, verified.out]).toEqual([0, expect.stringContaining('WHAT IS PROVEN')])
    const other = await lab.proof(certification, 'redacted.zip', '--redact-decisions', '--redact', decided.doc.revocations[0].id)
    expect(verifyProof(other.file, key)).toMatchObject({ status: 0, answer: { holds: true, redacted: 14 } })
    const taken = (await w.json('ledger', '--what', 'proof taken')).doc.entries
    expect(taken.map((one: { detail: object; from: string }) => [one.from, one.detail])).toMatchObject([
      ['cli', { redacted: 0 }],
      ['cli', { redacted: 14 }],
    ])
    const ids = decided.doc.revocations[0].id.split('/')
    for (const one of [file, other.file]) {
      const told = Object.values(unzipSync(readFileSync(one)))
        .map((bytes) => strFromU8(bytes))
        .join('')
      expect(told).toContain('WHAT IS PROVEN')
      for (const name of ['user1@acme.example', 'user2@', lab.id(lab.scim, 'user3@acme.example'), ...ids])
        expect(told.includes(name), name).toBe(false)
    }
  })

  test('does not open upon what is not read, nor close upon what is stale or was read with another credential', {
    timeout: 60_000,
  }, async () => {
    const { w } = lab
    const { doc } = await lab.open('--stream', 'users')
    expect(kinds((await w.json('certify', 'status', doc.certification)).doc.gate)).toEqual(['undecided'])
    w.now_ms = Date.now() + 100 * 86_400_000
    const late = await w.json('certify', 'close', doc.certification, ...KIM)
    expect([late.exit, kinds(late.doc.gate)]).toEqual([EXIT.gate, ['stale', 'undecided']])
    expect((await lab.open('--stream', 'users')).doc.is).toBe('refused')
    w.now_ms = null
    await w.run(
      ...['connect', 'scim', '--connector', 'test/connectors-for-tests/leaver-scim.yaml', '--set', `url=${lab.scim.url}`],
      ...['--secret', 'token=env:SCIM_NEW', '--allow-private', '--attest-scope', 'Lee: the token sees all'],
    )
    const rotated = await w.json('certify', 'status', doc.certification)
    expect(kinds(rotated.doc.gate)).toEqual(['fingerprint', 'frozen', 'undecided'])
  })

  test('takes no decision about what is not in it, and none at all when something in the sheet does not fit', {
    timeout: 60_000,
  }, async () => {
    const { w } = lab
    const { certification } = (await lab.open('--stream', 'users', '--where', 'userName=user1@acme.example')).doc
    const sheet = join(w.dir, 'sheet.csv')
    const of = (login: string) => lab.id(lab.scim, login)
    writeFileSync(sheet, `id,decision\n${of('user1@acme.example')},keep\n${of('user2@acme.example')},revoke\n`)
    const wrong = await w.json('certify', 'decide', certification, '--csv', sheet, ...LEE)
    expect([wrong.exit, wrong.doc.error.code]).toEqual([EXIT.usage, 'certify/decision'])
    const { doc } = await w.json('certify', 'status', certification)
    expect([doc.records, doc.undecided.count, doc.revoke]).toEqual([1, 1, 0])
    expect((await lab.open('--stream', 'users', '--where', 'shoeSize=44')).doc.error.code).toBe('certify/scope')
  })

  test('who came after the freeze is listed, and not hidden among the decided', { timeout: 60_000 }, async () => {
    const { w } = lab
    const { certification } = (await lab.open('--stream', 'users')).doc
    await w.run('certify', 'decide', certification, '--rest', 'keep', ...LEE)
    const world = lab.scim.worlds()[0]!
    const [, someone] = [...world.people][0]!
    world.people.set('new-1', { ...structuredClone(someone), id: 'new-1', login: 'new@acme.example' })
    const store = await openStore(join(w.dir, 'store'))
    const scim = (await store.connection('scim')) as Connection
    const act = { at: new Date().toISOString(), by: 'kim', from: 'test', why: null }
    await store.putConnection({ ...scim, owner: 'IAM team', data_owner: 'People team' }, act)
    await store.close()
    await lab.sync('scim')
    const { doc } = await w.json('certify', 'close', certification, ...KIM)
    expect(doc.words).toContain('owner IAM team; data owner People team')
    expect(doc.is, JSON.stringify(doc.gate)).toBe('closed')
    expect(doc.words).toMatch(/scim\/users: 1 born after the freeze and NOT decided/)
    const { file, key } = await lab.proof(certification, 'proof.zip')
    expect(verifyProof(file, key).answer).toMatchObject({ holds: true })
  })
})
