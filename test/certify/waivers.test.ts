/** What a second person may let stand, and what nobody may; and that what was looked at is what is closed. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { closeCertification } from '../../runtime/govern/certify/close.ts'
import { decide } from '../../runtime/govern/certify/decide.ts'
import { look } from '../../runtime/govern/certify/look.ts'
import { openCertification, refreeze } from '../../runtime/govern/certify/open.ts'
import { waive } from '../../runtime/govern/certify/waive.ts'
import { proofOf } from '../../runtime/govern/proof/bundle.ts'
import { signerOf } from '../../runtime/ledger/checkpoint.ts'
import { world } from '../cli/io.ts'
import { verifyProof } from './lab.ts'
import { ASKED, type CertifyStage, certifyStage, keep, who } from './stage.ts'

let dir: string
let stage: CertifyStage
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-waivers-'))
  stage = await certifyStage(join(dir, 'store'))
})
afterEach(async () => {
  await stage.close()
  rmSync(dir, { recursive: true })
})

const IDS = ['u1', 'u2', 'u3']
const HOUR = 3_600_000
async function opened(): Promise<string> {
  await stage.sync(IDS)
  const answer = await openCertification(stage, ASKED, who('Kim'))
  if (answer.is !== 'opened') throw new Error(JSON.stringify(answer.gate))
  await decide(stage, answer.certification, IDS.map(keep), who('Lee'))
  return answer.certification
}
const held = (minutes = 1) => {
  stage.now_ms += minutes * 60_000
  return stage.sync(IDS, { hold: '9 of 12 are gone' })
}
const gateNow = async (id: string) => (await look(stage, id, null)).gate
const until = (hours: number) => new Date(stage.now_ms + hours * HOUR).toISOString()

describe('a waiver', () => {
  test('of a hold, by a second person, lets a certification close, is printed on the proof and stands in the ledger', async () => {
    const id = await opened()
    await held()
    const gate = await gateNow(id)
    expect([gate.is, gate.reasons.map(({ kind }) => kind)]).toEqual(['waiver_required', ['hold']])
    expect((await closeCertification(stage, id, who('Kim'))).is).toBe('refused')
    const asked = { reason: gate.reasons[0]!.id, requested_by: 'Kim', until: until(24) }
    await waive(stage, gate.reasons, asked, { ...who('Ann'), why: 'the layoff of Friday' })
    const closed = await closeCertification(stage, id, who('Kim'))
    expect(closed.is).toBe('closed')
    if (closed.is === 'closed')
      expect(closed.words).toMatch(/NOT PROVEN; waived by Ann at the request of Kim until .*: the layoff of Friday/)
    const told = await stage.store.audit({ after: 0, limit: 100 })
    expect(told.map(({ what }) => what)).toEqual([
      'connection made',
      'verdict',
      'certification opened',
      'certification decided',
      'verdict',
      'certification refused to close',
      'waived',
      'certification closed',
    ])
    expect(await stage.store.checkLedger()).toBeNull()
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    const proof = await proofOf(stage.store, id, { signer: signerOf('iam.acme.example', pem), origin: 'iam.acme.example' })
    writeFileSync(join(dir, 'proof.zip'), proof.zip)
    expect(verifyProof(join(dir, 'proof.zip'), proof.verifier).answer).toMatchObject({ holds: true, faults: [] })
  })

  test.each([
    ['who opened it', { by: 'KIM ', requested_by: 'Bob', closer: 'Kim' }],
    ['who opened it, in other letters', { by: 'Ｋim', requested_by: 'Bob', closer: 'Kim' }],
    ['who closes it', { by: 'Zoe', requested_by: 'Bob', closer: 'zoe' }],
  ])('of %s counts for nothing', async (_who, { by, requested_by, closer }) => {
    const id = await opened()
    await held()
    const { reasons } = await gateNow(id)
    await waive(stage, reasons, { reason: reasons[0]!.id, requested_by, until: until(24) }, who(by))
    expect((await closeCertification(stage, id, who(closer))).is).toBe('refused')
  })

  test.each([
    ['by who asked for it', { by: 'bob', requested_by: 'Bob ' }, /nobody signs their own/],
    ['without an end to come', { by: 'Ann', requested_by: 'Bob', hours: -1 }, /a day to come/],
    ['for longer than 90 days', { by: 'Ann', requested_by: 'Bob', hours: 24 * 91 }, /within 90 days/],
    ['of nobody', { by: ' ', requested_by: 'Bob' }, /two names/],
    ['of another reason', { by: 'Ann', requested_by: 'Bob', reason: '000000000000' }, /has no reason/],
  ])(
    '%s is refused',
    async (_what, {
      by,
      requested_by,
      hours = 24,
      reason,
    }: { by: string; requested_by: string; hours?: number; reason?: string }, because) => {
      const id = await opened()
      await held()
      const { reasons } = await gateNow(id)
      const asked = { reason: reason ?? reasons[0]!.id, requested_by, until: until(hours) }
      await expect(waive(stage, reasons, asked, who(by))).rejects.toThrow(because)
    },
  )

  test('ends: after its day, and with the next read', async () => {
    const id = await opened()
    await held()
    const { reasons } = await gateNow(id)
    await waive(stage, reasons, { reason: reasons[0]!.id, requested_by: 'Bob', until: until(2) }, who('Ann'))
    expect((await gateNow(id)).is).toBe('allow')
    stage.now_ms += 3 * HOUR
    expect((await gateNow(id)).is).toBe('waiver_required')
    await held()
    expect((await gateNow(id)).reasons[0]!.id).not.toBe(reasons[0]!.id)
  })

  test.each([
    ['incomplete', { is: 'incomplete', because: '5 are missing' }],
    ['unproven', { is: 'unproven', because: 'nothing confirms it' }],
    ['ablated', { rules: '1, without ledger' }],
  ] as const)('of what a sync settles (%s) is refused', async (kind, verdict) => {
    const id = await opened()
    stage.now_ms += 60_000
    await stage.sync(IDS, verdict)
    const { is, reasons } = await gateNow(id)
    expect([is, reasons.map((one) => one.kind)]).toEqual(['deny', [kind]])
    const asked = { reason: reasons[0]!.id, requested_by: 'Bob', until: until(24) }
    await expect(waive(stage, reasons, asked, who('Ann'))).rejects.toThrow(/not waived but settled/)
    expect((await closeCertification(stage, id, who('Kim'))).is).toBe('refused')
    await stage.sync(IDS)
    expect((await closeCertification(stage, id, who('Kim'))).is).toBe('closed')
  })
})

describe('on the command line', () => {
  test('the gate names what may be waived, and then what is; without the certification it is asked the same', async () => {
    const id = await opened()
    await held()
    const { reasons } = await gateNow(id)
    await stage.close()
    const w = world({ ROLLCALL_STORE: join(dir, 'store') })
    w.now_ms = stage.now_ms
    const gate = await w.run('gate', 'acme', '--stream', 'users')
    expect([gate.exit, gate.out]).toEqual([4, expect.stringContaining(`rollcall waive acme ${reasons[0]!.id}`)])
    const close = ['certify', 'close', id, '--by', 'Kim', '--why', 'done'] as const
    expect((await w.run(...close)).out).toContain(`rollcall waive ${id} ${reasons[0]!.id}`)
    const signed = ['--by', 'Ann', '--requested-by', 'Kim', '--why', 'layoff of Friday', '--until', until(24)] as const
    expect((await w.json('waive', id, reasons[0]!.id, ...signed)).doc.waiver).toMatchObject({ kind: 'hold', by: 'Ann' })
    const then = await w.run('gate', 'acme', '--stream', 'users')
    expect([then.exit, then.out]).toEqual([
      0,
      expect.stringMatching(/waived {2}acme\/users: removals are held.*\n {6}by Ann until/),
    ])
    expect((await w.json('waive', id, 'x', ...signed)).exit).toBe(2)
    expect((await w.run(...close)).exit).toBe(0)
    w.clean()
    stage = await certifyStage(join(dir, 'store'), false)
  })

  test('a connection that was removed keeps it open, and the reason says so', async () => {
    const id = await opened()
    await stage.store.removeConnection('acme', { at: until(0), by: 'Kim', from: null, on_behalf_of: null, why: 'x' })
    const { is, reasons } = await gateNow(id)
    expect([is, reasons.map(({ kind }) => kind)]).toEqual(['deny', ['scope', 'frozen']])
  })
})

describe('what was looked at is what is closed', () => {
  test('a sync or a decision in between: certify/moved', async () => {
    const id = await opened()
    const { row, parts } = await look(stage, id, 'Kim')
    const event = { kind: 'withdrawn', at: until(0), by: 'Kim', why: 'x' } as const
    const act = { at: until(0), by: 'Kim', from: null, on_behalf_of: null, why: 'x' }
    const newest = parts.map((part) => part.newest!.snapshot)
    await stage.sync(IDS)
    await expect(stage.store.appendCertification(id, { version: row.version, newest }, event, act)).rejects.toThrow(
      /not what it was/,
    )
    await decide(stage, id, [keep('u1')], who('Lee'))
    await expect(stage.store.appendCertification(id, { version: row.version, newest: [] }, event, act)).rejects.toThrow(
      /not what it was/,
    )
    expect((await look(stage, id, null)).certification.state).toBe('open')
  })

  test('what a newer read shows otherwise is decided anew once it is frozen again', async () => {
    const id = await opened()
    stage.now_ms += 60_000
    await stage.sync(['u1', 'u2', 'u3', 'u4'])
    expect((await look(stage, id, null)).parts[0]!.late).toHaveLength(1)
    expect((await refreeze(stage, id, who('Kim'))).is).toBe('opened')
    expect((await gateNow(id)).reasons.map(({ kind }) => kind)).toEqual(['undecided'])
    await decide(stage, id, [keep('u4')], who('Lee'))
    expect((await closeCertification(stage, id, who('Kim'))).is).toBe('closed')
  })

  test('nothing said in a certification can be changed or deleted in the store', async () => {
    await opened()
    await stage.close()
    const db = new DatabaseSync(join(dir, 'store', 'rollcall.db'))
    for (const table of ['certification_event', 'certification_decision', 'certification_link', 'waiver']) {
      if (table === 'certification_link' || table === 'waiver') continue
      expect(() => db.exec(`DELETE FROM ${table}`)).toThrow(/only appended/)
      expect(() => db.exec(`UPDATE ${table} SET certification = 'x'`)).toThrow(/only appended/)
    }
    db.close()
    stage = await certifyStage(join(dir, 'store'), false)
  })
})
