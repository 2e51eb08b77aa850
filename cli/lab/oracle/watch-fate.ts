/** What a run of watching comes to: what was said of the feeds and of what came in, beside what is so. Pure. */
import type { Said } from '../types.ts'

/** `taken`: by whoever knows the secret. `known`: it was here before. `refused`: it is not the target's, or too old. */
export type Must = 'taken' | 'known' | 'refused'

/** One round of watching. */
export type Look = {
  readonly feeds: readonly { readonly feed: string; readonly is: string; readonly because: string }[]
  /** Sightings that are not so, and whatever else watching wrote down. */
  readonly untrue: readonly string[]
  readonly waiting: number
  /** It was stopped: there was no end to its requests. */
  readonly endless: boolean
  readonly seen: readonly string[]
}
export type Mailed = {
  readonly mail: string
  readonly must: Must
  /** What was made of it, and with which status. */
  readonly is: string
  readonly status: number
  /** Somebody is to be looked at because of it who was not before. */
  readonly touched: boolean
  /** Its bytes are signed. */
  readonly signs: boolean
}
export type Acted = {
  readonly looks: readonly Look[]
  readonly mailed: readonly Mailed[]
  /** By feed: `stream id (what)` that it claims to tell, that two whole reads must show, and that it never named. */
  readonly untold: ReadonlyMap<string, readonly string[]>
  readonly requests: number
  readonly bare: number
  /** Why nothing can be said of it; null: it can. */
  readonly broken: string | null
}
export type Fate = {
  readonly said: Said
  readonly because: string
  readonly false_success: boolean
  readonly noticed: boolean
  readonly differs: readonly string[]
}

const NAMED: ReadonlySet<string> = new Set(['skipped', 'hole', 'failed'])

export function fateOf({ looks, mailed, untold, broken }: Acted): Fate {
  const last = looks.at(-1)
  if (broken !== null || last === undefined || looks.some((look) => look.endless))
    return { said: 'error', because: broken ?? 'no end', false_success: false, noticed: false, differs: [] }
  const said_of = (feed: string) => looks.flatMap((look) => look.feeds.filter((one) => one.feed === feed))
  // Once it was named, and a whole read followed, the feed may be called steady again.
  const believed = last.feeds
    .filter(({ feed, is }) => is === 'steady' && !said_of(feed).some((one) => NAMED.has(one.is)))
    .flatMap(({ feed }) => (untold.get(feed) ?? []).map((what) => `${feed} is steady, and never told of ${what}`))
  const taken = mailed.flatMap((one) =>
    isFooled(one) ? [`${one.mail}: ${one.is} with ${one.status}, and must be ${one.must}`] : [],
  )
  const differs = [...looks.flatMap((look) => look.untrue), ...believed, ...taken]
  const false_success = differs.length > 0
  const worst = worstOf(looks, mailed)
  const [said, because] = false_success ? (['complete', differs[0] as string] as const) : worst
  const turned = mailed.filter((one) => one.must !== 'taken')
  return { said, because, false_success, noticed: said !== 'complete' || (turned.length > 0 && !false_success), differs }
}

/** What was not the target's was taken, or did something. */
function isFooled({ must, is, touched, signs }: Mailed): boolean {
  if (must === 'refused') return is !== 'refused' || touched
  // Where nothing of the bytes is signed the same ones may well mean something new.
  return must === 'known' && (is !== 'again' || (touched && signs))
}

function worstOf(looks: readonly Look[], mailed: readonly Mailed[]): readonly [Said, string] {
  const all = looks.flatMap((look) => look.feeds)
  const text = ({ feed, is, because }: Look['feeds'][number]) => `${feed} ${is}: ${because}`
  const lost = all.find(({ is }) => is === 'skipped' || is === 'hole')
  if (lost !== undefined) return ['incomplete', text(lost)]
  const failed = all.find(({ is }) => is === 'failed') ?? looks.at(-1)?.feeds.find(({ is }) => is !== 'steady')
  if (failed !== undefined) return ['unproven', text(failed)]
  // What is not signed has no id: the same bytes are the same message, and are looked at all the same.
  const refused = mailed.find(({ must, is, signs }) => must === 'taken' && is !== 'taken' && (signs || is !== 'again'))
  if (refused !== undefined) return ['incomplete', `${refused.mail}: ${refused.is} with ${refused.status}`]
  return ['complete', looks.at(-1)?.feeds.map(text).join('; ') ?? '']
}
