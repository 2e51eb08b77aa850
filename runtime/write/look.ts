/** One look at one facet: ask what the probe wants, let it say what that shows, keep what an auditor needs. */
import { Failure } from '../errors.ts'
import type { ProbeAnswer, ProbeKind, ProbeShows, ProbeView } from '../kinds/kind.ts'
import { probe } from '../kinds/probe/index.ts'
import type { Names } from '../record/request.ts'
import { fieldOf } from '../record/rows.ts'
import type { Facet, JsonObject, KindOptions, RequestSpec } from '../types.ts'
import type { Look } from '../write-types.ts'
import { askList, askOne, isObject } from './ask.ts'
import { type Control, controlList, controlOne } from './control.ts'
import { at, idOf, namesOf, type Work } from './work.ts'

/** `verify` counts the action's `verify` from 0. Never rejects for what a target does. */
export async function lookAt(work: Work, verify: number, phase: Look['phase']): Promise<Look> {
  const declared = work.act.action.verify[verify]
  if (declared === undefined) throw new Failure('write/unknown-action', `verify.${verify}`, 'the action has no such verify')
  const { facet, probe: options } = declared
  const word = probe[options.kind]
  if (word === undefined) throw new Failure('spec/unknown-kind', 'verify', `no such kind of probe: ${options.kind}`)
  const seen = await ask(work, word, options, facet)
  return {
    facet,
    verify,
    phase,
    at: at(work.ctx),
    where: seen.where,
    shows: seen.shows.shows,
    control: seen.control,
    rung: seen.shows.rung,
    because: seen.shows.because,
    digest: seen.digest,
    record: seen.record === null ? null : mapped(work, seen.record),
    residual_until: seen.shows.residual_until_ms === null ? null : new Date(seen.shows.residual_until_ms).toISOString(),
  }
}

type Seen = {
  readonly shows: ProbeShows
  readonly control: Control
  readonly where: string
  readonly digest: string | null
  readonly record: object | null
}

async function ask(work: Work, word: ProbeKind, options: KindOptions, facet: Facet): Promise<Seen> {
  const wanted = word.asks(options)
  const names = wanted.ask === 'nothing' ? namesOf(work) : await namesFor(work, wanted.request)
  switch (wanted.ask) {
    case 'nothing': {
      const shows = word.read(options, viewOf(work, facet), { ask: 'nothing' })
      return { shows, control: null, where: options.kind, digest: null, record: null }
    }
    case 'one': {
      const request = wanted.request === 'get' ? null : wanted.request
      const read = await askOne(work, request, names)
      const { digest, ...rest } = read
      const judged = await controlled(work, word, options, { ask: 'one', ...rest, control: null }, facet, () =>
        controlOne(work, request),
      )
      return { ...judged, where: whereOf(request ?? work.act.on.stream.get), digest, record: read.record }
    }
    case 'list': {
      const read = await askList(work, wanted, names)
      const { digest, ...rest } = read
      const judged = await controlled(work, word, options, { ask: 'list', ...rest, control: null }, facet, () =>
        controlList(work, wanted, read.records, (id, records) => holds(viewOf(work, facet), word, options, id, records)),
      )
      return { ...judged, where: whereOf(wanted.request), digest, record: null }
    }
  }
}

/** At a recheck and after a restart the record of the look before is not at hand: a path that names part of it takes today's. */
async function namesFor(work: Work, request: RequestSpec | 'get'): Promise<Names> {
  const names = namesOf(work)
  if (work.before !== null || names['id'] === null || !JSON.stringify(request).includes('{record.')) return names
  const read = await askOne(work, work.act.action.before, names)
  const record = read.record ?? (read.failed === null && read.status < 400 ? work.act.on.get_record(read.body) : null)
  return isObject(record) ? { ...names, record } : names
}

type Controllable = Exclude<ProbeAnswer, { ask: 'nothing' }>

/** A control costs requests, so it is asked only where it decides what the look shows; and after the look, so that it covers it. */
async function controlled(
  work: Work,
  word: ProbeKind,
  options: KindOptions,
  answer: Controllable,
  facet: Facet,
  control: () => Promise<Control>,
): Promise<{ readonly shows: ProbeShows; readonly control: Control }> {
  const view = viewOf(work, facet)
  const alone = word.read(options, view, answer)
  if (word.read(options, view, { ...answer, control: 'alive' }).shows === alone.shows) return { shows: alone, control: null }
  const asked = await control()
  return { shows: word.read(options, view, { ...answer, control: asked }), control: asked }
}

/** Asked on behalf of another object the probe says that this one is in the list; `listed` does so whatever state it is listed in. */
function holds(
  view: ProbeView,
  word: ProbeKind,
  options: Parameters<ProbeKind['read']>[0],
  id: string,
  records: readonly unknown[],
): boolean {
  const answer = { ask: 'list', records, whole: true, failed: null, control: 'alive' } as const
  const { shows } = word.read(options, { ...view, vars: { ...view.vars, id } }, answer)
  return shows === 'other' || (shows === 'asked' && word.kind === 'listed')
}

function viewOf(work: Work, facet: Facet): ProbeView {
  const names = namesOf(work)
  const steps = work.act.action.steps.filter((step) => step.facets.includes(facet)).map((step) => step.name)
  // The first try counts: where that one was applied and its answer lost, what it left is older than the second.
  const sent = work.events.find((event) => event.kind === 'sending' && (steps.length === 0 || steps.includes(event.step)))
  return {
    vars: { id: idOf(work), input: names['input'], settings: names['settings'], before: work.before },
    sent_at_ms: sent === undefined ? null : Date.parse(sent.at),
    now_ms: work.ctx.now(),
  }
}

const whereOf = (spec: RequestSpec | null): string => (spec === null ? 'get' : `${spec.method} ${spec.path}`)

/** The record in our fields; one that cannot be mapped is left out, as it would be in the look it is compared with. */
export function mapped(work: Work, record: object): JsonObject {
  const names = namesOf(work)
  const vars = { settings: names['settings'] }
  const entries = work.act.on.fields.flatMap((field) => {
    try {
      const value = fieldOf(field, record, vars)
      return value === undefined ? [] : [[field.name, value]]
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return []
    }
  })
  return Object.fromEntries(entries) as JsonObject
}
