import { describe, expect, test } from 'vitest'
import { loadConnector } from '../../runtime/spec/load.ts'
import { keysOf, pick, random, replaceAt, type Token, typo, valuesOf } from './mistakes.ts'
import { SAMPLE } from './sample.ts'

const errorsOf = (text: string) => loadConnector(text, 'acme.yaml').diagnostics.filter((d) => d.severity === 'error')

describe('seeded mistakes', () => {
  test('of 1,000 single-character typos of keys at least 95 % get the right suggestion', () => {
    const next = random(2026)
    const keys = keysOf(SAMPLE)
    const wrong: string[] = []
    for (let n = 0; n < 1_000; n += 1) {
      const key = pick(next, keys)
      const typed = typo(key.text, next)
      const found = errorsOf(replaceAt(SAMPLE, key, typed))
      if (!found.some((d) => d.help?.startsWith(`did you mean \`${key.text}\``)))
        wrong.push(`${typed} for ${key.text}: ${found.map((d) => d.message).join('; ')}`)
    }
    expect(wrong.length, wrong.slice(0, 40).join('\n')).toBeLessThanOrEqual(50)
  }, 120_000)

  test('of 500 mistakes of all sorts at least 90 % make exactly one message, and none more than 3', () => {
    const next = random(7)
    const counts: number[] = []
    const many: string[] = []
    while (counts.length < 500) {
      const [what, text] = pick(next, MISTAKES)(next)
      if (text === SAMPLE) continue
      const found = errorsOf(text)
      if (found.length === 0) continue // still right: another valid word
      counts.push(found.length)
      if (found.length > 1)
        many.push(`${what}\n    ${found.map((d) => `${d.line}:${d.column} ${d.code} ${d.message}`).join('\n    ')}`)
    }
    const share = counts.filter((count) => count === 1).length / counts.length
    expect(share, many.slice(0, 60).join('\n')).toBeGreaterThanOrEqual(0.9)
    expect(Math.max(...counts), many.join('\n')).toBeLessThanOrEqual(3)
  }, 120_000)
})

type Mistake = (next: () => number) => readonly [what: string, text: string]

const MISTAKES: readonly Mistake[] = [
  (next) => onKey(next, 'typo', (key) => typo(key.text, next)),
  (next) => onValue(next, 'kind or word', /^[a-z_]+$/, (value) => typo(value.text, next)),
  (next) => onKey(next, 'another word', () => 'colour'),
  (next) => onValue(next, 'a list for a text', /^[^"'{]+$/, () => '[a, b]'),
  (next) => onValue(next, 'null for a text', /^[^"'{]+$/, () => 'null'),
  (next) => dropLine(next),
  (next) => doubleLine(next),
  (next) => dropHead(next),
  (next) =>
    onValue(next, 'template typo', /^[^"']*\{\w+\}[^"']*$/, (value) =>
      value.text.replace(/\{(\w+)\}/, (_, name: string) => `{${typo(name, next)}}`),
    ),
]

function onKey(next: () => number, what: string, put: (key: Token) => string): readonly [string, string] {
  const key = pick(next, keysOf(SAMPLE))
  const made = put(key)
  return [`${what}: ${key.text} → ${made}`, replaceAt(SAMPLE, key, made)]
}

function onValue(next: () => number, what: string, fits: RegExp, put: (value: Token) => string): readonly [string, string] {
  const value = pick(
    next,
    valuesOf(SAMPLE).filter((one) => fits.test(SAMPLE.slice(one.start, one.end)) && !one.text.startsWith('=')),
  )
  const made = put(value)
  return [`${what}: ${value.above.join('.')} ${value.text} → ${made}`, replaceAt(SAMPLE, value, made)]
}

/** A line that holds a whole value, so that the rest is still YAML. */
function whole(next: () => number): readonly [number, readonly string[]] {
  const lines = SAMPLE.split('\n')
  const leaves = lines.flatMap((line, i) => (/^ *[\w-]+: \S/.test(line) ? [i] : []))
  return [pick(next, leaves), lines]
}

function dropLine(next: () => number): readonly [string, string] {
  const [at, lines] = whole(next)
  return [`dropped: ${lines[at]}`, lines.toSpliced(at, 1).join('\n')]
}

function doubleLine(next: () => number): readonly [string, string] {
  const [at, lines] = whole(next)
  return [`twice: ${lines[at]}`, lines.toSpliced(at, 0, lines[at]!).join('\n')]
}

/** A line that names what stands below it. */
function dropHead(next: () => number): readonly [string, string] {
  const lines = SAMPLE.split('\n')
  const heads = lines.flatMap((line, i) => (/^ *[\w-]+:$/.test(line) ? [i] : []))
  const at = pick(next, heads)
  return [`lost: ${lines[at]}`, lines.toSpliced(at, 1).join('\n')]
}
