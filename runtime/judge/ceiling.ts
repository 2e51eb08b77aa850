/** The best verdict each stream can ever reach, from the YAML alone, and what carries it. Pure. */
import { pages } from '../kinds/pages/index.ts'
import { prove } from '../kinds/prove/index.ts'
import { sameQuestion } from '../kinds/prove/parts/otherwise.ts'
import { queryOf } from '../kinds/prove/parts/request.ts'
import type { Ceiling, Connector, JsonObject, KindOptions, RequestSpec, Stream, Verdict } from '../types.ts'

/** One entry a stream, parents first. `planted`: streams that the operator's connection names canaries for, whatever the author declared. */
export function ceiling(connector: Connector, planted: readonly string[] = []): readonly Ceiling[] {
  const known = new Map<string, Ceiling>()
  const visit = (name: string, path: readonly string[]): Ceiling => {
    const before = known.get(name)
    if (before !== undefined) return before
    const stream = connector.streams[name] as Stream
    const parents = Object.values(stream.each)
      .flatMap((each) => (each.from === 'stream' ? [each.stream] : []))
      .filter((parent) => connector.streams[parent] !== undefined && !path.includes(parent))
    const found = ofStream(
      connector,
      stream,
      parents.map((parent) => visit(parent, [...path, name])),
      planted.includes(name),
    )
    known.set(name, found)
    return found
  }
  return [...new Set([...connector.order, ...Object.keys(connector.streams)])]
    .filter((name) => Object.hasOwn(connector.streams, name))
    .map((name) => visit(name, []))
}

/** A verdict above its ceiling is lowered: the connector cannot carry it. */
export function boundByCeiling(verdict: Verdict, ceiling: Ceiling): Verdict {
  if (verdict.is !== 'complete' || ceiling.best === 'complete') return verdict
  const because = ['unproven', `above what the connector can prove of ${ceiling.stream}`, ...ceiling.because].join(' · ')
  return { ...verdict, is: 'unproven', because, next_steps: [...new Set([...ceiling.needs, ...verdict.next_steps])] }
}

function ofStream(connector: Connector, stream: Stream, parents: readonly Ceiling[], planted: boolean): Ceiling {
  const base = { stream: stream.name, is: stream.is }
  const words = wordsOf(stream, planted)
  const usable = words.filter((word) => word.lacks === null)
  const lacking = words.flatMap((word) => (word.lacks === null ? [] : [`${word.kind}: ${word.lacks}`]))
  const low = parents.filter((parent) => parent.best !== 'complete')
  if (low.length > 0) {
    const names = low.map((parent) => parent.stream).join(', ')
    return {
      ...base,
      best: 'unproven',
      because: [`it is read below ${names}, which can never be proven`],
      needs: [`Make ${names} provable first.`],
    }
  }
  if (usable.length === 0) {
    const because = ['nothing independent of the list can confirm it', ...lacking]
    return { ...base, best: 'unproven', because, needs: [PROVE_IT] }
  }
  const numbered = numberedPages(stream, usable)
  if (numbered === 'one_page' && usable.every((word) => word.kind === 'total')) {
    const because = ['a total says something only beyond one page, and rows can shift between numbered pages unseen']
    return { ...base, best: 'unproven', because, needs: [SEAMS] }
  }
  return {
    ...base,
    best: 'complete',
    because: [...usable.map((word) => word.says), ...lacking],
    needs: [
      ...(connector.scope_proof.length > 0
        ? []
        : ['An attestation of scope by the operator: the connector has no `scope_proof`.']),
      ...(numbered === 'one_page' ? [`A list of one page. Beyond it: ${SEAMS}`] : []),
      ...usable.flatMap((word) => word.needs),
    ],
  }
}

const PROVE_IT = 'Declare one of count, second_pass, by_id or two_path (with `get`), canaries, or a total with a probe.'
const SEAMS = 'Page with `overlap: 1`, declare a second_pass, or `sorted_by` with a count or total.'

type UsableWord = {
  readonly kind: string
  readonly says: string
  readonly lacks: string | null
  readonly needs: readonly string[]
}

/** The words that may confirm; `lacks`: what keeps this one from ever doing so here. */
function wordsOf(stream: Stream, planted: boolean): readonly UsableWord[] {
  // The read room asks for the last snapshot's missing ids wherever the target can answer, declared or not.
  const declared = stream.prove.some((options) => options.kind === 'by_id' && isOfSnapshot(options))
  const implied = stream.get === null || declared ? [] : [{ kind: 'by_id', of: 'last_snapshot' }]
  const canaries = planted && !stream.prove.some((options) => options.kind === 'canaries') ? [{ kind: 'canaries' }] : []
  return [...stream.prove, ...implied, ...canaries].flatMap((options) => {
    const word = prove[options.kind]
    return word?.can_confirm === true
      ? [{ kind: options.kind, says: `${options.kind}: ${word.description}`, ...conditions(stream, options) }]
      : []
  })
}

function conditions(stream: Stream, options: KindOptions): { readonly lacks: string | null; readonly needs: readonly string[] } {
  switch (options.kind) {
    case 'total':
      return options['probe'] === undefined
        ? { lacks: 'without a `probe` a total is only what the list says of itself', needs: [] }
        : { lacks: null, needs: [] }
    case 'by_id':
    case 'two_path':
      if (stream.get === null) return { lacks: 'the stream declares no `get`', needs: [] }
      return {
        lacks: null,
        needs: options.kind === 'by_id' && isOfSnapshot(options) ? ['by_id: an earlier snapshot, so not the first sync.'] : [],
      }
    case 'second_pass': {
      const query = queryOf((options['query'] ?? {}) as { readonly [name: string]: string })
      const list = (options['list'] ?? null) as RequestSpec | null
      return { lacks: sameQuestion(stream.list, stream.pages.kind !== 'none', { query, list }), needs: [] }
    }
    case 'canaries':
      return { lacks: null, needs: ['canaries: ids of planted accounts, named in the connection.'] }
    default:
      return { lacks: null, needs: [] }
  }
}

function isOfSnapshot(options: KindOptions): boolean {
  return (options['of'] ?? 'last_snapshot') === 'last_snapshot'
}

/** Where rows can shift between numbered pages: is it seen (`watched`), or is only a list of one page safe? */
function numberedPages(stream: Stream, usable: readonly UsableWord[]): 'not_numbered' | 'watched' | 'one_page' {
  const kind = pages[stream.pages.kind]
  if (kind === undefined || !kind.by_offset) return 'not_numbered'
  if (overlapOf(stream.pages, kind.schema) > 0 || usable.some((word) => word.kind === 'second_pass')) return 'watched'
  const sized = stream.prove.some((options) => ['total', 'count', 'count_per_parent'].includes(options.kind))
  return stream.sorted_by !== null && sized ? 'watched' : 'one_page'
}

function overlapOf(options: KindOptions, schema: JsonObject): number {
  const declared =
    options['overlap'] ??
    (schema['properties'] as { readonly overlap?: { readonly default?: number } } | undefined)?.overlap?.default
  return typeof declared === 'number' ? declared : 0
}
