import type { FromSchema } from 'json-schema-to-ts'
import { counted, grouped, holds, missing, refutes } from '../finding.ts'
import type { ProveKind } from '../kind.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'count_per_parent' },
    path: {
      type: 'string',
      pattern: '^[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*$',
      description: 'The variable of `each` and a field or `keep` of that parent holding its own count: `group.usersCount`.',
    },
    absent: {
      const: 'empty',
      description:
        'The target documents that it leaves the count out where it is 0: such a parent must come out empty, and another must be counted.',
    },
    at_least: {
      const: true,
      description:
        'The count may leave out some of what is in the list (people, not nested groups): fewer records than it refute, and as many or more confirm nothing.',
    },
  },
  required: ['kind', 'path'],
  additionalProperties: false,
} as const

const SAID = { check: 'count_per_parent', item: 3, class: 'B' } as const

/** Item 3 below a parent: the count each parent carries against the records read below it. */
export const countPerParent: ProveKind<FromSchema<typeof schema>> = {
  kind: 'count_per_parent',
  description: 'Each parent carries its own count, and as many records came below it.',
  schema,
  example: { kind: 'count_per_parent', path: 'group.usersCount' },
  item: 3,
  class: 'B',
  can_confirm: true,
  asks(options) {
    const [variable = '', field = ''] = options.path.split('.')
    return [{ ask: 'per_parent', variable, field, at_least: options.at_least === true }]
  },
  assess(options, _view, answers) {
    const answer = answers.find((one) => one.ask === 'per_parent')
    if (answer === undefined || answer.failed !== null) {
      return [
        missing(
          SAID,
          `the parents' counts were not compared: ${answer?.failed ?? 'not asked'}`,
          {},
          'Correct `path` of `count_per_parent`, or read the parents with the count kept.',
        ),
      ]
    }
    const { parents, equal, uncounted } = answer
    const differing = Math.max(answer.differing.length, parents - equal - uncounted)
    const numbers = { parents, equal, uncounted, differing, samples: answer.differing.slice(0, 5) }
    if (differing > 0) {
      const first = answer.differing[0]
      const named = first === undefined ? '' : `: ${first.parent} counts ${grouped(first.counted)}, ${grouped(first.read)} came`
      const because = `${counted(differing, 'parent counts', 'parents count')} otherwise than what came below${named}`
      return [refutes(SAID, because, numbers, 'Read again; if the difference stays, look at the named parents in the target.')]
    }
    // Where no parent at all is counted, the counts are simply not there.
    const unknown = options.absent === 'empty' && equal > 0 ? uncounted - answer.uncounted_empty : uncounted
    if (unknown > 0) {
      return [
        missing(
          SAID,
          `${counted(unknown, 'parent carries', 'parents carry')} no count`,
          numbers,
          `Make the list of parents ask for \`${options.path}\` and keep it.`,
        ),
      ]
    }
    if (parents === 0) {
      // Whether that is believed depends on the parents' own verdict, which the judge knows.
      return [holds(SAID, 'there are no parents, so nothing below them', numbers, false)]
    }
    if (options.at_least === true)
      return [holds(SAID, `below each of ${counted(parents, 'parent', 'parents')} no less came than it counts`, numbers, false)]
    return [holds(SAID, `each of ${counted(parents, 'parent', 'parents')} counts what came below it`, numbers, true)]
  },
}
