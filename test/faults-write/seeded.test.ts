/**
 * Throws of the dice: any dialect, any action, up to two lies at once, a process that dies where it likes and is started again.
 * Nothing false may be called verified, nothing may happen twice, and an honest target is never blocked.
 * 400 in the suite; ROLLCALL_WRITE_RUNS=2000 for the measured number; ROLLCALL_WRITE_SEED=n replays one throw, with its history.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WRITE_DIALECT_NAMES, type WriteDialectName } from '../targets/write-server.ts'
import { asInactive, askOf } from './cases.ts'
import { type Throw, throwDice } from './dice.ts'
import { type Changed, change, type Lab, openLab, REPLICAS } from './lab.ts'
import { broken } from './law.ts'

const RUNS = Number(process.env['ROLLCALL_WRITE_RUNS'] ?? 400)
const ONLY = process.env['ROLLCALL_WRITE_SEED']
const FIRST = 1_000_000
const LOT = 100

const counts = {
  runs: 0,
  crashes: 0,
  mutations: 0,
  outcomes: {} as { [is: string]: number },
  fired: {} as { [fault: string]: number },
  verified_and_true: 0,
  late_truth: 0,
  honest: 0,
  false_blocks: 0,
  broken: 0,
}

describe(`${ONLY === undefined ? RUNS : 1} throws`, () => {
  const labs = new Map<WriteDialectName, Lab>()
  beforeAll(async () => {
    for (const dialect of WRITE_DIALECT_NAMES) labs.set(dialect, await openLab(dialect))
  })
  afterAll(async () => {
    for (const lab of labs.values()) await lab.close()
    const { runs } = counts
    process.stdout.write(
      `writes that lie: ${JSON.stringify(counts)}; 0 in ${runs} is a rate below ${(300 / Math.max(1, runs)).toFixed(2)} % (95 %)\n`,
    )
  })

  const seeds = ONLY === undefined ? Array.from({ length: RUNS }, (_, index) => FIRST + index) : [Number(ONLY)]
  const lots = Array.from({ length: Math.ceil(seeds.length / LOT) }, (_, lot) => seeds.slice(lot * LOT, (lot + 1) * LOT))
  test.each(lots.map((lot) => [lot[0]!, lot.at(-1)!, lot] as const))(
    '%i to %i',
    { timeout: 120_000 },
    async (_first, _last, lot) => {
      const wrong: string[] = []
      for (const seed of lot) {
        const dice = throwDice(seed)
        const lab = labs.get(dice.dialect)!
        const said = await play(lab, dice)
        if (said !== null) wrong.push(said)
      }
      expect(wrong.join('\n\n')).toBe('')
    },
  )
})

async function play(lab: Lab, dice: Throw): Promise<string | null> {
  lab.reset(dice.faults, dice.replicas === 'several' ? REPLICAS[dice.dialect] : 1)
  const asked = askOf(lab, dice.action, dice.who)
  lab.target.meddle(...asInactive(asked))
  let done: Changed
  try {
    done = await change(lab, asked, { dies_at: dice.dies_at, rests_s: dice.rests_s })
  } catch (error) {
    counts.broken++
    return `${told(dice)}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
  const found = broken(lab, done)
  count(done, dice)
  const blocked = dice.honest && done.outcome.is !== 'verified'
  if (blocked) counts.false_blocks++
  if (found.length > 0) counts.broken++
  if (ONLY !== undefined) process.stdout.write(`${told(dice)}\n${story(done)}\n`)
  if (found.length === 0 && !blocked) return null
  const why = [...found.map(({ law, because }) => `${law}: ${because}`), ...(blocked ? ['FALSE BLOCK'] : [])]
  return `${told(dice)}\n${why.join('\n')}\n${story(done)}`
}

function count(done: Changed, dice: Throw): void {
  counts.runs++
  counts.crashes += done.crashes
  counts.mutations += done.mutations.length
  counts.outcomes[done.outcome.is] = (counts.outcomes[done.outcome.is] ?? 0) + 1
  for (const [name, times] of Object.entries(done.fired)) if (times > 0) counts.fired[name] = (counts.fired[name] ?? 0) + 1
  const holds = done.outcome.facets.length > 0 && done.outcome.facets.every(({ facet }) => done.truth[facet] === true)
  if (done.outcome.is === 'verified' && holds) counts.verified_and_true++
  if (done.outcome.is !== 'verified' && holds) counts.late_truth++
  if (dice.honest) counts.honest++
}

const told = (dice: Throw) => `ROLLCALL_WRITE_SEED=${dice.seed} ${JSON.stringify({ ...dice, seed: undefined })}`
const story = (done: Changed) =>
  [
    `${done.outcome.is}: ${done.outcome.because}; truth ${JSON.stringify(done.truth)}, when verified ${JSON.stringify(done.when_verified)}`,
    ...done.lines,
    ...done.mutations.map((one) => `  ${one.status} ${one.line}`),
    ...done.effects.map((one) => `  effect ${one.by} ${one.request} ${JSON.stringify(one.change).slice(0, 120)}`),
  ].join('\n')
