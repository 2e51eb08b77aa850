/** How old a credential is, as the command line knows it. */
import { expect, test } from 'vitest'
import { ageText, overdueLines } from '../../cli/ages.ts'
import type { Connection } from '../../runtime/types.ts'

const DAY = 86_400_000
const made = Date.parse('2026-01-01T00:00:00Z')
const plain = (text: string): string => text
const PAINT = { red: plain, yellow: plain } as Parameters<typeof ageText>[2]
const CONNECTION: Omit<Connection, 'secrets'> = {
  name: 'acme',
  connector: 'acme',
  connector_file: 'acme',
  settings: {},
  owner: null,
  attested: null,
  canaries: {},
  allow_private: false,
  created_at: new Date(made).toISOString(),
}

test('of a value in the vault it claims neither an age nor that it is overdue: it may have been replaced since', () => {
  const of = (from: 'env' | 'vault') => ({ ...CONNECTION, secrets: { token: { from, name: 'T' } } })
  const now = made + 400 * DAY
  expect(ageText(of('env'), now, PAINT)).toBe('token age not known, overdue since 2026-04-01')
  expect(overdueLines(of('env'), now, PAINT)).toContain('2026-04-01')
  expect(ageText(of('vault'), now, PAINT)).toBe('token in the vault: its server tells its age')
  expect(overdueLines(of('vault'), now, PAINT)).toBe('')
})
