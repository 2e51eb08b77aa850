/** What comes in by itself: honest messages, forged ones, ones sent again, and what whoever takes them must make of each. */
import type { Clock } from './clock.ts'
import type { Must } from './oracle/watch-fate.ts'
import type { Mail } from './scenarios/watch.ts'
import { itemOf, liedOf } from './twin/tell.ts'
import type { FeedItem, Happened, Twin, WebhookSpec } from './twin/types.ts'
import { type Message, messageId, type Sender } from './twin/webhook.ts'
import { type Doings, MINUTE_MS } from './watch-scene.ts'

export type Post = {
  readonly mail: Mail
  readonly message: Message
  readonly must: Must
  /** Time that passes before it is sent. */
  readonly after_ms: number
}

type MailOptions = {
  readonly twin: Twin
  readonly sender: Sender
  readonly at: Clock
  readonly run: string
  readonly doings: Doings
}

const HOURS_MS = 180 * MINUTE_MS

export function openMail({ twin, sender, at, run, doings }: MailOptions) {
  const spec = twin.file.webhook as WebhookSpec
  let no = 0
  const item = (happened: Happened): FeedItem => itemOf(twin, 'webhook', spec, happened)
  const sent = new Set<number>()
  /** The newest that was not sent yet, of a record that the webhook is about; of somebody of whom nothing happened where there is none. */
  const news = (): FeedItem => {
    const found = twin.history.happened.findLast((one) => spec.of[one.of] !== undefined && !sent.has(one.no))
    if (found === undefined) return still()
    sent.add(found.no)
    return item(found)
  }
  const still = (): FeedItem => {
    const quiet = doings.quiet()
    const of = quiet?.of ?? Object.keys(spec.of)[0] ?? ''
    const entry = quiet?.entry ?? twin.world.make(of)
    return item({ no: 0, at_ms: at.now(), what: 'updated', of, id: entry.id, entry })
  }
  const stranger = (): FeedItem => {
    const of = Object.keys(spec.of)[0] ?? ''
    const entry = twin.world.make(of)
    return item({ no: 0, at_ms: at.now(), what: 'created', of, id: entry.id, entry })
  }
  const written = (items: readonly FeedItem[], wrong?: 'forged' | 'other_secret' | 'unsigned'): Message =>
    sender.send({ id: messageId(run, ++no), items, at_ms: at.now(), ...(wrong === undefined ? {} : { wrong }) })
  const post = (mail: Mail, message: Message, must: Must, after_ms = 0): Post => ({ mail, message, must, after_ms })

  /** In the order in which they arrive. */
  return function posts(mail: Mail): readonly Post[] {
    switch (mail) {
      case 'honest':
        return [post(mail, written([news()]), 'taken')]
      case 'unchanged':
        return [post(mail, written([still()]), 'taken')]
      case 'forged':
      case 'other_secret':
      case 'unsigned':
        return [post(mail, written([liedOf(spec, still())], mail), 'refused')]
      case 'stranger':
        return [post(mail, written([stranger()]), 'taken')]
      case 'lies':
        return [post(mail, written([liedOf(spec, still())]), 'taken')]
      case 'twice':
      case 'replayed': {
        const message = written([liedOf(spec, news())])
        return [post(mail, message, 'taken'), post(mail, message, 'known', 2 * MINUTE_MS)]
      }
      case 'old': {
        const message = written([news()])
        return [post(mail, message, 'taken'), post(mail, message, 'refused', HOURS_MS)]
      }
      case 'reordered': {
        const [later, earlier] = [written([news()]), written([liedOf(spec, news())])]
        return [post(mail, later, 'taken'), post(mail, earlier, 'taken')]
      }
    }
  }
}
