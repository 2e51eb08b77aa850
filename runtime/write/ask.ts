/** Fresh readings of the target: one answer, one record, one whole list. What comes is data. */
import { hash } from 'node:crypto'
import { Failure } from '../errors.ts'
import { pages } from '../kinds/pages/index.ts'
import { compileRecords, type EmptyMark } from '../kinds/value/records.ts'
import { readById } from '../record/by-id.ts'
import type { Names } from '../record/request.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { KindOptions, Observation, RequestSpec } from '../types.ts'
import { buildLook } from './request.ts'
import { asking, type Work } from './work.ts'

export type OneRead = {
  /** 0: none. A live answer that the stream's `gone` calls deleted is 410. */
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: unknown
  readonly record: object | null
  readonly failed: string | null
  readonly digest: string | null
}

/** `request` null: the stream's `get`. */
export async function askOne(work: Work, request: RequestSpec | null, names: Names): Promise<OneRead> {
  const { get } = work.act.on.stream
  const spec = request ?? get
  if (spec === null) return unread(0, `stream ${work.act.on.stream.name} declares no \`get\``)
  const observation = await sendDeclared(asking(work), () => buildLook(work.ctx.connector, spec, names))
  if (observation.kind !== 'answer') return unread(observation.kind === 'refused' ? observation.status : 0, observation.because)
  const { status, headers, body, digest } = observation
  const record = request === null || request === get ? work.act.on.get_record(body) : null
  const read: OneRead = { status, headers, body, record: isObject(record) ? record : null, failed: null, digest }
  if ((request === null || request === get) && readById(work.act.on, observation, names) === 'gone')
    return { ...read, status: 410, record: null }
  return read
}

/** A refusal with 404 or 410 is an answer; every other refusal says why nothing was read. */
function unread(status: number, because: string): OneRead {
  const absent = status === 404 || status === 410
  return { status, headers: {}, body: null, record: null, failed: absent ? null : because, digest: null }
}

export type ListRead = {
  readonly records: readonly unknown[]
  readonly whole: boolean
  readonly failed: string | null
  readonly digest: string | null
}

export type ListSpec = {
  readonly request: RequestSpec
  readonly pages: KindOptions
  readonly records: string
  readonly empty: string | null
}

const MOST_PAGES = 1_000

/** To the end that the connector declares, or why not. */
export async function askList(work: Work, list: ListSpec, names: Names): Promise<ListRead> {
  const word = pages[list.pages.kind]
  if (word === undefined) throw new Failure('spec/unknown-kind', 'pages', `no such kind of pages: ${list.pages.kind}`)
  const find = compileRecords(list.records, list.empty as EmptyMark)
  const records: unknown[] = []
  const digests: string[] = []
  const asked = new Set<string>()
  const end = (whole: boolean, failed: string | null): ListRead => ({
    records,
    whole,
    failed,
    digest: digests.length === 0 ? null : hash('sha256', digests.join(' ')),
  })
  let state = word.first(list.pages)
  for (let page = 0; page < MOST_PAGES; page++) {
    const patch = word.ask(list.pages, state)
    const key = JSON.stringify(patch)
    if (asked.has(key)) return end(false, 'the list runs in a circle')
    asked.add(key)
    const answer: Observation = await sendDeclared(asking(work), () => buildLook(work.ctx.connector, list.request, names, patch))
    if (answer.kind !== 'answer') return end(false, answer.because)
    const found = find(answer.body)
    if (!found.ok) return end(false, found.because)
    digests.push(answer.digest)
    // Rows asked for again on purpose do no harm here: nothing is counted.
    for (const record of found.records) records.push(record)
    const view = { headers: answer.headers, body: answer.body, received: found.records.length, last: found.records.at(-1) }
    const next = word.next(list.pages, state, { ...view, url: answer.url })
    if (next.kind === 'end') return end(true, null)
    if (next.kind === 'broken') return end(false, next.because)
    state = next.state
  }
  return end(false, `the list has more than ${MOST_PAGES} pages`)
}

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
