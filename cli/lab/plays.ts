/** The benches of this program: what a worker of the lab loads. */
import type { Bench, OpenBenches } from './types.ts'

export const openBenches: OpenBenches = async () => [] satisfies readonly Bench[]
