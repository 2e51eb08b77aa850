/** `find` with `one: true`: the answer is the record itself. GitHub's memberships are found so. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadConnector } from '../../runtime/spec/load.ts'
import { compileAction } from '../../runtime/write/compile.ts'

const file = 'connectors/github.yaml'
const { connector } = loadConnector(readFileSync(file), file)
const find = connector === null ? null : compileAction(connector, 'create_account').find
const membership = { state: 'pending', role: 'member', user: { id: 7, login: 'Ada' } }

test('an object is the one record, and has its id', () => {
  const found = find?.records(membership)
  expect(found).toEqual({ ok: true, records: [membership] })
  expect(find?.id(membership, { input: {}, settings: {} })).toBe(7)
  expect(find?.match({ record: membership, input: { userName: 'ada' }, settings: {} })).toBe(true)
})

test.each([[[membership]], [null], ['x'], [7]])('%j is none', (body) => {
  expect(find?.records(body)).toMatchObject({ ok: false })
})
