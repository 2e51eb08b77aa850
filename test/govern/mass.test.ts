/** faults.md hostile 17: a feed that returns 12 of 9,000 people. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { world } from '../cli/io.ts'
import { startWriteTarget } from '../targets/write-server.ts'
import { WHO } from './leaver-lab.ts'

test('a feed with 12 of 9,000 people deactivates nobody: held, and said why', { timeout: 60_000 }, async () => {
  const clock = { now: () => Date.now(), sleep: async () => undefined, advance: () => undefined }
  const target = await startWriteTarget({ dialect: 'scim', clock, people: 9_000 })
  const w = world({ SCIM: target.token })
  try {
    // A second pass in pages of five would take longer than all the rest.
    const text = readFileSync('test/connectors-for-tests/leaver-scim.yaml', 'utf8').replace(
      'prove: [{ kind: second_pass, query: { count: 5 } }]',
      'prove: [{ kind: second_pass, query: { count: 90 } }]',
    )
    const connector = join(w.dir, 'scim.yaml')
    writeFileSync(connector, text)
    const target_flags = ['--connector', connector, '--set', `url=${target.url}`, '--secret', 'token=env:SCIM', '--allow-private']
    await w.run('connect', 'scim', ...target_flags, '--attest-scope', 'Lee: all')
    const { doc: read } = await w.json('sync', 'scim', '--stream', 'users')
    expect(read.streams.users).toMatchObject({ verdict: 'complete', records: 9_000 })
    const ids = [...target.worlds()[0]!.people.keys()].slice(12)
    const changes = ids.map((id) => ({ connection: 'scim', action: 'deactivate_account', id }))
    const from = join(w.dir, 'wanted.json')
    writeFileSync(from, JSON.stringify({ source: { name: 'the HR feed', records: 12, complete: false }, changes }))
    const began = performance.now()
    const { exit, doc } = await w.json('plan', '--from', from, ...WHO, '--out', join(w.dir, 'plan.json'))
    expect(exit).toBe(EXIT.gate)
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(doc.plan.held.map((one: { brake: string }) => one.brake)).toEqual(['incomplete_source', 'mass_count', 'mass_share'])
    expect(doc.plan.held[2].because).toMatch(/8988 of 9000 accounts lose something/)
    const applied = await w.json('apply', '--plan', join(w.dir, 'plan.json'), '--by', 'kim')
    expect([applied.exit, applied.doc.error.code, target.mutations()]).toEqual([EXIT.gate, 'plan/held', []])
  } finally {
    await target.close()
    w.clean()
  }
})
