/** The real program: killed in the middle of an offboarding, and stopped from outside while it works. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { duplicates } from '../targets/write-world.ts'
import { CONNECT, type LeaverLab, openLeaverLab, WHO } from './leaver-lab.ts'

let lab: LeaverLab
beforeEach(async () => {
  lab = await openLeaverLab()
})
afterEach(() => lab.close())

type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

function start(...args: readonly string[]): {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly said: () => string
} {
  const child = spawn(process.execPath, ['cli/main.ts', ...args], {
    env: {
      PATH: process.env['PATH'],
      HOME: lab.w.dir,
      SCIM: lab.scim.token,
      REST: lab.rest.token,
      ROLLCALL_STORE: join(lab.w.dir, 'store'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  return { child, said: () => err, ended: once(child, 'close').then(([code]) => ({ code, out, err }) as Ended) }
}

async function until(true_: () => boolean): Promise<void> {
  for (let waited = 0; !true_(); waited += 5) {
    if (waited > 10_000) throw new Error('it never came')
    await new Promise((done) => setTimeout(done, 5))
  }
}

describe('kill -9 in the middle of an offboarding', () => {
  test.each([1, 2, 3, 4])(
    'after %i requests: the same command goes on, and nothing happens twice',
    { timeout: 60_000 },
    async (requests) => {
      const sent = () => lab.scim.mutations().length + lab.rest.mutations().length
      const { child, ended } = start('offboard', 'user1@acme.example', ...WHO, '--json')
      await until(() => sent() >= requests)
      child.kill('SIGKILL')
      await ended
      const { doc } = await lab.w.json('offboard', 'user1@acme.example', ...WHO)
      expect(doc.resumed).toBe(true)
      expect(doc.counts).toMatchObject({ verified: 6 })
      expect(Object.keys(doc.counts).toSorted()).toEqual(['not_possible', 'unproven', 'verified'])
      expect([duplicates(lab.scim.effects()), duplicates(lab.rest.effects())]).toEqual([[], []])
      expect(lab.rest.worlds()[0]!.people.get(lab.id(lab.rest, 'user1@acme.example'))).toMatchObject({
        phase: 'inactive',
        sessions: [],
        tokens: [],
      })
    },
  )
})

describe('a stop', () => {
  test('given while another process works takes effect within a second: nothing more is sent', { timeout: 60_000 }, async () => {
    const { child, ended, said } = start('offboard', 'user2@acme.example', '--only', 'rest', ...WHO, '--wait', '6s', '--json')
    await until(() => said().includes('sent deactivate'))
    const began = performance.now()
    const stop = await lab.w.json('stop', ...WHO)
    const took = performance.now() - began
    const then = lab.rest.mutations().length
    expect([stop.exit, stop.doc.scope]).toEqual([EXIT.fine, '*'])
    const { code, out } = await ended
    expect(child.exitCode).toBe(EXIT.gate)
    expect(took).toBeLessThan(2_500)
    // At most the request that was on its way when the stop came.
    expect(lab.rest.mutations().length - then).toBe(0)
    expect(then).toBeLessThan(4)
    expect([code, JSON.parse(out).is]).not.toEqual([0, 'verified'])
    expect((await lab.w.run('actions', '--state', 'open')).out).toMatch(/stopped {2}everything/)
    await lab.w.run('go', ...WHO)
    const { doc } = await lab.w.json('offboard', 'user2@acme.example', '--only', 'rest', ...WHO)
    expect(doc.counts).toMatchObject({ verified: 4 })
    expect(duplicates(lab.rest.effects())).toEqual([])
  })
})

describe('a change whose end nobody can see', () => {
  test('holds up no other: a resume ends, and so does a plan of something else', { timeout: 90_000 }, async () => {
    // Nobody has read its groups, so nothing tells a name that is wrong from a right that was lost.
    await lab.w.run(...CONNECT('fresh', 'leaver-scim', lab.scim.url, 'SCIM'))
    const id = lab.id(lab.scim, 'user3@acme.example')
    const lost = await lab.w.json('apply', 'fresh', 'grant', '--id', id, '--input', 'group=nope', ...WHO)
    expect([lost.exit, lost.doc.outcome.is]).toEqual([EXIT.gate, 'unknown'])
    const began = performance.now()
    for (let n = 0; n < 2; n++) {
      await new Promise((done) => setTimeout(done, 2_000))
      await start('apply', 'fresh', '--resume', '--wait', '3s').ended
    }
    const wanted = join(lab.w.dir, 'wanted.json')
    const other = lab.id(lab.scim, 'user4@acme.example')
    writeFileSync(wanted, JSON.stringify([{ connection: 'fresh', action: 'deactivate_account', id: other }]))
    const plan = join(lab.w.dir, 'other.json')
    await lab.w.json('plan', '--from', wanted, ...WHO, '--out', plan)
    const apply = start('apply', '--plan', plan, '--by', 'kim', '--json')
    const late = setTimeout(() => apply.child.kill('SIGKILL'), 20_000)
    const { code, out } = await apply.ended
    clearTimeout(late)
    expect([code, JSON.parse(out || '{}').counts]).toEqual([EXIT.fine, { verified: 1 }])
    expect((await lab.w.json('actions', '--show', lost.doc.intent)).doc.outcome.is).toBe('unknown')
    expect(performance.now() - began).toBeLessThan(25_000)
  })
})
