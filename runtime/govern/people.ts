/** Whose accounts are these? Over connections, by e-mail, user name, employee number or explicit ids. What is not certain is listed, never taken. */
import { eachRecord } from '../record/each.ts'
import type { Store } from '../store/port.ts'
import type { JsonObject } from '../types.ts'
import {
  type Account,
  type AccountRef,
  accountStreams,
  recordOf,
  refText,
  type Side,
  type Unproven,
  unprovenOf,
} from './accounts.ts'

export type Matched = Account & {
  /** `email`, `userName`, …: what ties it to the person. */
  readonly by: string
}
export type Doubtful = Account & { readonly because: string }

export type Person = {
  /** What intents carry as their person: the same for the same words. */
  readonly person: string
  readonly accounts: readonly Matched[]
  /** Perhaps theirs; nothing is done to them until somebody names them. */
  readonly ambiguous: readonly Doubtful[]
  readonly unproven: readonly Unproven[]
  /** Accounts named by their ids that no snapshot shows. */
  readonly unseen: readonly AccountRef[]
}

export type Who = {
  /** An e-mail address, a user name, an employee number, an id of another system, or a native id. */
  readonly who: string
  /** Theirs, whatever the rest says. */
  readonly accounts: readonly AccountRef[]
}

/** Fields by which one names a person, strong ones first. */
const NAMES = ['email', 'userName', 'employeeNumber', 'externalId'] as const

export async function findPerson(store: Store, sides: readonly Side[], { who, accounts }: Who): Promise<Person> {
  const wanted = fold(who)
  const named = await namedAccounts(store, accounts)
  const seeds = wanted === '' ? [] : await scan(store, sides, (account) => seedOf(account, who.trim(), wanted))
  const core = [...named.seen, ...seeds]
  const linked = core.length === 0 ? [] : await scan(store, sides, (account) => linkTo(core, account))
  const { sure, doubtful } = sort(core, linked, accounts)
  const unproven = (await Promise.all(sides.map((side) => unprovenOf(store, side)))).flat()
  return {
    person: wanted === '' ? personOf(accounts) : wanted,
    accounts: sure,
    ambiguous: doubtful,
    unproven,
    unseen: named.unseen,
  }
}

/** What `take` makes of every account, in the order of connections and streams; nothing else of them is kept. */
async function scan<T>(store: Store, sides: readonly Side[], take: (account: Account) => T | null): Promise<readonly T[]> {
  const found: T[] = []
  for (const side of sides)
    for (const stream of await accountStreams(store, side))
      await eachRecord(store, side.connection.name, stream, ({ id, fields }) => {
        const taken = take({ connection: side.connection.name, stream, id, fields })
        if (taken !== null) found.push(taken)
      })
  return found
}

function seedOf(account: Account, exact: string, wanted: string): Matched | null {
  const by = NAMES.find((name) => fold(account.fields[name]) === wanted) ?? (account.id === exact ? 'id' : undefined)
  return by === undefined ? null : { ...account, by }
}

async function namedAccounts(
  store: Store,
  refs: readonly AccountRef[],
): Promise<{ readonly seen: readonly Matched[]; readonly unseen: readonly AccountRef[] }> {
  const found = await Promise.all(refs.map(async (ref) => ({ ref, record: await recordOf(store, ref) })))
  return {
    seen: found.flatMap(({ ref, record }) => (record === null ? [] : [{ ...ref, fields: record.fields, by: 'named' }])),
    unseen: found.flatMap(({ ref, record }) => (record === null ? [ref] : [])),
  }
}

// ---------------------------------------------------------------- what belongs together

/** An address or an employee number ties two accounts; a plain user name is only a hint, and says so. */
function linkTo(core: readonly Matched[], account: Account): Linked | null {
  if (core.some((one) => refText(one) === refText(account))) return null
  const theirs = addresses(account.fields)
  const number = fold(account.fields['employeeNumber'])
  for (const one of core) {
    const shared = addresses(one.fields).find((address) => theirs.includes(address))
    if (shared !== undefined) return { ...account, by: `same address as ${refText(one)}`, hint: null }
    if (number !== '' && number === fold(one.fields['employeeNumber']))
      return { ...account, by: `same employee number as ${refText(one)}`, hint: null }
  }
  const name = fold(account.fields['userName'])
  const same = core.find((one) => name !== '' && fold(one.fields['userName']) === name)
  return same === undefined ? null : { ...account, by: 'userName', hint: `only the user name is that of ${refText(same)}` }
}

/** User names that are addresses count as such: many targets have nothing else. */
function addresses(fields: JsonObject): readonly string[] {
  return [fold(fields['email']), fold(fields['userName'])].filter((text) => /^[^@\s]+@[^@\s]+$/.test(text))
}

type Linked = Matched & { readonly hint: string | null }

function sort(
  core: readonly Matched[],
  linked: readonly Linked[],
  named: readonly AccountRef[],
): { readonly sure: readonly Matched[]; readonly doubtful: readonly Doubtful[] } {
  const refs = new Set(named.map(refText))
  const candidates: Linked[] = []
  for (const one of [...core.map((account) => ({ ...account, hint: null })), ...linked])
    if (!candidates.some((other) => refText(other) === refText(one))) candidates.push(one)
  const numbers = distinct(candidates.map((one) => fold(one.fields['employeeNumber'])))
  const sure: Matched[] = []
  const doubtful: Doubtful[] = []
  for (const { hint, ...account } of candidates) {
    const because = refs.has(refText(account)) ? null : (hint ?? doubt(account, candidates, refs, numbers))
    if (because === null) sure.push(account)
    else {
      const { connection, stream, id, fields } = account
      doubtful.push({ connection, stream, id, fields, because })
    }
  }
  return { sure, doubtful }
}

function doubt(account: Matched, all: readonly Linked[], named: ReadonlySet<string>, numbers: readonly string[]): string | null {
  const beside = all.filter(
    (one) => one.hint === null && one.connection === account.connection && one.stream === account.stream && one !== account,
  )
  const others = beside.filter((one) => refText(one) !== refText(account))
  const settled = others.length > 0 && others.some((one) => named.has(refText(one)))
  if (others.length > 0 && !settled)
    return `${others.length + 1} accounts of ${account.connection} match: ${[account, ...others]
      .map((one) => one.id)
      .slice(0, 5)
      .join(', ')}`
  if (settled) return `another account of ${account.connection} was named`
  const number = fold(account.fields['employeeNumber'])
  if (number !== '' && numbers.length > 1) return `employee numbers contradict each other: ${numbers.join(', ')}`
  const plain = account.by === 'userName' && !addresses({ userName: account.fields['userName'] ?? null }).length
  const mine = addresses(account.fields)
  const rest = all.filter((one) => one.hint === null && refText(one) !== refText(account)).flatMap((one) => addresses(one.fields))
  if (plain && mine.length > 0 && rest.length > 0 && !mine.some((address) => rest.includes(address)))
    return `the same user name, but other addresses: ${mine.join(', ')}`
  return null
}

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts.filter((text) => text !== ''))]
const fold = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).normalize('NFKC').trim().toLowerCase() : ''
const personOf = (refs: readonly AccountRef[]): string => refs.map(refText).sort().join(' ')
