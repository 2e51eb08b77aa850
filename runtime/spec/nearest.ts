/** Did you mean …? Optimal string alignment distance: one for an insertion, deletion, substitution or swap of neighbours. */

/** The candidate closest to `word`, or null where none is close enough. Of equals the first wins: put likelier ones first. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const wanted = fold(word)
  let best: string | null = null
  let least = Math.max(1, Math.min(3, Math.floor(word.length / 3))) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > 3 + 3) continue
    const folded = fold(candidate)
    const apart = folded === wanted ? 0 : distance(wanted, folded)
    if (apart >= Math.max(wanted.length, folded.length)) continue
    if (apart < least) [best, least] = [candidate, apart]
  }
  return best
}

/** `did you mean …?` or null. */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const found = nearest(word, candidates)
  return found === null ? null : `did you mean \`${found}\`?`
}

/** user_name, user-name and userName are one word to a person. */
function fold(word: string): string {
  return word
    .slice(0, 80)
    .replace(/[_\-. ]/g, '')
    .toLowerCase()
}

export function distance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1)
      row.push(least)
    }
    before = above
    above = row
  }
  return above[b.length]!
}
