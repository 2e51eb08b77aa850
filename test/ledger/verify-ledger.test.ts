/** The independent verifier, run as a stranger would: each kind of tampering with an exported ledger is found, and an honest one holds. */
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signCheckpoint, signerOf, verifierText } from '../../runtime/ledger/checkpoint.ts'
import { appended, leafHash, type Nodes, root } from '../../runtime/ledger/tree.ts'

const SIZE = 200
const NOTED = [50, 128, 180]
const dir = mkdtempSync(join(tmpdir(), 'rollcall-verify-'))
const VERIFIER = 'cli/verify/verify-ledger.mjs'
const pem = () => generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
const signer = signerOf('ledger.example/acme', pem())
const key = verifierText(signer)
const LINES = Array.from({ length: SIZE }, (_, n) =>
  JSON.stringify({
    seq: n + 1,
    at: new Date(n * 1000).toISOString(),
    what: 'sending',
    by: 'ann',
    detail: { note: 'ü'.repeat(n % 7) },
  }),
)

function nodesOf(lines: readonly string[]): Nodes {
  const kept = new Map<string, Buffer>()
  const nodes: Nodes = (level, index) => kept.get(`${level}/${index}`)!
  lines.forEach((line, size) => {
    for (const { level, index, hash } of appended(nodes, size, leafHash(Buffer.from(line)))) kept.set(`${level}/${index}`, hash)
  })
  return nodes
}
const noteOf = (lines: readonly string[], size: number, by = signer) =>
  signCheckpoint({ origin: 'ledger.example/acme', size, root: root(nodesOf(lines), size) }, by)

function checked(lines: readonly string[], notes: readonly string[], keys: readonly string[] = [key]) {
  writeFileSync(join(dir, 'l.jsonl'), lines.map((line) => `${line}\n`).join(''))
  writeFileSync(join(dir, 'notes.txt'), notes.join('\n'))
  const args = [VERIFIER, join(dir, 'l.jsonl'), join(dir, 'notes.txt'), '--json', ...keys.flatMap((text) => ['--key', text])]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return { status, stderr, ...(JSON.parse(stdout) as { holds: boolean; proven: number; faults: string[] }) }
}

const notes: string[] = []
beforeAll(() => void notes.push(...NOTED.map((size) => noteOf(LINES, size))))
afterAll(() => rmSync(dir, { recursive: true }))

describe('the verifier', () => {
  test('imports nothing but Node', () => {
    const imports = [...readFileSync(VERIFIER, 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1])
    expect(imports.filter((name) => !name?.startsWith('node:'))).toEqual([])
  })

  test('says that an honest ledger holds, how far it is proven and what is not', () => {
    expect(checked(LINES, notes)).toMatchObject({ status: 0, holds: true, proven: 180, after_the_last_checkpoint: 20 })
  })

  test('without a checkpoint, or without the right key, proves nothing', () => {
    expect(checked(LINES, [])).toMatchObject({ status: 1, proven: 0 })
    expect(checked(LINES, notes, [])).toMatchObject({ status: 1, proven: 0 })
    expect(checked(LINES, notes, [verifierText(signerOf('ledger.example/acme', pem()))])).toMatchObject({ status: 1, proven: 0 })
  })

  const cut = (at: number) => LINES.toSpliced(at, 1)
  const renumbered = (lines: readonly string[]) => lines.map((line, n) => line.replace(/"seq":\d+/, `"seq":${n + 1}`))
  const FORKED = [...LINES.slice(0, 120), ...LINES.slice(120).map((line) => line.replace('ann', 'eve'))]
  const tampered: [what: string, lines: () => readonly string[], notes?: () => readonly string[]][] = [
    ['one bit flipped', () => LINES.with(99, LINES[99]!.replace('ann', 'anm'))],
    ['an entry cut out', () => cut(42)],
    ['an entry cut out and all after it numbered anew', () => renumbered(cut(42))],
    ['an entry put in', () => renumbered(LINES.toSpliced(10, 0, LINES[3]!))],
    ['two entries swapped', () => LINES.with(20, LINES[21]!).with(21, LINES[20]!)],
    ['two entries swapped and numbered anew', () => renumbered(LINES.with(20, LINES[21]!).with(21, LINES[20]!))],
    ['the end cut off', () => LINES.slice(0, 150)],
    [
      'rolled back to before, and gone on otherwise',
      () => [...LINES.slice(0, 120), ...LINES.slice(120).map((line) => line.replace('ann', 'eve'))],
    ],
    [
      'a fork: another checkpoint of the same size',
      () => LINES,
      () => [
        ...notes,
        noteOf(
          LINES.map((line) => line.replace('ann', 'eve')),
          100,
        ),
      ],
    ],
    [
      'an older checkpoint of another history',
      () => LINES,
      () => [noteOf(LINES.with(0, LINES[0]!.replace('ann', 'eve')), 50), ...notes.slice(1)],
    ],
    ['a checkpoint signed by somebody else', () => LINES, () => [...notes, noteOf(LINES, 190, signerOf('mallory', pem()))]],
    ['a checkpoint whose size was changed', () => LINES, () => [notes[0]!.replace('\n50\n', '\n51\n'), ...notes.slice(1)]],
    [
      'rolled back and gone on otherwise, with checkpoints signed anew by the stolen key: beside an older checkpoint file',
      () => FORKED,
      () => [...notes, ...[128, 180, 200].map((size) => noteOf(FORKED, size))],
    ],
    [
      'the same, where the only older checkpoint is of before the next signed one',
      () => FORKED,
      () => [notes[1]!, noteOf(FORKED, 200)],
    ],
    ['ledger and checkpoints both rolled back: beside an older checkpoint file', () => LINES.slice(0, 128), () => [notes[2]!]],
    ['a fork of another ledger with the same key', () => FORKED, () => [notes[0]!, notes[2]!]],
    ['a last line without its end', () => [...LINES.slice(0, 199), `${LINES[199]!}\n{"seq":201`]],
  ]
  test.each(tampered)('finds %s', (_, lines, given?) => {
    const answer = checked(lines(), given === undefined ? notes : given())
    expect(answer).toMatchObject({ status: 1, holds: false, proven: 0 })
    expect(answer.faults.length).toBeGreaterThan(0)
  })

  test('an older checkpoint file beside a ledger that only grew is no fault', () => {
    expect(checked(LINES, [notes[0]!, noteOf(LINES, 200)])).toMatchObject({ status: 0, holds: true, proven: 200 })
    // Without an older one nobody can see a rollback: keep checkpoints elsewhere.
    expect(checked(FORKED, [noteOf(FORKED, 200)])).toMatchObject({ status: 0, holds: true })
  })

  test('finds every cut, double and swap, over the length of the ledger', { timeout: 60_000 }, () => {
    const acts: ((at: number) => readonly string[])[] = [
      (at) => LINES.toSpliced(at, 1),
      (at) => renumbered(LINES.toSpliced(at, 1)),
      (at) => renumbered(LINES.toSpliced(at, 0, LINES[at]!)),
      (at) => LINES.with(at, LINES[at + 1]!).with(at + 1, LINES[at]!),
      (at) => renumbered(LINES.with(at, LINES[at + 1]!).with(at + 1, LINES[at]!)),
    ]
    let [tried, found] = [0, 0]
    for (let at = 0; at < 179; at += 15)
      for (const act of acts) {
        tried++
        if (checked(act(at), notes).status === 1) found++
      }
    console.log(
      `verify-ledger: ${tried + 60 + tampered.length} tamperings (cut, double, reorder, flip, fork, rollback), ${tried - found} missed here`,
    )
    expect(found).toBe(tried)
  })

  test('finds each of 60 single changed bytes below the last checkpoint', { timeout: 60_000 }, () => {
    const bytes = Buffer.from(LINES.map((line) => `${line}\n`).join(''))
    const covered = Buffer.byteLength(
      LINES.slice(0, 180)
        .map((line) => `${line}\n`)
        .join(''),
    )
    let found = 0
    for (let n = 0; n < 60; n++) {
      const changed = Buffer.from(bytes)
      const at = Math.floor((covered * n) / 60)
      changed[at]! ^= 1 + (n % 255)
      writeFileSync(join(dir, 'l.jsonl'), changed)
      writeFileSync(join(dir, 'notes.txt'), notes.join('\n'))
      const { status } = spawnSync(process.execPath, [VERIFIER, join(dir, 'l.jsonl'), join(dir, 'notes.txt'), '--key', key])
      if (status === 1) found++
    }
    expect(found).toBe(60)
  })

  test.each([[[]], [['--nothing']], [['/does/not/exist.jsonl']], [['l.jsonl', '--key', 'a+b+c']]])(
    'wrong use %j ends with 2',
    (args) => {
      expect(spawnSync(process.execPath, [VERIFIER, ...args], { encoding: 'utf8' })).toMatchObject({ status: 2, stdout: '' })
    },
  )
})
