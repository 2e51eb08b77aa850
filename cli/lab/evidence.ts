/**
 * The evidence items that can be switched off, by the name of their check: what `--without` takes. truth.md part 1.
 * `confirmation` is the demand that something which does not come from the list speaks for it.
 */
export const EVIDENCE = {
  gaps: 'every page, row or resource that was skipped is named and counts',
  terminal_page: 'item 4: the list ends where its API declares its end',
  unique_ids: 'item 5: no id twice',
  no_loop: 'item 6: no position and no page twice',
  stitching: 'item 7: numbered pages overlap, and the overlap agrees',
  order: 'item 8: the declared order holds',
  conservation: 'item 17: every row is stored, filtered or kept aside',
  ledger: 'item 20: pages lead to stored rows',
  case_twins: 'ids that differ by case alone are kept aside',
  parents: 'the lists above are complete',
  closure: 'item 9: what edges name is there',
  named_by_edges: 'item 9: what edges name and the list leaves out is asked by id',
  total: "item 1: the list's own total",
  total_probe: 'item 2: the total stays when one record is asked for',
  count: 'item 3: a count from elsewhere',
  count_per_parent: "item 3: each parent's own count of what is below it",
  second_pass: 'item 10: the whole list again, with another page size or order',
  by_id: 'item 11: known ids asked one by one',
  two_path: 'item 12: another list of the same',
  canaries: 'item 14: planted accounts are there',
  known_account: "item 14: the credential's own account is there",
  scope_proof: 'item 16: the credential is shown to see everyone',
  scope_attested: 'item 16: a dated word of a person that it does',
  drop: 'item 13: far fewer than last time holds removals',
  fields: 'item 18: fields are filled',
  field_fall: 'item 18: fields are filled less often than last time',
  bare_pages: 'item 18: a field that whole pages lack, and nearly all others have, is asked for by id',
  freshness: 'item 19: the read is recent',
  fingerprint: 'item 21: connector and credential are those of the baseline',
  confirmation: 'something that does not come from the list confirms it',
} as const satisfies { readonly [check: string]: string }

/** Those that are asked of the target beside the list, or need it to be asked: what they are worth decides whether they are asked. */
export const COSTLY = [
  'total',
  'total_probe',
  'count',
  'count_per_parent',
  'second_pass',
  'by_id',
  'two_path',
  'canaries',
  'known_account',
  'scope_proof',
] as const satisfies readonly (keyof typeof EVIDENCE)[]

export const isCostly = (item: string): boolean => COSTLY.some((one) => one === item)

/** A total that is not asked for is not probed either. */
const GOES_WITH: { readonly [item: string]: readonly string[] } = { total: ['total_probe'] }

/** The checks that are off where these items are. */
export const without = (items: readonly string[]): readonly string[] => [
  ...new Set(items.flatMap((item) => [item, ...(GOES_WITH[item] ?? [])])),
]
