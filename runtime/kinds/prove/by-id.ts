import type { FromSchema } from 'json-schema-to-ts'
import type { Finding, ReadFacts } from '../../types.ts'
import { counted, few, grouped, holds, missing, refutes, type Said } from '../finding.ts'
import type { ProofAnswer, ProveKind } from '../kind.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'by_id' },
    of: {
      type: 'string',
      minLength: 1,
      description: 'Where ids are known from: `last_snapshot`, or the name of a stream whose records name these.',
      default: 'last_snapshot',
    },
    field: {
      type: 'string',
      minLength: 1,
      description: 'With a stream: its field that names ids of this one.',
      default: 'account',
    },
    sample: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      description: 'At most so many absent ids are asked for.',
      default: 25,
    },
  },
  required: ['kind'],
  additionalProperties: false,
} as const

const SAID = { check: 'by_id', item: 11, class: 'D' } as const

/** Item 11: ids known from elsewhere that are not in the read, each asked for by id. One alive means that the list left it out. */
export const byId: ProveKind<FromSchema<typeof schema>> = {
  kind: 'by_id',
  description: 'Ids known from elsewhere are in the list, unless the target says by id that they are gone.',
  schema,
  example: { kind: 'by_id', of: 'last_snapshot', sample: 25 },
  item: 11,
  class: 'D',
  can_confirm: true,
  asks(options) {
    const of = options.of ?? 'last_snapshot'
    return [
      {
        ask: 'by_id',
        of: of === 'last_snapshot' ? of : { stream: of, field: options.field ?? 'account' },
        sample: options.sample ?? 25,
      },
    ]
  },
  assess(options, view, answers) {
    const of = options.of ?? 'last_snapshot'
    const frame = of === 'last_snapshot' ? 'the last snapshot' : of
    return [
      assessFrame(
        { ...SAID, frame, of },
        view.facts,
        answers.find((one) => one.ask === 'by_id'),
      ),
    ]
  },
}

/** A frame speaks for a list only if it holds half of it, or enough ids (60) to bound the missing share at 5 %. */
const ENOUGH_HITS = 60

/** Shared by the two words that hold a frame of ids against the read; `frame` is its name for people. */
export function assessFrame(
  from: Said & { readonly frame: string; readonly of: string },
  facts: ReadFacts,
  answer: Extract<ProofAnswer, { ask: 'by_id' }> | undefined,
): Finding {
  const said = { check: from.check, item: from.item, class: from.class }
  if (answer === undefined || answer.failed !== null) {
    return missing(
      said,
      `ids of ${from.frame} could not be asked for: ${answer?.failed ?? 'not asked'}`,
      { of: from.of },
      'Declare `get` on the stream, and read the stream that names the ids.',
    )
  }
  const { frame, in_read, absent, alive, gone, unanswered, control_alive } = answer
  const share = in_read === 0 ? 1 : Math.min(1, 3 / in_read)
  const numbers = {
    of: from.of,
    frame,
    in_read,
    absent,
    alive: alive.slice(0, 5),
    gone,
    unanswered,
    control_alive,
    missing_share_at_95: share,
  }
  if (alive.length > 0) {
    const because = `${counted(alive.length, 'id', 'ids')} of ${from.frame} ${alive.length === 1 ? 'is' : 'are'} alive by id and not in the list: ${few(alive)}`
    return refutes(said, because, numbers, 'Look at the named ids in the target: what makes the list leave them out?')
  }
  if (frame === 0)
    return missing(
      said,
      `${from.frame} names no ids to ask for`,
      numbers,
      'Sync again: then the last snapshot is there to compare with.',
    )
  const unasked = unanswered + Math.max(0, absent - gone - unanswered)
  if (unasked > 0) {
    const because = `${grouped(unasked)} of ${grouped(absent)} absent ids of ${from.frame} were not answered by id`
    return missing(said, because, numbers, 'Read again, or raise `sample`, until every absent id has an answer.')
  }
  if (absent > 0 && control_alive !== true) {
    const because = `${counted(gone, 'id is', 'ids are')} said to be gone, but the control, a record just listed, was not found alive by id either`
    return missing(
      said,
      because,
      numbers,
      'Check that the credential may read single records; without that, "not found" means nothing.',
    )
  }
  const bound = `of ${from.frame} at most ${Math.ceil(share * 100)} % is missing at 95 %`
  const confirms = in_read > 0 && (in_read >= ENOUGH_HITS || in_read * 2 >= facts.stored)
  const because = `${grouped(in_read)} ids of ${from.frame} are in the list${gone > 0 ? `, ${grouped(gone)} are gone` : ''}`
  return holds(
    said,
    confirms ? `${because}: ${bound}` : `${because}: too few of ${grouped(facts.stored)} to speak for the list`,
    numbers,
    confirms,
  )
}
