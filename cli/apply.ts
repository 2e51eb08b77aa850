import { Failure } from '../runtime/errors.ts'
import { APPLY, type ApplyFlags } from './apply-flags.ts'
import type { CommandSpec } from './args.ts'
import { command } from './command.ts'

const spec = {
  name: 'apply',
  about:
    'Changes a target, and looks whether it happened. What a target answers to a change is never taken as proof: only what is seen afterwards.\nExit 0: seen to be as asked, or so already. Exit 4: anything else. The same command goes on where one was interrupted; nothing is sent twice blindly.',
  words: '[NAME] [ACTION]',
  takes: [0, 2],
  flags: APPLY,
  examples: [
    [
      'rollcall apply acme deactivate_account --id 00u1 --by "Kim Park" --why "left on Friday"',
      'one change at a stored connection',
    ],
    [
      'rollcall apply --connector okta --set domain=acme.okta.com --secret token=env:OKTA_TOKEN --store ./data grant --id 00u1 --input group=00g7 --by kim --why "joins team 7" --json',
      'in one go, for a program',
    ],
    ['rollcall apply --plan plan.json --by kim', 'a plan, approved where it is held'],
    ['rollcall apply acme --resume', 'what was interrupted'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words }, io) => {
  if (flags.plan !== undefined) {
    refuse(flags, words, '--plan', ['connector', 'id', 'resume', 'dry-run', 'name'])
    return await (await import('./apply-plan.ts')).applyPlan(flags.plan, flags, io)
  }
  if (flags.resume) {
    refuse(flags, words.slice(1), '--resume', ['connector', 'id', 'dry-run', 'name'])
    const [name] = words
    if (name === undefined)
      throw new Failure('cli/usage', 'apply', 'say which connection to go on with: `rollcall apply NAME --resume`')
    return await (await import('./apply-resume.ts')).applyResume(name, flags, io)
  }
  const [name, action] = flags.connector === undefined ? [words[0], words[1]] : [undefined, words[0]]
  if (flags.connector !== undefined && words.length > 1)
    throw new Failure(
      'cli/usage',
      'apply',
      'with --connector there is only the ACTION: `rollcall apply --connector FILE … ACTION --id ID`',
    )
  if (action === undefined) {
    const what = words.length === 0 ? 'NAME and ACTION are missing' : 'ACTION is missing'
    throw new Failure(
      'cli/usage',
      'apply',
      `${what}; for example \`rollcall apply acme deactivate_account --id 00u1 --by NAME --why TEXT\``,
    )
  }
  return await (await import('./apply-one.ts')).applyOne(name, action, flags, io)
})

function refuse(flags: ApplyFlags, words: readonly string[], with_: string, names: readonly (keyof ApplyFlags)[]): void {
  const used = names.filter((name) => flags[name] !== undefined && flags[name] !== false).map((name) => `--${name}`)
  const extra = [...used, ...(flags.input.length > 0 ? ['--input'] : []), ...(words.length > 0 ? ['NAME or ACTION'] : [])]
  if (extra.length > 0)
    throw new Failure('cli/usage', with_, `${with_} says all there is to do; ${extra.join(', ')} cannot be given with it`)
}
