/** A bench whose runs are made up from the seed: what the lab does with runs is tested without a twin. Loaded by workers too. */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Bench, PolicyRun, Run, Said, Scenario, Side, Wanted } from '../../cli/lab/types.ts'

const scenario = (
  name: string,
  side: Side,
  kind: Scenario['class'],
  expected: readonly Said[],
  says = `what ${name} does`,
): Scenario => ({
  name,
  side,
  class: kind,
  says,
  expected,
})

const READS = [
  scenario('R1', 'read', 'faulty', ['incomplete', 'unproven']),
  scenario('R3', 'read', 'faulty', ['incomplete', 'unproven']),
  scenario('R10/early', 'read', 'faulty', ['complete', 'incomplete']),
  scenario('R13', 'read', 'odd', ['complete']),
  scenario('honest', 'read', 'honest', ['complete']),
]
const WRITES = [scenario('W1', 'write', 'faulty', ['refuted']), scenario('honest', 'write', 'honest', ['verified'])]

/** `trouble` scenarios are there only where a test asks for them by the file of a connector. */
const TROUBLE: { readonly [name: string]: Scenario } = {
  lies: scenario('R2', 'read', 'faulty', ['incomplete']),
  blocks: scenario('R14', 'read', 'odd', ['complete']),
  hangs: scenario('R9', 'read', 'faulty', ['incomplete']),
  dies: scenario('R18', 'read', 'faulty', ['incomplete']),
  throws: scenario('R17', 'read', 'faulty', ['incomplete']),
  silent: scenario('R30', 'read', 'faulty', ['incomplete']),
  unsteady: scenario('R34', 'read', 'odd', ['complete']),
}

/** What a read hangs on, judged again. */
const ASKED = ['total', 'count', 'second_pass', 'by_id']
const HANGS: { readonly [scenario: string]: Pick<Run, 'asked' | 'named' | 'escapes' | 'carried_by'> } = {
  R1: { asked: ASKED, escapes: ['second_pass'], carried_by: [] },
  R3: { asked: ASKED, named: ['by_id', 'count'], escapes: ['by_id+count'], carried_by: [] },
  honest: { asked: ASKED, escapes: [], carried_by: ['second_pass'] },
}

/** Of a run: what a scenario name, a dialect, a seed and the items that are off make of it. */
function made(dialect: string, one: Scenario, seed: number, off: readonly string[]): Run {
  const roll = createHash('sha256').update(`${one.name} ${dialect} ${seed}`).digest()
  const capped = dialect === 'mute'
  const healed = one.name === 'R10/early' && (roll[0] as number) % 2 === 0
  const escapes = one.name === 'R1' && off.includes('second_pass')
  const wrong = one.name === 'R2' || escapes
  const yes: Said = one.side === 'read' ? 'complete' : 'verified'
  const no: Said = capped ? 'unproven' : one.side === 'read' ? 'incomplete' : 'refuted'
  const blocked = one.name === 'R14'
  const said = one.class === 'faulty' ? (wrong || healed ? yes : no) : blocked ? 'incomplete' : capped ? 'unproven' : yes
  const struck = one.name === 'R30' || (one.class === 'faulty' && (roll[1] as number) % 8 === 0) ? 0 : 1
  return {
    scenario: one.name,
    side: one.side,
    class: one.class,
    dialect,
    seed,
    population: (roll[2] as number) % 60,
    fired: one.class === 'faulty' ? { [one.name]: struck } : {},
    counts: one.class !== 'faulty' || struck > 0,
    said,
    because: `because of ${one.name}`,
    expected: capped ? [...one.expected, 'unproven'] : one.expected,
    false_success: wrong,
    false_block: blocked,
    noticed: one.class === 'faulty' && said !== yes,
    differs: wrong ? ['<b>u1</b> missing', 'u2\u202e missing'] : [],
    requests: off.includes('second_pass') ? 6 : 10,
    requests_bare: 5,
    ...(one.side === 'write' || off.length > 0 ? {} : HANGS[one.name]),
    ms: roll[3] as number,
    // Another one in each process.
    log: one.name === 'R34' ? String(process.pid) : roll.toString('hex'),
  }
}

function policyRun(policy: string, dialect: string, one: Scenario, seed: number): PolicyRun {
  const { name, side, class: kind } = one
  const faulty = kind === 'faulty'
  return {
    policy,
    scenario: name,
    side,
    class: kind,
    dialect,
    seed,
    said: 'success',
    false_success: faulty && name !== 'R10/early',
    false_block: false,
  }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** `file`: `NAME` or `a/path/NAME.yaml` of TROUBLE, or null. */
export async function openBenches({ file }: Pick<Wanted, 'file'>): Promise<readonly Bench[]> {
  const name = file === null ? '' : basename(file, '.yaml')
  if (name === 'never') throw new Error('no bench')
  const trouble = TROUBLE[name] === undefined ? [] : [TROUBLE[name]]
  const bench = (side: Side, dialects: readonly string[], scenarios: readonly Scenario[]): Bench => ({
    side,
    dialects,
    scenarios: () => scenarios,
    play: async (dialect, one, seed, options = {}) => {
      // Uneven, so that two workers never end in the order in which they began.
      await wait(seed % 4)
      if (one.name === 'R9') await wait(60_000)
      if (one.name === 'R18') process.exit(7)
      if (one.name === 'R17') throw new Error('a planted fault')
      options.onExchange?.({
        method: 'GET',
        url: '/users?limit=7',
        status: 200,
        sent: null,
        answer: '{"data":[]}\u001b[31m',
        faults: one.class === 'faulty' ? [one.name] : [],
      })
      return made(dialect, one, seed, options.off ?? [])
    },
    policies: async (dialect, one, seed) => [
      policyRun(side === 'read' ? 'loop until no next' : 'status means success', dialect, one, seed),
    ],
    unplayed: (dialect) => (dialect === 'mute' && side === 'read' ? ['stream groups: nothing is known of it'] : []),
    close: async () => undefined,
  })
  return [bench('read', ['alpha', 'alpha/two', 'mute'], [...READS, ...trouble]), bench('write', ['alpha'], WRITES)]
}
