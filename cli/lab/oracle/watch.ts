/** What watching may say, beside what is so. The truth comes from the world, and whom a feed named from the answers as an honest target writes them. */
import type { Feed, Json, JsonObject } from '../../../runtime/types.ts'
import type { Sighting } from '../../../runtime/watch-types.ts'
import type { Named, TwinFile } from '../twin/types.ts'
import type { StoredRow, Truth } from './read.ts'

/** What was so of a record when it was asked for; null: there was none. */
export type Moment = JsonObject | null

/** Null: it is as it was at one of these moments. Else what is wrong, for people. */
export function untrueOf(sighting: Sighting, moments: readonly Moment[]): string | null {
  const who = `${sighting.stream}: ${sighting.id}`
  if (sighting.shows === 'unanswered') return sighting.fields === null ? null : `${who} is unanswered, and has fields`
  if (moments.length === 0) return `${who} is ${sighting.shows}, and nobody asked for it`
  if (sighting.shows === 'gone') return moments.includes(null) ? null : `${who} is gone, and is not`
  const { fields } = sighting
  if (fields === null) return `${who} is alive, and has no fields`
  const so = moments.flatMap((moment) => (moment === null ? [] : [moment]))
  if (so.length === 0) return `${who} is alive, and is gone`
  const wrong = (moment: JsonObject) => Object.keys(fields).find((name) => name in moment && !same(fields[name], moment[name]))
  const found = so.map(wrong)
  return found.includes(undefined) ? null : `${who}: ${found[0]} is ${JSON.stringify(fields[found[0] as string])}`
}

/** `is` and `moved`, beside the snapshot that is stored. Fields that the twin file does not tell are held against nothing. */
export function misplacedOf(sighting: Sighting, moments: readonly Moment[], stored: readonly StoredRow[]): string | null {
  const row = stored.find((one) => one.id === sighting.id)
  const who = `${sighting.stream}: ${sighting.id}`
  const must = (is: Sighting['is']) =>
    sighting.is === is
      ? null
      : `${who} is said to be ${sighting.is ?? 'nothing'} beside what is stored, and is ${is ?? 'nothing'}`
  if (sighting.shows === 'unanswered') return must(null)
  if (sighting.shows === 'gone') return must(row === undefined ? 'as_stored' : 'missing')
  if (row === undefined) return must('new')
  const so = moments.flatMap((moment) => (moment === null ? [] : [moment]))
  const wrong = (moment: JsonObject) =>
    Object.keys(moment)
      .filter((name) => name !== ID)
      .find((name) => sighting.moved.includes(name) === same(moment[name], row.fields[name]))
  const found = so.map(wrong)
  if (so.length > 0 && !found.includes(undefined))
    return `${who}: ${found[0]} ${sighting.moved.includes(found[0] as string) ? 'is said to have moved, and has not' : 'has moved, and it is not said'}`
  return must(sighting.moved.length > 0 ? 'changed' : 'as_stored')
}

const ID = '(id)'

/** What two whole reads of a stream must show to have happened, and what a feed claims to tell of that and never named: `stream id`. */
export function untoldOf(o: {
  readonly feed: Feed
  readonly file: Pick<TwinFile, 'streams'>
  readonly before: ReadonlyMap<string, Truth>
  readonly after: ReadonlyMap<string, Truth>
  readonly named: readonly Named[]
}): readonly string[] {
  const { feed, file } = o
  return [...new Set(feed.names.map(({ stream }) => stream))].flatMap((stream) => {
    const of = file.streams[stream]?.of
    const [before, after] = [o.before.get(stream), o.after.get(stream)]
    if (of === undefined || before === undefined || after === undefined) return []
    const named = new Set(o.named.flatMap((one) => (one.feed === feed.name && one.of === of ? [one.id] : [])))
    return [...new Set([...before.keys(), ...after.keys()])].flatMap((id) => {
      const what = changeOf(before.get(id)?.[0], after.get(id)?.[0], feed.silent_on)
      return what === null || !feed.tells.includes(what) || named.has(id) ? [] : [`${stream} ${id} (${what})`]
    })
  })
}

function changeOf(
  before: JsonObject | undefined,
  after: JsonObject | undefined,
  silent_on: readonly string[],
): 'created' | 'updated' | 'deleted' | null {
  if (before === undefined || after === undefined) return before === after ? null : before === undefined ? 'created' : 'deleted'
  const moved = Object.keys(after).some((field) => !silent_on.includes(field) && !same(before[field], after[field]))
  return moved ? 'updated' : null
}

/** A field without a value is left out of the store. */
const same = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
