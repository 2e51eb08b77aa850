import type { Find, Played } from './play.ts'

/** Of each kind; `FUZZ=1000` for a quick look. The seed stands still so that a red run stays red; `npm run fuzz` takes another each time. */
export const CASES = Number(process.env['FUZZ'] ?? 100_000)
export const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_121)

/** The line for the log of CI; the finds. */
export function told(what: string, { taken, refused, finds }: Played): readonly Find[] {
  console.log(
    `fuzz, ${what}: ${taken + refused + finds.length} cases, ${taken} taken, ${refused} refused, ${finds.length} crashes or unplaced errors`,
  )
  return finds
}
