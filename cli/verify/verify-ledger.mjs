#!/usr/bin/env node
/**
 * Checks a ledger with nothing but Node: no package, none of Rollcall's code, no network.
 *
 *   node verify-ledger.mjs LEDGER.jsonl --key NAME+HASH+KEY CHECKPOINT.txt…
 *
 * LEDGER.jsonl      one entry a line, exactly as it was hashed (`rollcall ledger --export FILE`)
 * CHECKPOINT.txt    signed notes that were kept elsewhere; several may stand in one file
 * --key             who signs them; ask the people who run the ledger, not the ledger itself. Several times for several signers.
 * --json            the answer as one line
 *
 * What it shows: every line is the one that was hashed when each checkpoint was signed, in that order, none more, none less, none changed;
 * every later checkpoint continues every earlier one. What it can not show: entries after the newest checkpoint (their number is told).
 * Exit: 0 it holds, 1 it does not, 2 wrong use.
 * RFC 6962 §2.1; https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md and signed-note.md.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'

const sha256 = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function wrongUse(because) {
  process.stderr.write(`${because}\nusage: node verify-ledger.mjs LEDGER.jsonl --key NAME+HASH+KEY CHECKPOINT.txt…\n`)
  process.exit(2)
}

// ---------------------------------------------------------------- arguments

const files = []
const keys = []
let json = false
for (let args = process.argv.slice(2); args.length > 0; ) {
  const arg = args.shift()
  if (arg === '--json') json = true
  else if (arg === '--key') keys.push(args.shift() ?? wrongUse('--key is without a value'))
  else if (arg.startsWith('-')) wrongUse(`there is no ${arg}`)
  else files.push(arg)
}
const [ledger, ...notes] = files
if (ledger === undefined) wrongUse('no ledger is named')

function verifierOf(text) {
  const [name, id, ...rest] = text.split('+')
  const bytes = Buffer.from(rest.join('+'), 'base64')
  if (bytes[0] !== 1 || bytes.length !== 33) wrongUse(`${name} is no Ed25519 verifier key`)
  const hash = sha256(`${name}\n`, bytes).subarray(0, 4)
  if (hash.toString('hex') !== id) wrongUse(`the hash in the verifier key of ${name} is not of its key`)
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes.subarray(1)])
  return { name, hash, key: createPublicKey({ key: der, format: 'der', type: 'spki' }) }
}
const verifiers = keys.map(verifierOf)

// ---------------------------------------------------------------- checkpoints

const faults = []
const checkpoints = notes.flatMap((file) => notesOf(file))

/** Three lines, a blank one, signature lines; the next note begins after them. */
function notesOf(file) {
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    wrongUse(`${file} cannot be read: ${error.code}`)
  }
  const found = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; ) {
    if (lines[at] === '') {
      at++
      continue
    }
    const end = lines.indexOf('', at)
    if (end < 0) {
      faults.push(`${file}: a checkpoint has no signatures`)
      break
    }
    const body = `${lines.slice(at, end).join('\n')}\n`
    let after = end + 1
    while (lines[after]?.startsWith('— ')) after++
    found.push(checkpointOf(file, body, lines.slice(end + 1, after)))
    at = after > end + 1 ? after : lines.length
  }
  if (found.length === 0) faults.push(`${file}: no checkpoint in it`)
  return found.filter((one) => one !== null)
}

function checkpointOf(file, body, signatures) {
  const [origin, size, root] = body.split('\n')
  const bytes = Buffer.from(root ?? '', 'base64')
  if (!/^(0|[1-9]\d{0,15})$/.test(size ?? '') || bytes.length !== 32) {
    faults.push(`${file}: a checkpoint is not three lines of origin, size and root`)
    return null
  }
  const signed = signatures.some((line) => {
    const [, name, text] = line.split(' ')
    const signature = Buffer.from(text ?? '', 'base64')
    return verifiers.some(
      (one) =>
        one.name === name &&
        signature.subarray(0, 4).equals(one.hash) &&
        verify(null, Buffer.from(body), one.key, signature.subarray(4)),
    )
  })
  if (!signed) {
    faults.push(
      `${file}: the checkpoint of size ${size} is not signed by ${verifiers.map(({ name }) => name).join(' or ') || 'anybody: no --key'}`,
    )
    return null
  }
  return { file, origin, size: Number(size), root: bytes }
}

const origins = new Set(checkpoints.map(({ origin }) => origin))
if (origins.size > 1) faults.push(`the checkpoints are of ${origins.size} ledgers: ${[...origins].join(', ')}`)
if (checkpoints.length === 0 && faults.length === 0)
  faults.push('no checkpoint was given: who can write the ledger could have written all of it anew')

// ---------------------------------------------------------------- the ledger

/** Hashes of complete subtrees, largest first: the binary digits of `size`. */
const peaks = []
let size = 0
const wanted = new Map()
for (const one of checkpoints) wanted.set(one.size, [...(wanted.get(one.size) ?? []), one])
let held = 0
let last_at = ''

function rootNow() {
  let root = null
  for (const { hash } of peaks.toReversed()) root = root === null ? hash : sha256(Buffer.of(1), hash, root)
  return root ?? sha256()
}

function compare() {
  for (const one of wanted.get(size) ?? []) {
    if (rootNow().equals(one.root)) held = Math.max(held, size)
    else
      faults.push(
        `${one.file}: the first ${size} entries are not those that its checkpoint was signed for (last good checkpoint: ${held})`,
      )
  }
  wanted.delete(size)
}

function add(line) {
  let hash = sha256(Buffer.of(0), line)
  size++
  for (let level = 0; ; level++) {
    const left = peaks.at(-1)
    if (left?.level !== level) {
      peaks.push({ level, hash })
      break
    }
    peaks.pop()
    hash = sha256(Buffer.of(1), left.hash, hash)
  }
  let entry = null
  try {
    entry = JSON.parse(line.toString('utf8'))
  } catch {
    faults.push(`line ${size} is no entry`)
  }
  if (entry !== null && entry?.seq !== size) faults.push(`line ${size} says that it is entry ${entry?.seq}`)
  last_at = entry?.at ?? last_at
  compare()
}

compare()
try {
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(ledger)) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      add(bytes.subarray(0, end))
      bytes = bytes.subarray(end + 1)
    }
    rest = bytes
  }
  if (rest.length > 0) faults.push('the last line is cut off')
} catch (error) {
  if (error.code === undefined) throw error
  wrongUse(`${ledger} cannot be read: ${error.code}`)
}
for (const [missing, of] of wanted)
  faults.push(`${of[0].file}: its checkpoint has ${missing} entries, the ledger ${size}: the end was cut off or rolled back`)

const answer = {
  holds: faults.length === 0,
  entries: size,
  proven: faults.length === 0 ? held : 0,
  after_the_last_checkpoint: size - held,
  last_at,
  faults: faults.slice(0, 20),
  more_faults: Math.max(0, faults.length - 20),
}
if (json) process.stdout.write(`${JSON.stringify(answer)}\n`)
else if (answer.holds) {
  process.stdout.write(`holds: the first ${held} of ${size} entries are exactly what ${[...origins][0]} signed for\n`)
  if (answer.after_the_last_checkpoint > 0)
    process.stdout.write(
      `not shown: ${answer.after_the_last_checkpoint} entries after the newest checkpoint; nothing signed speaks of them yet\n`,
    )
} else {
  process.stdout.write('DOES NOT HOLD\n')
  for (const fault of answer.faults) process.stdout.write(`  ${fault}\n`)
  if (answer.more_faults > 0) process.stdout.write(`  and ${answer.more_faults} more\n`)
}
process.exit(answer.holds ? 0 : 1)
