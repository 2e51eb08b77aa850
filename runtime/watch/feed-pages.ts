/** The pages of a feed, to the end that it declares. What comes is data. */
import { createHash } from 'node:crypto'
import { Failure } from '../errors.ts'
import { feed as feedWords } from '../kinds/feed/index.ts'
import type { FeedAsk, FeedKind } from '../kinds/kind.ts'
import { pages as pageWords } from '../kinds/pages/index.ts'
import { compileRecords } from '../kinds/value/records.ts'
import { openPage, type Paged } from '../record/page.ts'
import { buildRequest } from '../record/request.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { Feed, PageState } from '../types.ts'
import { namesOf, type WatchContext } from './context.ts'

/** What is beyond is told to nobody: a feed that goes on for so long is behind for good, or has no end. */
const MOST_PAGES = 1_000
/** So many in a row that were each as one before them (empty ones too), and it has no end: nothing is learned by the other nine hundred. */
const MOST_ALIKE = 100

export type Followed =
  | { readonly is: 'whole'; readonly pages: number; readonly body: unknown }
  | { readonly is: 'endless'; readonly pages: number; readonly because: string }
  /** The target no longer knows the position. */
  | { readonly is: 'lost'; readonly pages: number; readonly because: string }
  | { readonly is: 'failed'; readonly pages: number; readonly because: string }

export type FeedPages = { readonly word: FeedKind; readonly paged: Paged }

export function compileFeed(feed: Feed): FeedPages {
  const word = feedWords[feed.from.kind]
  const pages = pageWords[feed.pages.kind]
  if (word === undefined)
    throw new Failure('spec/unknown-kind', `feeds.${feed.name}.from`, `no such kind of feed: ${feed.from.kind}`)
  if (pages === undefined)
    throw new Failure('spec/unknown-kind', `feeds.${feed.name}.pages`, `no such kind of pages: ${feed.pages.kind}`)
  return { word, paged: { stream: { pages: feed.pages }, pages, records: compileRecords(feed.records, feed.empty), total: null } }
}

/** `onItems` hears of each page before the next is asked for. */
export async function followFeed(
  context: WatchContext,
  feed: Feed,
  { paged }: FeedPages,
  ask: Extract<FeedAsk, { ask: 'list' }>,
  onItems: (items: readonly unknown[]) => Promise<void>,
): Promise<Followed> {
  const request = ask.request ?? feed.list
  const names = { ...namesOf(context), ...ask.vars }
  const first = ask.url === null ? {} : { url: ask.url }
  const asked = new Set<string>()
  const told = new Set<string>()
  let alike = 0
  let state: PageState = paged.pages.first(feed.pages)
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const patch = paged.pages.ask(feed.pages, state)
    const position = JSON.stringify(patch)
    if (asked.has(position)) return { is: 'failed', pages, because: 'its pages run in a circle' }
    asked.add(position)
    const observation = await sendDeclared(context, () => buildRequest(context.connector, request, names, first, patch))
    if (observation.kind === 'refused' && (observation.code === 'http/restart' || observation.status === 410))
      return { is: 'lost', pages, because: observation.because }
    if (observation.kind !== 'answer') return { is: 'failed', pages, because: observation.because }
    const opened = openPage(paged, state, observation)
    if (!opened.ok) return { is: 'failed', pages, because: opened.because }
    await onItems(opened.records)
    if (opened.next.kind === 'end') return { is: 'whole', pages: pages + 1, body: observation.body }
    if (opened.next.kind === 'broken') return { is: 'failed', pages: pages + 1, because: opened.next.because }
    const page = sha256(JSON.stringify(opened.records))
    alike = told.has(page) ? alike + 1 : 0
    if (alike === MOST_ALIKE)
      return { is: 'endless', pages: pages + 1, because: `${MOST_ALIKE} pages in a row were as one before them` }
    told.add(page)
    state = opened.next.state
  }
  return { is: 'endless', pages: MOST_PAGES, because: `it has no end within ${MOST_PAGES} pages` }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')
