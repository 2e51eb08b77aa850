/** The proof of a closed certification: what anybody can check with one file of ours, or with their own, without us and offline. */
import { createHash } from 'node:crypto'
import { Failure } from '../../errors.ts'
import { type Signer, signCheckpoint, verifierText } from '../../ledger/checkpoint.ts'
import type { NewEntry } from '../../ledger/entry.ts'
import { rootOf } from '../../ledger/root-of.ts'
import { leafHash } from '../../ledger/tree.ts'
import type { CertifyStore } from '../../store/certify-port.ts'
import type { Act, LedgerStore } from '../../store/ledger-port.ts'
import type { WriteStore } from '../../store/write-port.ts'
import { decisionLine, differenceLine, namesOf, pageLines, population, populationLine } from '../certify/items.ts'
import { allDecisions, rowOf } from '../certify/look.ts'
import { type Certification, certificationOf, differences } from '../certify/state.ts'
import { actionLines } from './actions.ts'
import { exceptionLines, type Statement } from './statement.ts'
import { sealed } from './zip.ts'

type ProofStore = WriteStore & LedgerStore & CertifyStore

export type Redact = {
  /** Records whose lines (population, decisions, actions, differences) become their hashes. */
  readonly ids: readonly string[]
  /** Every decision's line: who decided what, and why. */
  readonly decisions: boolean
}
export type Proof = {
  readonly zip: Uint8Array
  /** The checkpoint to keep elsewhere, and what checks it. */
  readonly note: string
  readonly verifier: string
  readonly entries: number
  readonly words: string
  readonly redacted: number
}

/** `origin`: the name of the ledger. Throws `store/not-found`, `certify/open`, `ledger/broken` where the store is not what was closed. */
export async function proofOf(
  store: ProofStore,
  id: string,
  signing: { readonly signer: Signer; readonly origin: string },
  redact: Redact = { ids: [], decisions: false },
): Promise<Proof> {
  const row = await rowOf(store, id)
  const certification = certificationOf(row)
  const { closed } = certification
  if (closed === null) throw new Failure('certify/open', id, `${id} is ${certification.state}: only what is closed is proven`)
  const statement = JSON.parse(closed.statement) as Statement
  const lists = await listsOf(store, certification, row.key, statement)
  for (const { name, lines, root } of lists)
    if (rootOf(lines).root !== root)
      throw new Failure('ledger/broken', name, `${name} of ${id} is not what was closed any more: the store was changed`)
  const hidden = hides(certification, row.key, redact)
  let redacted = 0
  const shown = lists.map(({ name, lines }): readonly [string, string] => {
    const told = lines.map((line) => {
      if (!hidden(name, line)) return line
      redacted++
      return JSON.stringify({ redacted: leafHash(Buffer.from(line)).toString('base64') })
    })
    return [name, told.map((line) => `${line}\n`).join('')]
  })
  const size = await store.ledgerSize()
  const note = signCheckpoint({ origin: signing.origin, size, root: await store.ledgerRoot(size) }, signing.signer)
  await store.keepCheckpoint(size, note)
  const verifier = verifierText(signing.signer)
  const entries = await ledgerLines(store, [...statement.entries, await closingEntry(store, id)], size)
  const zip = sealed([
    ['statement.json', closed.statement],
    ['STATEMENT.txt', closed.words],
    ...shown,
    ['ledger.jsonl', entries.map((line) => `${line}\n`).join('')],
    ['checkpoint.txt', note],
    ['key.txt', `${verifier}\n`],
  ])
  return { zip, note, verifier, entries: entries.length, words: closed.words, redacted }
}

/** Who took which proof: entered before it is handed out. No ids in it: what was hidden stays hidden. */
export const proofTaken = (id: string, { zip, redacted }: Proof, act: Act): NewEntry => ({
  ...act,
  what: 'proof taken',
  about: id,
  detail: { sha256: createHash('sha256').update(zip).digest('hex'), redacted },
})

type List = { readonly name: string; readonly lines: readonly string[]; readonly root: string }

async function listsOf(
  store: ProofStore,
  { certification, frozen, closed }: Certification,
  key: Buffer,
  statement: Statement,
): Promise<readonly List[]> {
  const names = namesOf(key)
  const lists: List[] = []
  const since: string[] = []
  for (const [i, part] of frozen.entries()) {
    const before = await population(store, names, part.snapshot, part)
    const newest = closed?.newest[i] ?? part.snapshot
    const now = newest === part.snapshot ? before : await population(store, names, newest, part)
    const found = differences(before, now)
    const { connection, stream } = part
    for (const is of ['late', 'gone', 'changed'] as const)
      for (const { item } of found[is]) since.push(differenceLine({ connection, stream, item, is }))
    lists.push({ name: `population-${i}.jsonl`, lines: before.map(populationLine), root: part.population })
    lists.push({ name: `pages-${i}.jsonl`, lines: await pageLines(store, names, part), root: part.pages.root })
  }
  const decisions = await allDecisions(store, certification)
  const actions = await actionLines(store, names, closed?.actions ?? [])
  return [
    ...lists,
    { name: 'decisions.jsonl', lines: decisions.map((one) => decisionLine(names, one)), root: statement.decisions.root },
    { name: 'actions.jsonl', lines: actions.map(({ line }) => line), root: statement.actions.root },
    { name: 'differences.jsonl', lines: since, root: statement.differences.root },
    { name: 'exceptions.jsonl', lines: exceptionLines(statement.scope, statement.waivers), root: statement.exceptions.root },
  ]
}

function hides({ frozen }: Certification, key: Buffer, { ids, decisions }: Redact): (name: string, line: string) => boolean {
  const names = namesOf(key)
  const items = new Set(ids.flatMap((id) => frozen.map(({ connection, stream }) => names.item(connection, stream, id))))
  const ofItem = (line: string): boolean => items.has((JSON.parse(line) as { readonly item?: string }).item ?? '')
  return (name, line) => (decisions && name === 'decisions.jsonl') || (items.size > 0 && ofItem(line))
}

async function closingEntry(store: LedgerStore, id: string): Promise<number> {
  const [entry] = await store.audit({ about: id, what: 'certification closed', after: 0, limit: 1 })
  if (entry === undefined) throw new Failure('ledger/broken', id, `the ledger has no entry of the closing of ${id}`)
  return entry.seq
}

async function ledgerLines(store: LedgerStore, seqs: readonly number[], size: number): Promise<readonly string[]> {
  const lines: string[] = []
  for (const seq of seqs) {
    const [entry] = await store.ledgerTexts(seq - 1, 1)
    const proof = (await store.inclusion(seq, size)).map((hash) => hash.toString('base64'))
    lines.push(JSON.stringify({ seq, entry, proof }))
  }
  return lines
}
