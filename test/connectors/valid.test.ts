import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConnector } from '../../runtime/spec/load.ts'
import { renderDiagnostic } from '../../runtime/spec/render.ts'
import { CONNECTORS } from './run.ts'

const files = readdirSync(CONNECTORS).filter((file) => file.endsWith('.yaml'))

test('five connectors are shipped', () => {
  expect(files.toSorted()).toEqual(['entra-id.yaml', 'github.yaml', 'google-workspace.yaml', 'okta.yaml', 'scim2.yaml'])
})

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(CONNECTORS, file), 'utf8')
  const { connector, diagnostics } = loadConnector(text, `connectors/${file}`)

  test('loads without a word of complaint', () => {
    expect(diagnostics.map((one) => renderDiagnostic(one, text, { color: false }))).toEqual([])
    expect(connector?.connector).toBe(file.replace('.yaml', ''))
  })

  test('says what was read to write it, each page with the date', () => {
    expect(connector?.source.length).toBeGreaterThan(0)
    for (const { url, read } of connector?.source ?? []) {
      expect(url).toMatch(/^https:\/\//)
      expect(read).toMatch(/^2026-\d\d-\d\d$/)
    }
  })

  test('names its schema on the first two lines, for VS Code and JetBrains', () => {
    expect(text.split('\n').slice(0, 2)).toEqual([
      '# yaml-language-server: $schema=../schemas/connector.schema.json',
      '# $schema: ../schemas/connector.schema.json',
    ])
  })

  test('declares a proof for every stream that counts', () => {
    const unproven = Object.values(connector?.streams ?? {}).filter((stream) => stream.certified && stream.prove.length === 0)
    expect(unproven.map((stream) => stream.name)).toEqual([])
  })

  test('reads accounts, groups and memberships', () => {
    const kinds = new Set(Object.values(connector?.streams ?? {}).map((stream) => stream.is))
    expect([...kinds]).toEqual(expect.arrayContaining(['account', 'group', 'grant']))
  })
})
