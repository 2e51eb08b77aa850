#!/usr/bin/env node
/**
 * Checks the proof of a certification with nothing but Node: no package, none of Rollcall's code, no network.
 *
 *   node verify.mjs PROOF.zip [--key NAME+HASH+KEY]… [--json]
 *
 * --key    who signs the ledger; ask the people who run it, not the file. Without it the key in the file is used, and that is told.
 *
 * What it shows: the statement is the one whose digest was in the ledger when the checkpoint was signed; every list beside it (population,
 * page digests, decisions, actions, differences, exceptions) is the one the statement speaks of, none more, none less, none changed; the
 * decisions cover the population; the revocations were verified; waivers were signed by a second person. Lines that were redacted count
 * by their hashes. Exit: 0 it holds, 1 it does not, 2 wrong use.
 * RFC 6962 §2.1; APPNOTE.TXT 6.3.3; https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md and signed-note.md.
 */
import { createHash, createPublicKey, hash as digest, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { crc32, inflateRawSync } from 'node:zlib'

const sha256 = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
/** A text's leaf: a zero byte and the text. */
const leafOf = (line) => digest('sha256', `\0${line}`, 'buffer')
const pair = Buffer.alloc(65, 1)
function innerOf(left, right) {
  left.copy(pair, 1)
  right.copy(pair, 33)
  return digest('sha256', pair, 'buffer')
}
const hex = (bytes) => sha256(bytes).toString('hex')

function wrongUse(because) {
  process.stderr.write(`${because}\nusage: node verify.mjs PROOF.zip [--key NAME+HASH+KEY] [--json]\n`)
  process.exit(2)
}

const faults = []
const check = (holds, because) => {
  if (!holds) faults.push(because)
  return holds
}
/** Nothing after it can be judged. */
class Unreadable extends Error {}
const stop = (because) => {
  throw new Unreadable(because)
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
if (files.length !== 1) wrongUse('name one proof')
let zip
try {
  zip = readFileSync(files[0])
} catch (error) {
  wrongUse(`${files[0]} cannot be read: ${error.code}`)
}

// ---------------------------------------------------------------- the zip: every byte of it is accounted for

const LARGEST = 2 ** 30
/** 1980-01-01 00:00, as DOS has it. */
const FIXED = '00002100'

function unzip(bytes) {
  const end = bytes.length - 22
  if (end < 0 || bytes.readUInt32LE(end) !== 0x06054b50) stop('it is no zip, or its end is cut off')
  const count = bytes.readUInt16LE(end + 10)
  const at = bytes.readUInt32LE(end + 16)
  if (bytes.readUInt32LE(end + 4) !== 0 || bytes.readUInt16LE(end + 8) !== count || bytes.readUInt16LE(end + 20) !== 0)
    stop('the end record of the zip was changed')
  if (at + bytes.readUInt32LE(end + 12) !== end) stop('the directory of the zip was moved or cut')
  const found = new Map()
  let [next, local] = [at, 0]
  for (let i = 0; i < count; i++) {
    const name_length = next + 46 <= end ? bytes.readUInt16LE(next + 28) : 0
    if (next + 46 + name_length > end || bytes.readUInt32LE(next) !== 0x02014b50) stop('the directory of the zip was changed')
    const name = bytes.toString('latin1', next + 46, next + 46 + name_length)
    const header = bytes.subarray(local, local + 30)
    if (header.length < 30 || header.readUInt32LE(0) !== 0x04034b50) stop(`${name}: its header was changed`)
    const [method, crc, packed, size] = [10, 16, 20, 24].map((of) =>
      of === 10 ? bytes.readUInt16LE(next + of) : bytes.readUInt32LE(next + of),
    )
    const from = local + 30 + name_length
    const fields_agree =
      bytes.subarray(next + 6, next + 30).equals(header.subarray(4, 28)) && // version needed … length of the name
      header.readUInt16LE(28) === 0 &&
      bytes.toString('latin1', local + 30, from) === name &&
      bytes.readUInt16LE(next + 4) === 20 && // made by
      bytes.readUInt16LE(next + 6) === 20 &&
      bytes.readUInt16LE(next + 8) === 0 && // no flags
      bytes.toString('hex', next + 12, next + 16) === FIXED &&
      bytes.subarray(next + 30, next + 42).every((byte) => byte === 0) && // extra, comment, disk, attributes
      bytes.readUInt32LE(next + 42) === local
    if (!fields_agree) stop(`${name}: its header was changed`)
    if (found.has(name)) stop(`${name} is in it twice`)
    if (size > LARGEST || from + packed > at) stop(`${name} is larger than a proof can be`)
    found.set(name, { text: unpacked(name, method, bytes.subarray(from, from + packed), size, crc), local })
    local = from + packed
    next += 46 + name_length
  }
  if (next !== end || local !== at) stop('there are bytes in the zip that belong to no file')
  return found
}

function unpacked(name, method, packed, size, crc) {
  let bytes = packed
  if (method === 8) {
    try {
      const { buffer, engine } = inflateRawSync(packed, { maxOutputLength: Math.max(size, 1), info: true })
      if (engine.bytesWritten !== packed.length) stop(`${name}: there are bytes after its end`)
      bytes = buffer
    } catch (error) {
      if (error instanceof Unreadable) throw error
      stop(`${name} cannot be unpacked: ${error.code}`)
    }
  } else if (method !== 0) stop(`${name} is packed in an unknown way`)
  if (bytes.length !== size || crc32(bytes) !== crc) stop(`${name} is not what was packed`)
  return bytes
}

// ---------------------------------------------------------------- Merkle trees, notes

/** Of complete lines; an empty text has none. */
function linesOf(name, bytes) {
  if (bytes.length === 0) return []
  if (bytes.at(-1) !== 10) stop(`${name}: the last line is cut off`)
  return bytes.toString('utf8', 0, bytes.length - 1).split('\n')
}

function treeRoot(leaves) {
  const peaks = []
  for (const leaf of leaves) {
    let [hash, level] = [leaf, 0]
    for (; peaks.at(-1)?.level === level; level++) hash = innerOf(peaks.pop().hash, hash)
    peaks.push({ level, hash })
  }
  let root = null
  for (const { hash } of peaks.toReversed()) root = root === null ? hash : innerOf(hash, root)
  return root ?? sha256()
}

/** RFC 6962 §2.1.1: the root that a leaf and its path lead to; null where the path has not the right length. */
function rootByPath(leaf, index, size, path) {
  let [hash, at, last] = [leaf, index, size - 1]
  for (const step of path) {
    if (last === 0) return null
    if (at % 2 === 1 || at === last) {
      hash = innerOf(step, hash)
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)]
    } else hash = innerOf(hash, step)
    ;[at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  }
  return last === 0 ? hash : null
}

/** Only as it is written by a program: no other text for the same bytes. */
function base64(text, length) {
  const bytes = Buffer.from(String(text), 'base64')
  return bytes.length === length && bytes.toString('base64') === text ? bytes : null
}

/** Each line's object (null where it is redacted) and leaf. The text must be the one its object has. */
function readList(name, bytes) {
  const objects = []
  const leaves = []
  let redacted = 0
  for (const [i, line] of linesOf(name, bytes).entries()) {
    const object = parsed(line)
    const hidden =
      object !== null && typeof object === 'object' && Object.keys(object).join() === 'redacted'
        ? base64(object.redacted, 32)
        : null
    if (object === null || typeof object !== 'object' || JSON.stringify(object) !== line)
      stop(`${name} line ${i + 1} was changed`)
    if (hidden !== null) redacted++
    objects.push(hidden === null ? object : null)
    leaves.push(hidden ?? leafOf(line))
  }
  return { name, objects, leaves, redacted, count: leaves.length, root: treeRoot(leaves).toString('base64') }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function verifierOf(text, given) {
  const wrong = given ? wrongUse : stop
  const [name, id, ...rest] = text.split('+')
  const bytes = Buffer.from(rest.join('+'), 'base64')
  if (bytes[0] !== 1 || bytes.length !== 33) wrong(`${name} is no Ed25519 verifier key`)
  const hash = sha256(`${name}\n`, bytes).subarray(0, 4)
  if (hash.toString('hex') !== id) wrong(`the hash in the verifier key of ${name} is not of its key`)
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes.subarray(1)])
  return { name, hash, key: createPublicKey({ key: der, format: 'der', type: 'spki' }) }
}

function checkpointOf(text, verifiers) {
  const [body, signatures, ...more] = text.split('\n\n')
  const [origin, size, root, ...extra] = (body ?? '').split('\n')
  const bytes = base64(root, 32)
  if (
    more.length > 0 ||
    extra.length > 0 ||
    !/^(0|[1-9]\d{0,15})$/.test(size ?? '') ||
    bytes === null ||
    !/[^\n]\n$/.test(signatures ?? '')
  )
    stop('checkpoint.txt is no checkpoint')
  const lines = signatures.slice(0, -1).split('\n')
  const good = lines.map((line) => {
    const [dash, name, signature, ...rest] = line.split(' ')
    const signed = base64(signature, 68)
    return verifiers.some(
      (one) =>
        dash === '—' &&
        rest.length === 0 &&
        one.name === name &&
        signed?.subarray(0, 4).equals(one.hash) &&
        verify(null, Buffer.from(`${body}\n`), one.key, signed.subarray(4)),
    )
  })
  if (!good.includes(true)) stop(`the checkpoint is not signed by ${verifiers.map(({ name }) => name).join(' or ')}`)
  return { origin, size: Number(size), root: bytes }
}

// ---------------------------------------------------------------- the ledger's part

function readLedger(bytes, checkpoint) {
  const entries = new Map()
  for (const [i, line] of linesOf('ledger.jsonl', bytes).entries()) {
    const told = parsed(line)
    if (told === null || JSON.stringify(told) !== line || Object.keys(told).join() !== 'seq,entry,proof')
      stop(`ledger.jsonl line ${i + 1} was changed`)
    const path = told.proof.map((step) => base64(step, 32))
    const entry = parsed(told.entry)
    const root =
      path.includes(null) || !(told.seq >= 1 && told.seq <= checkpoint.size)
        ? null
        : rootByPath(leafOf(told.entry), told.seq - 1, checkpoint.size, path)
    if (root === null || !root.equals(checkpoint.root))
      stop(`entry ${told.seq} is not in the ledger that the checkpoint was signed for`)
    if (entry?.seq !== told.seq || entries.has(told.seq)) stop(`entry ${told.seq} says that it is another one, or is there twice`)
    entries.set(told.seq, entry)
  }
  return entries
}

// ---------------------------------------------------------------- what the lists say

const same = (a, b) => a.normalize('NFKC').trim().toLowerCase() === b.normalize('NFKC').trim().toLowerCase()

function examine(texts, entries, statement) {
  const closings = [...entries.values()].filter(
    (one) => one.what === 'certification closed' && one.about === statement.certification,
  )
  const [closing] = closings
  if (closing === undefined || closings.length > 1) stop(`the ledger's part has no closing of ${statement.certification}`)
  check(closing.detail.statement === hex(texts.get('statement.json').text), 'the statement is not the one that the ledger has')
  check(closing.detail.words === hex(texts.get('STATEMENT.txt').text), 'STATEMENT.txt is not the one that the ledger has')
  const listed = [...statement.entries, closing.seq].join()
  check([...entries.keys()].join() === listed, "the ledger's part is not the one that the statement names")

  const names = ['statement.json', 'STATEMENT.txt', 'ledger.jsonl', 'checkpoint.txt', 'key.txt', 'seal.txt']
  const lists = new Map()
  const list = (name, { count, root }) => {
    names.push(name)
    const found = texts.get(name)
    if (found === undefined) stop(`${name} is missing`)
    const read = readList(name, found.text)
    check(read.count === count, `${name} has ${read.count} lines, the statement speaks of ${count}`)
    check(read.root === root, `${name} is not the one that the statement speaks of`)
    lists.set(name, read)
    return read
  }
  const populations = statement.scope.map((part, i) => list(`population-${i}.jsonl`, part.frozen.population))
  for (const [i, part] of statement.scope.entries()) list(`pages-${i}.jsonl`, part.frozen.pages)
  const decisions = list('decisions.jsonl', statement.decisions)
  const actions = list('actions.jsonl', statement.actions)
  list('differences.jsonl', statement.differences)
  list('exceptions.jsonl', statement.exceptions)
  for (const name of texts.keys()) check(names.includes(name), `${name} belongs to no proof`)

  freezes(statement, entries)
  batches(statement, entries, decisions)
  const shown = [...lists.values()].reduce((sum, one) => sum + one.redacted, 0)
  coverage(statement, populations, decisions, actions)
  waivers(statement, closing, entries)
  return { redacted: shown, closing }
}

/** What was frozen, and each verdict, stand in the ledger as they stand in the statement. */
function freezes(statement, entries) {
  const all = [...entries.values()]
  const frozen = all.filter(
    ({ what, about }) =>
      about === statement.certification && (what === 'certification opened' || what === 'certification frozen again'),
  )
  const last = frozen.at(-1)?.detail.frozen ?? []
  check(last.length === statement.scope.length && frozen.at(-1)?.at === statement.frozen_at, 'the ledger froze another scope')
  statement.scope.forEach((part, i) => {
    const at = `${part.connection}/${part.stream}`
    const one = last[i]
    const { frozen: was, closed_upon: then } = part
    check(
      one?.connection === part.connection &&
        one.stream === part.stream &&
        one.sync === was.sync &&
        one.digest === was.verdict.digest &&
        one.in_scope === was.population.count &&
        one.population === was.population.root &&
        one.pages === was.pages.root,
      `${at}: the ledger froze another population`,
    )
    for (const read of [was, then]) {
      const told = all.find(
        ({ what, about, detail }) =>
          what === 'verdict' &&
          about === at &&
          detail.sync === read.sync &&
          detail.is === read.verdict.is &&
          detail.digest === `sha256:${read.verdict.digest}` &&
          detail.records === read.records,
      )
      check(told !== undefined, `${at}: the ledger has no such verdict of sync ${read.sync}`)
      check(
        told?.detail.hold !== true || isWaived(statement, part, 'hold'),
        `${at}: removals of sync ${read.sync} are held, and nobody waived it`,
      )
    }
    check(
      was.verdict.is === 'complete' || isWaived(statement, part, 'unprovable'),
      `${at}: what was frozen was ${was.verdict.is}`,
    )
    check(
      then.verdict.is === 'complete' || isWaived(statement, part, 'unprovable'),
      `${at}: what it was closed upon is ${then.verdict.is}`,
    )
    check(Date.parse(then.fresh_until) >= Date.parse(statement.closed.at), `${at}: what it was closed upon was not fresh`)
  })
}

const isWaived = ({ waivers: of }, part, kind) =>
  of.some((one) => one.connection === part.connection && one.stream === part.stream && one.kind === kind)

/** Each lot of decisions has its root in the ledger. */
function batches(statement, entries, decisions) {
  let next = 1
  for (const { what, about, detail } of entries.values()) {
    if (what !== 'certification decided' || about !== statement.certification) continue
    const lot = decisions.leaves.slice(detail.from - 1, detail.to)
    check(detail.from === next, 'a lot of decisions is missing in the ledger')
    check(
      treeRoot(lot).toString('base64') === detail.root,
      `decisions ${detail.from} to ${detail.to} are not those of the ledger`,
    )
    next = detail.to + 1
  }
  check(next === decisions.count + 1, 'there are decisions that the ledger has not')
}

/** Where nothing is redacted: every reviewed record has its decision, every revocation was verified. */
function coverage(statement, populations, decisions, actions) {
  const reviewed = populations.filter((_, i) => statement.scope[i].reviewed)
  for (const { name, objects } of populations) {
    let before = ''
    for (const one of objects) {
      if (one === null) continue
      if (one.item <= before) check(false, `${name}: a record is there twice`)
      before = one.item
    }
  }
  const total = reviewed.reduce((sum, one) => sum + one.count, 0)
  check(statement.decisions.keep + statement.decisions.revoke === total, 'not every record is decided')
  const last = new Map()
  for (const one of decisions.objects) if (one !== null) last.set(`${one.item} ${one.record}`, one)
  const hidden = decisions.redacted > 0
  const count = { keep: 0, revoke: 0 }
  const revoked = new Set()
  let unknown = 0
  for (const { objects } of reviewed)
    for (const one of objects) {
      const decision = one === null ? undefined : last.get(`${one.item} ${one.record}`)
      if (decision === undefined) unknown++
      else {
        count[decision.is]++
        if (decision.is === 'revoke') revoked.add(one.item)
      }
    }
  if (unknown === 0 && !hidden) {
    check(
      count.keep === statement.decisions.keep && count.revoke === statement.decisions.revoke,
      'the decisions are not those that the statement counts',
    )
  } else check(hidden || reviewed.some((one) => one.redacted > 0), `${unknown} records have no decision`)
  const blind = new Map(actions.objects.flatMap((one) => (one?.outcome?.is === 'unverifiable' ? [[one.item, one.intent]] : [])))
  const isLeft = (item) =>
    blind.has(item) && statement.waivers.some(({ kind, because }) => kind === 'unverifiable' && because.includes(blind.get(item)))
  const verified = actions.objects.filter((one) => one?.outcome?.is === 'verified')
  if (actions.redacted === 0) {
    check(verified.length === statement.actions.verified, 'the actions are not those that the statement counts')
    const done = new Set(verified.map(({ item }) => item))
    for (const item of revoked) check(done.has(item) || isLeft(item), `the revocation of ${item} was not verified`)
  }
  for (const one of verified)
    check(
      one.looks.some(({ phase, shows }) => phase !== 'before' && (shows === 'asked' || shows === 'gone')),
      `${one.intent} is called verified without a look that shows it`,
    )
  check(statement.actions.count === statement.decisions.revoke, 'a revocation has no action')
}

function waivers(statement, closing, entries) {
  const all = [...entries.values()]
  const froze = all.filter(
    ({ what, about }) =>
      about === statement.certification && (what === 'certification opened' || what === 'certification frozen again'),
  )
  const own = [statement.opened.by, statement.closed.by, ...froze.map(({ by }) => by)]
  check(closing.by === statement.closed.by && closing.at === statement.closed.at, 'somebody else closed it, or at another time')
  check(
    froze[0]?.by === statement.opened.by && froze[0].at === statement.opened.at,
    'somebody else opened it, or at another time',
  )
  for (const one of statement.waivers) {
    const told = all.some(
      ({ what, by, at, detail }) =>
        what === 'waived' &&
        by === one.by &&
        at === one.at &&
        detail.reason === one.reason &&
        detail.requested_by === one.requested_by &&
        detail.expires_at === one.expires_at,
    )
    check(told, `${one.because}: the ledger has no such waiver`)
    check(
      ![one.requested_by, ...own].some((name) => same(name, one.by)),
      `${one.because}: waived by nobody else than who wanted it`,
    )
    check(
      one.why.trim() !== '' && one.at <= statement.closed.at && one.expires_at > statement.frozen_at,
      `${one.because}: waived without a reason, or for another time`,
    )
  }
}

// ---------------------------------------------------------------- all of it

let told = null
let checkpoint = null
let statement = null
try {
  const texts = unzip(zip)
  const seal = texts.get('seal.txt')
  if (
    seal === undefined ||
    seal.text.toString() !== `sha256:${hex(zip.subarray(0, seal.local))}\n` ||
    [...texts.keys()].at(-1) !== 'seal.txt'
  )
    stop('the seal is broken: a byte of the file is not what it was')
  for (const name of ['statement.json', 'STATEMENT.txt', 'ledger.jsonl', 'checkpoint.txt', 'key.txt'])
    if (!texts.has(name)) stop(`${name} is missing`)
  const within = texts.get('key.txt').text.toString().replace(/\n$/, '')
  const verifiers = keys.length > 0 ? keys.map((key) => verifierOf(key, true)) : [verifierOf(within, false)]
  if (keys.length > 0) check(keys.includes(within), 'the key in the file is another one than the key you gave')
  checkpoint = checkpointOf(texts.get('checkpoint.txt').text.toString(), verifiers)
  const entries = readLedger(texts.get('ledger.jsonl').text, checkpoint)
  statement = parsed(texts.get('statement.json').text.toString())
  if (statement?.version !== 1) stop('statement.json is no statement that this verifier knows')
  told = { ...examine(texts, entries, statement), entries: entries.size, words: texts.get('STATEMENT.txt').text.toString() }
} catch (error) {
  // What a changed file makes of the rest is no fault of this program.
  faults.push(error instanceof Unreadable ? error.message : `it cannot be read as a proof: ${error.message}`)
}

const holds = faults.length === 0
const answer = {
  holds,
  certification: statement?.certification ?? null,
  signed_by: checkpoint?.origin ?? null,
  key_from: keys.length > 0 ? 'you' : 'the file itself',
  entries: told?.entries ?? 0,
  redacted: told?.redacted ?? 0,
  faults: faults.slice(0, 20),
  more_faults: Math.max(0, faults.length - 20),
}
// Read by `head`: what was not read is no fault, and the exit code is the answer.
process.stdout.on('error', () => process.exit(holds ? 0 : 1))
if (json) process.stdout.write(`${JSON.stringify(answer)}\n`)
else if (holds) {
  process.stdout.write(
    `holds: all of it is what was closed and is in the ledger of ${checkpoint.origin} at size ${checkpoint.size}\n`,
  )
  if (told.redacted > 0)
    process.stdout.write(`redacted: ${told.redacted} lines stand by their hashes alone; they are the same lines, and not shown\n`)
  if (keys.length === 0)
    process.stdout.write(
      'not shown: who signed it. The key came from the file itself; ask the people who run the ledger and give it with --key\n',
    )
  process.stdout.write(`\n${told.words}`)
} else {
  process.stdout.write('DOES NOT HOLD\n')
  for (const fault of answer.faults) process.stdout.write(`  ${fault}\n`)
  if (answer.more_faults > 0) process.stdout.write(`  and ${answer.more_faults} more\n`)
}
process.exitCode = holds ? 0 : 1
