/** Checked `feeds:` and `webhook:` → `Feed` and `InboundWebhook`. Their defaults stand here. */
import { type Feed, type InboundWebhook, type Json, type Naming, type Stream, TOLD_CHANGES } from '../types.ts'
import { list, mapped, type Open, request, word, wordWithRequests } from './declared.ts'

export function readFeeds(declared: Json | undefined): { readonly [name: string]: Feed } {
  return mapped(declared, (feed, name) => readFeed(name, feed as Open))
}

function readFeed(name: string, feed: Open): Feed {
  const from = wordWithRequests('feed', feed['from']!, ['start'])
  const asked = feed['list'] === undefined ? null : request(feed['list'])
  return {
    name,
    title: (feed['title'] ?? name) as string,
    from: from.kind === 'delta' ? { ...from, position_is: asked === null ? 'url' : 'token' } : from,
    // A position that is the whole URL is asked for as the first one was: its method, headers and how it is read.
    list: asked ?? (from['start'] as unknown as Feed['list']),
    pages: word('pages', feed['pages']!),
    records: feed['records'] as string,
    empty: (feed['empty'] ?? null) as Stream['empty'],
    id: feed['id'] ?? null,
    names: readNames(feed['names']),
    tells: (feed['tells'] ?? TOLD_CHANGES) as Feed['tells'],
    silent_on: list(feed['silent_on']) as readonly string[],
  }
}

export function readWebhook(declared: Json | undefined): InboundWebhook | null {
  if (declared === undefined) return null
  const webhook = declared as Open
  return {
    title: (webhook['title'] ?? 'Webhook') as string,
    verify: word('verify_webhook', webhook['verify']!),
    challenge: webhook['challenge'] === undefined ? null : word('challenge', webhook['challenge']),
    records: (webhook['records'] ?? '[]') as string,
    names: readNames(webhook['names']),
    polls: list(webhook['polls']) as readonly string[],
  }
}

function readNames(names: Json | undefined): readonly Naming[] {
  return list(names).map((one) => ({ when: null, ...(one as Open) })) as unknown as readonly Naming[]
}

/** What was read to write them. Beside the connector's own `source`, which is part of the fingerprint of reading. */
export function watchSources(data: Open): readonly Json[] {
  const feeds = Object.values((data['feeds'] ?? {}) as Open)
  return [...feeds, data['webhook'] ?? {}].flatMap((one) => list((one as Open)['source']))
}
