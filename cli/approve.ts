import { existsSync } from 'node:fs'
import { Failure } from '../runtime/errors.ts'
import { NEEDS_OVERRIDE, samePerson } from '../runtime/govern/carry-out.ts'
import { planFrom } from '../runtime/govern/plan-file.ts'
import { fileText } from './apply-plan.ts'
import { COMMON, type CommandSpec, STORE } from './args.ts'
import { spanOf } from './changing.ts'
import { command } from './command.ts'
import { withStore } from './compose.ts'
import { named } from './inputs.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, plural, safe } from './text.ts'

const spec = {
  name: 'approve',
  about:
    'A second person approves a held plan: exactly this list, once, until the approval ends. Nobody approves a plan of their own.\nBest given the plan file: it is shown, and checked against its hash.',
  words: 'HASH|FILE',
  takes: [1, 1],
  flags: {
    by: { type: 'string', value: 'NAME', about: 'who approves' },
    for: { type: 'string', value: 'SPAN', about: 'how long it holds (default 1h, at most 7d)' },
    override: {
      type: 'string',
      multiple: true,
      value: 'BRAKE',
      about: `a brake that must be named to be released: ${[...NEEDS_OVERRIDE].join(', ')}; this once`,
    },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall approve plan.json --by "Lee Chan"', 'a plan one has read'],
    ['rollcall approve 3f6c… --by lee --override everybody --for 30m', 'by its whole hash, with a brake named'],
  ],
} as const satisfies CommandSpec

const HOUR = 3_600_000

export const run = command(spec, async ({ flags, words: [given = ''] }, io) => {
  const by = named('--by', 'NAME', 'approve', flags.by)
  const lasts_ms = spanOf('--for', flags.for, HOUR)
  if (lasts_ms > 168 * HOUR) throw new Failure('cli/usage', '--for', '--for takes at most 7d')
  const plan = existsSync(given) ? planFrom(fileText(given), safe(given)) : null
  const hash = plan?.hash ?? given
  if (!/^[0-9a-f]{64}$/.test(hash))
    throw new Failure('cli/usage', 'approve', 'give the plan file, or the whole hash of 64 characters that `rollcall plan` shows')
  for (const brake of flags.override.flatMap((text) => text.split(',')))
    if (!NEEDS_OVERRIDE.has(brake))
      throw new Failure(
        'cli/usage',
        '--override',
        `--override takes ${[...NEEDS_OVERRIDE].join(', ')}; any other brake is released by the approval itself`,
      )
  if (plan !== null && samePerson(plan.made_by, by))
    throw new Failure('plan/own-approval', hash, `${plan.made_by} made this plan, and nobody approves their own`)
  return withStore(flags.store, io, false, async (store) => {
    const at = new Date(io.now()).toISOString()
    const approval = {
      hash,
      by,
      at,
      expires_at: new Date(io.now() + lasts_ms).toISOString(),
      override: flags.override.length === 0 ? null : flags.override.join(','),
    }
    await store.approve(approval)
    if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'approve', ...approval }))
    else {
      const what = plan === null ? hash : `${plural(plan.items.length, 'change')} asked for by ${safe(plan.made_by)} (${hash})`
      io.out(`approved  ${what}, once, until ${approval.expires_at}\n`)
    }
    return EXIT.fine
  })
})
