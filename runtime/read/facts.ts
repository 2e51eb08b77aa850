/** Page facts folded into a read's facts. Pure data in, plain accumulators; the same fold serves a fresh and a resumed read. */
import type { Bareness } from '../judge/bare-pages.ts'
import type { DeclaredTotal } from '../kinds/kind.ts'
import type { Gap, PageFacts, PageRow, ReadFacts } from '../types.ts'

const SAMPLES = 5
/** Gaps are named one by one up to here: each is as long as what the target said, and there may be one a parent. */
const NAMED_GAPS = 100
const NAMED_BROKEN = 20

type OpenPartition = { total: number | null; moved: boolean; empty_run: number }

export type Fold = {
  pages: number
  /** Partitions begun, by their key, until they close. */
  readonly open: Map<string, OpenPartition>
  closed: number
  ended: number
  readonly marks: Set<string>
  readonly broken: { partition: string; code: string; because: string }[]
  readonly gaps: Gap[]
  more_gaps: number
  fetched: number
  stored: number
  stitched: number
  repeated: number
  readonly filtered: Record<string, number>
  readonly quarantined: Record<string, number>
  created: number
  updated: number
  readonly filled: Record<string, number>
  /** The same by page: on which pages a field is on no record at all. */
  readonly bare: Map<string, Bareness>
  readonly stitches: { held: number; differed: number }
  readonly order: { held: number; violated: number }
  same_bodies: number
  mixed_case: number
  longest_empty_run: number
  readonly samples: { repeated: string[]; quarantined: string[] }
  requests: number
  readonly total: { last: number | null; moved: boolean; missing: number; broken: string | null }
  /** Records a partition gave, stitched rows aside; kept only where a proof counts per parent. */
  readonly per_partition: Map<string, number> | null
  /** Rows of the longest page of each partition; kept only where a second pass asks for other pages. */
  readonly longest_page: Map<string, number> | null
}

export function newFold(keep: { readonly per_partition: boolean; readonly longest_page: boolean }): Fold {
  return {
    pages: 0,
    open: new Map(),
    closed: 0,
    ended: 0,
    marks: new Set(),
    broken: [],
    gaps: [],
    more_gaps: 0,
    fetched: 0,
    stored: 0,
    stitched: 0,
    repeated: 0,
    filtered: {},
    quarantined: {},
    created: 0,
    updated: 0,
    filled: {},
    bare: new Map(),
    stitches: { held: 0, differed: 0 },
    order: { held: 0, violated: 0 },
    same_bodies: 0,
    mixed_case: 0,
    longest_empty_run: 0,
    samples: { repeated: [], quarantined: [] },
    requests: 0,
    total: { last: null, moved: false, missing: 0, broken: null },
    per_partition: keep.per_partition ? new Map() : null,
    longest_page: keep.longest_page ? new Map() : null,
  }
}

/** `declares_total`: the stream says where the list's own total lies. */
export function foldPage(fold: Fold, page: PageRow, declares_total: boolean): void {
  const { facts } = page
  const part = fold.open.get(page.partition) ?? { total: null, moved: false, empty_run: 0 }
  fold.open.set(page.partition, part)
  fold.pages++
  for (const name of ['fetched', 'stored', 'stitched', 'repeated', 'created', 'updated', 'requests', 'mixed_case'] as const)
    fold[name] += facts[name]
  addAll(fold.filtered, facts.filtered)
  addAll(fold.quarantined, facts.quarantined)
  addAll(fold.filled, facts.filled)
  foldBare(fold.bare, facts)
  if (facts.stitch !== 'not_asked') fold.stitches[facts.stitch]++
  if (facts.order !== 'not_declared') fold.order[facts.order]++
  if (facts.same_body) fold.same_bodies++
  for (const name of ['repeated', 'quarantined'] as const) {
    for (const id of facts.samples[name]) if (fold.samples[name].length < SAMPLES) fold.samples[name].push(id)
  }
  part.empty_run = facts.fetched === 0 ? part.empty_run + 1 : 0
  fold.longest_empty_run = Math.max(fold.longest_empty_run, part.empty_run)
  fold.per_partition?.set(page.partition, (fold.per_partition.get(page.partition) ?? 0) + facts.fetched - facts.stitched)
  fold.longest_page?.set(page.partition, Math.max(fold.longest_page.get(page.partition) ?? 0, facts.fetched))
  if (page.gap !== null) {
    if (fold.gaps.length < NAMED_GAPS) fold.gaps.push(page.gap)
    else fold.more_gaps++
  }
  if (declares_total && page.gap === null) foldTotal(fold, part, facts)
  if (page.next.kind !== 'page') close(fold, page, part)
}

function foldBare(bare: Fold['bare'], facts: PageFacts): void {
  const rows = facts.stored + facts.repeated
  if (rows === 0) return
  for (const field in facts.filled) {
    const filled = facts.filled[field] as number
    const known = bare.get(field) ?? { bare: 0, rest: 0, rest_filled: 0 }
    const page =
      filled === 0
        ? { ...known, bare: known.bare + rows }
        : { ...known, rest: known.rest + rows, rest_filled: known.rest_filled + filled }
    bare.set(field, page)
  }
}

function foldTotal(fold: Fold, part: OpenPartition, facts: PageFacts): void {
  if (facts.total_broken !== null) fold.total.broken ??= facts.total_broken
  if (facts.total === null) fold.total.missing++
  else {
    if (part.total !== null && part.total !== facts.total) part.moved = true
    part.total = facts.total
  }
}

function close(fold: Fold, page: PageRow, part: OpenPartition): void {
  fold.open.delete(page.partition)
  fold.closed++
  if (part.total !== null) fold.total.last = (fold.total.last ?? 0) + part.total
  fold.total.moved ||= part.moved
  if (page.next.kind === 'end') {
    fold.ended++
    fold.marks.add(page.next.mark)
  }
  if (page.next.kind === 'broken' && fold.broken.length < NAMED_BROKEN)
    fold.broken.push({ partition: page.partition, code: page.next.code, because: page.next.because })
}

function addAll(into: Record<string, number>, more: { readonly [name: string]: number }): void {
  for (const name in more) into[name] = (into[name] ?? 0) + (more[name] as number)
}

export function declaredTotal(fold: Fold): DeclaredTotal {
  return { ...fold.total }
}

/** What the fold cannot know by itself. */
export type FactsBeside = Pick<
  ReadFacts,
  | 'stream'
  | 'is'
  | 'attempt'
  | 'started_at'
  | 'ended_at'
  | 'case_twins'
  | 'in_store'
  | 'by_offset'
  | 'parents'
  | 'floor'
  | 'required'
  | 'baseline'
>

/** Partitions still open are neither ended nor broken: a read that was stopped. */
export function readFacts(fold: Fold, beside: FactsBeside): ReadFacts {
  return {
    ...beside,
    pages: fold.pages,
    partitions: fold.closed + fold.open.size,
    ended: fold.ended,
    marks: [...fold.marks].sort(),
    broken: [...fold.broken],
    gaps: [...fold.gaps],
    more_gaps: fold.more_gaps,
    fetched: fold.fetched,
    stored: fold.stored,
    stitched: fold.stitched,
    repeated: fold.repeated,
    filtered: fold.filtered,
    quarantined: fold.quarantined,
    created: fold.created,
    updated: fold.updated,
    filled: fold.filled,
    stitches: { ...fold.stitches },
    order: { ...fold.order },
    same_bodies: fold.same_bodies,
    longest_empty_run: fold.longest_empty_run,
    samples: { repeated: [...fold.samples.repeated], quarantined: [...fold.samples.quarantined] },
    requests: fold.requests,
  }
}
