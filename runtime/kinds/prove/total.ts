import type { FromSchema } from 'json-schema-to-ts'
import type { Finding } from '../../types.ts'
import { grouped, holds, listed, missing, refutes, unstable } from '../finding.ts'
import type { ProofAnswer, ProveKind, ProveView } from '../kind.ts'
import { queryOf } from './parts/request.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'total' },
    path: { type: 'string', minLength: 1, description: 'Path of the total in the answer of the list.' },
    header: { type: 'string', minLength: 1, description: 'Response header that holds the total, instead of a path.' },
    probe: {
      type: 'object',
      description: 'The same list asked for one record: the total must stay.',
      properties: {
        query: { type: 'object', minProperties: 1, additionalProperties: { type: ['string', 'integer', 'boolean'] } },
      },
      required: ['query'],
      additionalProperties: false,
    },
  },
  required: ['kind'],
  oneOf: [{ required: ['path'] }, { required: ['header'] }],
  additionalProperties: false,
} as const

type Options = {
  readonly kind: 'total'
  readonly path?: string
  readonly header?: string
  readonly probe?: FromSchema<typeof schema.properties.probe>
}

const TOTAL = { check: 'total', item: 1, class: 'A' } as const
const PROBE = { check: 'total_probe', item: 2, class: 'A' } as const

/** The window that many search indexes stop at and report as their total; a list of exactly that size looks the same as a cut one. */
const INDEX_WINDOW = 10_000

/**
 * Items 1 and 2. The list's own total is a self-report: it confirms only if asking for one record leaves it as it was
 * (it is no echo of the page length) and the list spans more than one page.
 */
export const total: ProveKind<Options> = {
  kind: 'total',
  description: 'The list declares its own total: as many records came, and the total does not follow the page size.',
  schema,
  example: { kind: 'total', path: 'totalResults', probe: { query: { count: 1 } } },
  item: 1,
  class: 'A',
  can_confirm: true,
  asks: (options) =>
    options.probe === undefined ? [] : [{ ask: 'list_once', query: queryOf(options.probe.query), when: 'after' }],
  assess(options, view, answers) {
    const answer = answers.find((one) => one.ask === 'list_once')
    const probe = assessProbe(options, view, answer)
    return [assessTotal(view, probe), probe]
  },
}

function assessTotal(view: ProveView, probe: Finding): Finding {
  const { total, facts } = view
  const rows = listed(facts)
  const numbers = { total: total.last, listed: rows, stored: facts.stored, pages: facts.pages }
  if (total.broken !== null) {
    return missing(
      TOTAL,
      total.broken,
      numbers,
      'Correct the path of `total`: it must lead to a count in every answer of the list.',
    )
  }
  // One list may declare its total on the first page alone; of several, one that never did cannot be told from that.
  if (total.last === null || (total.missing > 0 && facts.partitions > 1)) {
    const because =
      total.last === null
        ? 'the list declared no total'
        : `${grouped(total.missing)} of ${grouped(facts.pages)} pages declared no total`
    return missing(
      TOTAL,
      because,
      numbers,
      'Declare another proof (count, second_pass): this target does not always give a total.',
    )
  }
  if (total.moved) return unstable(TOTAL, 'the declared total changed while the list was read', numbers)
  if (probe.facts['follows_page_size'] === true) {
    return missing(TOTAL, 'the declared total follows the page size, so it says nothing', numbers, OTHER_PROOF)
  }
  if (total.last !== rows) {
    const because = `the list declares ${grouped(total.last)} records, ${grouped(rows)} came`
    return refutes(
      TOTAL,
      because,
      numbers,
      "Read again; if the difference stays, ask the target's administrator what the list leaves out.",
    )
  }
  const spans = facts.pages > facts.partitions
  const confirms = probe.result === 'holds' && spans && total.last !== INDEX_WINDOW
  const because = `the declared total ${grouped(total.last)} is what came`
  return holds(TOTAL, confirms ? because : `${because}; ${whyNot(probe, spans)}`, numbers, confirms)
}

function whyNot(probe: Finding, spans: boolean): string {
  if (!spans) return 'on a single page that may be an echo of the page length'
  if (probe.result !== 'holds') return 'unprobed, it proves nothing by itself'
  return `${grouped(INDEX_WINDOW)} is where search indexes stop counting, so it proves nothing by itself`
}

function assessProbe(options: Options, view: ProveView, answer: Extract<ProofAnswer, { ask: 'list_once' }> | undefined): Finding {
  const { last, moved } = view.total
  if (options.probe === undefined) {
    return missing(
      PROBE,
      'no probe of the total is declared',
      {},
      'Declare `probe: { query: … }` on `total`: the same list asked for one record.',
    )
  }
  if (answer === undefined || answer.failed !== null) {
    return missing(
      PROBE,
      `the probe of the total was not answered: ${answer?.failed ?? 'not asked'}`,
      {},
      'Read again; if it stays unanswered, correct the query of `probe`.',
    )
  }
  const numbers = { total: last, probed: answer.total, received: answer.received }
  if (answer.total === null || last === null) return missing(PROBE, 'the probed answer declares no total', numbers, OTHER_PROOF)
  if (answer.total === answer.received) {
    // Equal to the page's length: an echo, unless the whole (probed) list is no longer than that page; then nothing can be told.
    if (answer.total === last || view.facts.partitions > 1) {
      return missing(PROBE, 'the list is no longer than the probed page, so the probe tells nothing', numbers, OTHER_PROOF)
    }
    const because = `asked for fewer records the total became ${grouped(answer.total)}`
    return missing(PROBE, because, { ...numbers, follows_page_size: true }, OTHER_PROOF)
  }
  if (answer.total === last) return holds(PROBE, 'the total stays when fewer records are asked for', numbers, false)
  if (view.facts.partitions > 1)
    return missing(PROBE, 'the probe saw one of several lists, so its total cannot be compared', numbers, OTHER_PROOF)
  if (moved) return missing(PROBE, 'the total moves, so the probe tells nothing', numbers, OTHER_PROOF)
  return unstable(PROBE, `the total was ${grouped(last)} during the read and ${grouped(answer.total)} when probed`, numbers)
}

const OTHER_PROOF = 'Declare a proof that does not come from the list itself: count, second_pass, by_id or canaries.'
