/**
 * Whatever is changed in a proof is found: by its bytes, by who repacks it well (new sums, new seal), and by who has the statement written
 * anew and another key. Every tampering is counted.
 */
import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sealed } from '../../runtime/govern/proof/zip.ts'
import { signCheckpoint, signerOf, verifierText } from '../../runtime/ledger/checkpoint.ts'
import { leafHash } from '../../runtime/ledger/tree.ts'
import { type CertifyLab, KIM, openCertifyLab, verifyProof } from './lab.ts'

let lab: CertifyLab
let file: string
let key: string
let good: Buffer
type Files = [name: string, text: string][]
let files: Files

beforeAll(async () => {
  lab = await openCertifyLab({ people: 20 })
  const { certification } = (await lab.open()).doc
  const { doc } = await lab.w.json('certify', 'sheet', certification)
  await lab.decideAll(certification, doc.rows[3].id)
  expect((await lab.w.json('certify', 'close', certification, ...KIM)).doc.is).toBe('closed')
  ;({ file, key } = await lab.proof(certification, 'proof.zip'))
  good = readFileSync(file)
  files = Object.entries(unzipSync(good)).flatMap(
    ([name, bytes]): Files => (name === 'seal.txt' ? [] : [[name, strFromU8(bytes)]]),
  )
}, 60_000)
afterAll(() => lab.close())

let played = 0
function holds(bytes: Uint8Array, by: string | null = key): boolean {
  const path = join(lab.w.dir, `tampered-${played++}.zip`)
  writeFileSync(path, bytes)
  return verifyProof(path, by).answer.holds
}
const text = (name: string): string => files.find(([one]) => one === name)![1]
const put = (name: string, to: string): Files => files.map(([one, was]) => [one, one === name ? to : was])

/** mulberry32: the same tamperings every time. */
function dice(seed: number): (below: number) => number {
  let at = seed
  return (below) => {
    at = (at + 0x6d2b79f5) | 0
    let t = Math.imul(at ^ (at >>> 15), 1 | at)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

describe('what is changed in a proof is found', () => {
  test('as it was made, and as it was packed again from its parts, it holds', () => {
    expect(holds(good)).toBe(true)
    expect(sealed(files)).toEqual(new Uint8Array(good))
  })

  test('150 bytes of the file, one bit each, headers and directory among them', { timeout: 120_000 }, () => {
    const roll = dice(7)
    const places = [...Array(110).keys()].map(() => roll(good.length))
    // The directory, the end record and the first header by themselves: chance would mostly meet the packed texts.
    for (let i = 0; i < 40; i++) places.push(i % 4 === 0 ? roll(60) : good.length - 1 - roll(900))
    const missed = places.filter((place) => {
      const bytes = Buffer.from(good)
      bytes[place] = bytes[place]! ^ (1 << roll(8))
      return holds(bytes)
    })
    expect(missed).toEqual([])
  })

  // What follows the end of a packed text within its last byte means nothing to who unpacks it: only the seal knows.
  test('the highest bits of the last byte of every packed part', { timeout: 60_000 }, () => {
    const ends: number[] = []
    for (const mark of ['PK\x03\x04', 'PK\x01\x02'])
      for (
        let at = good.indexOf(mark, 4, 'latin1');
        at > 0;
        at = mark.endsWith('\x02') ? -1 : good.indexOf(mark, at + 4, 'latin1')
      )
        ends.push(at - 1)
    const missed = ends.filter((place) =>
      [6, 7].some((bit) => {
        const bytes = Buffer.from(good)
        bytes[place] = bytes[place]! ^ (1 << bit)
        return holds(bytes)
      }),
    )
    expect([ends.length, missed]).toEqual([files.length + 1, []])
  })

  test('cuts at the end, bytes before and after it', () => {
    const cuts = [1, 22, 100, 5000].map((n) => good.subarray(0, good.length - n))
    expect(
      [...cuts, Buffer.concat([good, Buffer.of(0)]), Buffer.concat([Buffer.of(0), good])].filter((bytes) => holds(bytes)),
    ).toEqual([])
  })

  test('every part left out, emptied, doubled or with another beside it, and sealed again', { timeout: 60_000 }, () => {
    const wrong: [string, Files][] = [['another file', [...files, ['more.txt', 'x']]]]
    for (const [name, was] of files) {
      wrong.push([`${name} left out`, files.filter(([one]) => one !== name)])
      if (was !== '') wrong.push([`${name} emptied`, put(name, '')])
      if (was !== '') wrong.push([`${name} twice in itself`, put(name, was + was)])
      if (was === '') wrong.push([`${name} filled`, put(name, '{"a":1}\n')])
    }
    expect(wrong.filter(([, of]) => holds(sealed(of))).map(([what]) => what)).toEqual([])
  })

  test('lines of every list cut, swapped, doubled, or with one letter changed, and sealed again', { timeout: 120_000 }, () => {
    const wrong: [string, Files][] = []
    for (const [name, was] of files) {
      if (!name.endsWith('.jsonl') || was === '') continue
      const lines = was.trimEnd().split('\n')
      const made = (what: string, of: readonly string[]) =>
        wrong.push([`${name}: ${what}`, put(name, of.map((line) => `${line}\n`).join(''))])
      made('the first cut', lines.slice(1))
      made('the last cut', lines.slice(0, -1))
      if (lines.length > 1) made('two swapped', [lines[1]!, lines[0]!, ...lines.slice(2)])
      made('one doubled', [lines[0]!, ...lines])
      for (const [i, line] of [lines[0]!, lines.at(-1)!].entries()) {
        const at = line.search(/[0-9](?=[^"]*"|[,}])/)
        const changed = `${line.slice(0, at)}${(Number(line[at]) + 1) % 10}${line.slice(at + 1)}`
        made(
          `a digit of line ${i}`,
          lines.map((one) => (one === line ? changed : one)),
        )
      }
      made(
        'a line not its own hash',
        lines.map((line, i) => (i === 0 ? JSON.stringify({ redacted: leafHash(Buffer.from('x')).toString('base64') }) : line)),
      )
    }
    expect(wrong.length).toBeGreaterThan(40)
    expect(wrong.filter(([, of]) => holds(sealed(of))).map(([what]) => what)).toEqual([])
  })

  test('a revocation called a keep, a waiver of nobody, a rounder verdict, other words: also with another key and a note of its own', () => {
    const changed = (from: string | RegExp, to: string) => put('statement.json', text('statement.json').replace(from, to))
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    const signer = signerOf('iam.acme.example', pem)
    const forged = signCheckpoint({ origin: 'iam.acme.example', size: 5, root: createHash('sha256').digest() }, signer)
    const own = files.map(([name, was]): [string, string] => [
      name,
      name === 'checkpoint.txt' ? forged : name === 'key.txt' ? `${verifierText(signer)}\n` : was,
    ])
    const wrong: [string, Files][] = [
      ['a keep', put('decisions.jsonl', text('decisions.jsonl').replace('"revoke"', '"keep"'))],
      ['fewer revocations', changed(/"revoke":1/, '"revoke":0')],
      ['another owner', changed('Kim Park', 'Ken Park')],
      ['a waiver', changed('"waivers":[]', '"waivers":[{"reason":"x"}]')],
      ['no entries', changed(/"entries":\[[\d,]+\]/, '"entries":[]')],
      ['other words', put('STATEMENT.txt', text('STATEMENT.txt').replace('NOT', 'not').replace('proven', 'PROVEN'))],
      ['another key and note', own],
      ['another version', changed('"version":1', '"version":2')],
      ['a line that is JSON otherwise', put('ledger.jsonl', text('ledger.jsonl').replace('{"seq"', '{ "seq"'))],
    ]
    for (const [name, of] of wrong)
      expect([name, JSON.stringify(of) !== JSON.stringify(files), holds(sealed(of))]).toEqual([name, true, false])
    // Without a key of one's own a proof can only be held against the key in it: then another note still has another ledger.
    expect(holds(sealed(own), null)).toBe(false)
  })

  test('redacted by whoever has it, line by line, it holds and says so', () => {
    const hidden = (name: string, i: number): Files => {
      const lines = text(name).trimEnd().split('\n')
      lines[i] = JSON.stringify({ redacted: leafHash(Buffer.from(lines[i]!)).toString('base64') })
      return put(name, lines.map((line) => `${line}\n`).join(''))
    }
    const populations = files.flatMap(([name]) => (name.startsWith('population') ? [name] : []))
    for (const name of [...populations, 'decisions.jsonl', 'actions.jsonl'])
      expect([name, holds(sealed(hidden(name, 0)))]).toEqual([name, true])
  })

  test('at least 200 were played', () => {
    process.stdout.write(`proof: ${played} files, every tampering found\n`)
    expect(played).toBeGreaterThan(200)
  })
})

test('whoever reads only the first line of it gets the same exit code, and no fault of ours', () => {
  const bad = join(lab.w.dir, 'cut-short.zip')
  writeFileSync(bad, good.subarray(0, -1))
  for (const [of, code] of [
    [file, 0],
    [bad, 1],
  ] as const) {
    const line = `"${process.execPath}" cli/verify/verify.mjs "${of}" --key "${key}" | true; exit \${PIPESTATUS[0]}`
    const { status, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([code, ''])
  }
})
