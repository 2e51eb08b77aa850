import { describe, expect, test } from 'vitest'
import { loadConnector, renderDiagnostic } from '../../runtime/spec/load.ts'
import type { Case } from './case.ts'
import { CASES, PLACES } from './cases.ts'
import { SAMPLE } from './sample.ts'

function written(one: Case): { readonly text: string; readonly line: number; readonly column: number } {
  expect(SAMPLE.split(one.find).length, `\`${one.find}\` is in the sample`).toBeGreaterThan(1)
  const marked = SAMPLE.replace(one.find, () => one.put)
  const at = marked.indexOf('⟦')
  const before = marked.slice(0, Math.max(0, at)).split('\n')
  const [line, column] = PLACES[one.name] ?? [before.length, [...before.at(-1)!].length + 1]
  return { text: marked.replace(/[⟦⟧]/g, ''), line, column }
}

describe('a mistake is told where it stands', () => {
  test('the sample itself has none', () => {
    expect(loadConnector(SAMPLE, 'acme.yaml').diagnostics).toEqual([])
  })

  test.each(CASES.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const { text, line, column } = written(one)
    const { connector, diagnostics } = loadConnector(text, 'acme.yaml')
    const errors = diagnostics.filter((d) => d.severity === 'error')
    const said = errors.map((d) => renderDiagnostic(d, text, { color: false })).join('\n\n')
    expect(connector, said).toBeNull()
    const found = errors.find((d) => d.code === one.code)
    expect({ code: found?.code, line: found?.line, column: found?.column }, said).toEqual({ code: one.code, line, column })
    if (one.help !== undefined) expect(found?.help).toBe(one.help)
    expect(errors.length, said).toBeLessThanOrEqual(3)
  })
})
