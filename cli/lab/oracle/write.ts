/**
 * What was said of a change beside what is so. Asks the world and the history of the world alone; what was answered over HTTP it never sees.
 * An outcome comes in as plain data.
 */

import type { Json } from '../../../runtime/types.ts'
import { scopeOf } from '../twin/template.ts'
import type { ActionPlay, Fact, Native, World } from '../twin/types.ts'

/** A change as it was asked for. */
export type Asked = {
  readonly action: string
  readonly id: string | null
  readonly input: { readonly [name: string]: Json }
  /** The subject's record before. */
  readonly record: Native | null
}
export type Holds = { readonly [facet: string]: boolean }
/** What held from this instant on, in every copy. */
export type Moment = { readonly at_ms: number; readonly holds: Holds }

export const scopeOfAsked = ({ id, input, record }: Asked) =>
  scopeOf({ ...(id === null ? {} : { id }), input, ...(record === null ? {} : { record }) })

export function factHolds(fact: Fact, world: World, scope: (name: string) => Json | undefined): boolean {
  const [how, of] = 'some' in fact ? ['some', fact.some] : 'none' in fact ? ['none', fact.none] : ['one', fact.one]
  const entries = world.collections.get(of)
  if (entries === undefined) throw new Error(`the twin has no collection ${of}`)
  let count = 0
  for (const entry of entries.values()) if (world.matches(of, entry, fact.where, scope)) count++
  return how === 'some' ? count > 0 : how === 'none' ? count === 0 : count === 1
}

/** Facet by facet: so in every copy. */
export function holdsIn(play: ActionPlay, worlds: readonly World[], asked: Asked): Holds {
  const scope = scopeOfAsked(asked)
  return Object.fromEntries(
    Object.entries(play.truth).map(([facet, facts]) => [
      facet,
      worlds.every((world) => facts.every((fact) => factHolds(fact, world, scope))),
    ]),
  )
}

// ---------------------------------------------------------------- the judgement

export type FacetSaid = { readonly facet: string; readonly is: string; readonly verified_at: string | null }
export type Told = { readonly is: string; readonly facets: readonly FacetSaid[]; readonly at_ms: number }

export type Judged = {
  /** `verified`, whole or a facet, and it was not so; or it was undone and nobody ever said so. */
  readonly false_success: boolean
  readonly differs: readonly string[]
}

/**
 * `told`: every outcome in order, the last is what stands in the end. `history`: what held since when, oldest first.
 * A facet may become untrue after it was verified, as long as the last word says something else of that very facet: `reverted` of another one
 * excuses nothing.
 * `spans_ms`: how long the looks of a facet take that are needed to agree. Copies are asked one after the other: what held in all of them at
 * one instant of that time was seen as it was, though the first one asked may have lost it again while the last one was asked.
 */
export function judgeWrite(
  told: readonly Told[],
  history: readonly Moment[],
  now: Holds,
  spans_ms: { readonly [facet: string]: number } = {},
): Judged {
  const differs: string[] = []
  for (const { is, facets, at_ms } of told) {
    if (is === 'verified' && facets.length === 0) differs.push('verified without a facet')
    for (const one of facets) {
      if (is === 'verified' && one.is !== 'verified') differs.push(`verified although ${one.facet} is ${one.is}`)
      if (one.is !== 'verified') continue
      if (!(one.facet in now)) differs.push(`${one.facet} is verified and the lab has no truth for it`)
      // A look that says so at its instant; rechecks keep the instant of the first.
      else if (!heldAt(history, one, at_ms, spans_ms[one.facet] ?? 0))
        differs.push(`${one.facet} was not so when it was verified`)
    }
  }
  const last = told.at(-1)
  for (const one of last?.facets ?? [])
    if (one.is === 'verified' && one.facet in now && now[one.facet] !== true)
      differs.push(`${one.facet} was undone, and nothing says so`)
  return { false_success: differs.length > 0, differs: [...new Set(differs)].slice(0, 5) }
}

function heldAt(history: readonly Moment[], { facet, verified_at }: FacetSaid, told_ms: number, span_ms: number): boolean {
  const at = verified_at === null ? told_ms : Date.parse(verified_at)
  const from = at - span_ms
  const first = history.findLast((one) => one.at_ms <= from) ?? history[0]
  const since = history.filter((one) => one.at_ms > from && one.at_ms <= at)
  return [first, ...since].some((one) => one?.holds[facet] === true)
}

/** What is late must have been told as it was at the deadline first, what is undone as done: one of each of `passes`, in this order. */
export function notTold(passes: readonly (readonly string[])[], told: readonly Pick<Told, 'is'>[]): readonly string[] {
  const left = told.reduce((rest, { is }) => (rest[0]?.includes(is) === true ? rest.slice(1) : rest), passes)
  return left.map((said) => `NOT TOLD ON THE WAY: ${said.join(' or ')}`)
}

/** What only takes its time is looked at, and not asked for again. */
export function sentTwice(mutations: readonly { readonly method: string; readonly url: string }[]): readonly string[] {
  const lines = mutations.map(({ method, url }) => `${method} ${url}`)
  return lines.filter((line, place) => lines.indexOf(line) !== place).map((line) => `SENT TWICE: ${line}`)
}

/** Requests that would have changed somebody else at an honest target, told by the ids of the changed record and of what it ties together. */
export function aboutOthers(
  meant: readonly {
    readonly request: number
    readonly change: { readonly do: string; readonly of: string }
    readonly about: readonly string[]
  }[],
  asked: Asked,
  subject: string | null,
): readonly string[] {
  if (subject === null) return []
  const own = new Set([subject, asked.id, ...Object.values(asked.input).map(String)])
  return meant.flatMap(({ request, change, about }) =>
    about.some((id) => own.has(id)) || change.do === 'put'
      ? []
      : [`request ${request} would ${change.do} ${change.of}/${about[0]}`],
  )
}
