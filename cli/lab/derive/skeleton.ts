/** What was derived, as a twin file that a person goes on with. */
import { stringify } from 'yaml'
import type { TwinFile } from '../twin/types.ts'

export function skeleton(file: TwinFile, assumed: readonly string[]): string {
  const { not_played = {}, ...rest } = file
  const missing = Object.entries(not_played).map(([name, because]) => `#   ${name}: ${because}`)
  return [
    `# What ${file.twin}.yaml does not tell of its target. Derived from the connector alone: nothing here was read at the vendor's, and each fact that`,
    '# you put in its place needs its `source`. The keys: cli/lab/twins/README.md',
    '#',
    '# Assumed:',
    ...assumed.map((line) => `#   ${line}`),
    ...(missing.length === 0 ? [] : ['#', '# Not played:', ...missing]),
    '',
    stringify({ ...rest, ...(missing.length === 0 ? {} : { not_played }) }, { lineWidth: 140, aliasDuplicateObjects: false }),
  ].join('\n')
}
