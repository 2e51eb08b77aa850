/** The statement in words an auditor can quote. The same statement gives the same words. */
import type { StatedPart, Statement } from './statement.ts'

export function wordsOf(statement: Statement): string {
  const { name, certification, owner, opened, closed, frozen_at, decisions, actions, scope, waivers } = statement
  const reviewed = scope.filter((part) => part.reviewed)
  const population = reviewed.reduce((sum, part) => sum + part.frozen.in_scope, 0)
  const until = scope.map((part) => part.closed_upon.fresh_until).sort()[0] ?? closed.at
  const attested = scope.flatMap((part) => part.closed_upon.scope_shown_by.filter(({ check }) => check === 'scope_attested'))
  const lines = [
    `${plain(name)} (certification ${certification})`,
    `owner ${plain(owner)}`,
    `opened ${opened.at} by ${plain(opened.by)}: ${plain(opened.why)}`,
    `closed ${closed.at} by ${plain(closed.by)}: ${plain(closed.why)}`,
    '',
    'WHAT IS PROVEN',
    ...scope.flatMap(partLines),
    `* Every one of the ${records(population)} frozen for review at ${frozen_at} was decided: ${decisions.keep} kept, ${decisions.revoke} revoked.`,
    decisions.revoke === 0
      ? '* Nothing was revoked.'
      : `* ${actions.verified} of ${decisions.revoke} revocations were verified by fresh looks at the target after they were sent; an answer of the target alone counts for nothing.`,
    '',
    "WHAT RESTS ON SOMEBODY'S WORD",
    ...wordLines(
      scope,
      attested.map(({ because }) => because),
    ),
    '',
    'WHAT CAME SINCE',
    ...sinceLines(scope),
    '',
    'WHAT IS WAIVED',
    ...(waivers.length === 0
      ? ['* Nothing.']
      : waivers.map(
          (one) =>
            `* ${plain(one.connection)}${one.stream === '' ? '' : `/${plain(one.stream)}`}: ${plain(one.because)}. NOT PROVEN; waived by ${plain(one.by)} at the request of ${plain(one.requested_by)} until ${one.expires_at}: ${plain(one.why)}`,
        )),
    '',
    'UNTIL WHEN',
    `* The reads it was closed upon are relied upon until ${until}; what it says is of the time it was closed.`,
    '',
    'WHAT THIS DOES NOT SHOW',
    '* Anything outside of the scope above, or after it was closed.',
    '* That the rules which judged are right: their version stands in statement.json, and they can be run again over the recorded evidence.',
    '* That nobody with both the ledger and its signing key made all of it up: hold the checkpoint against one that was kept elsewhere.',
    '',
    'HOW TO CHECK IT',
    '  node verify.mjs proof.zip --key NAME+HASH+KEY      (no network; ask the people who run the ledger for the key, not this file)',
    '',
  ]
  return lines.join('\n')
}

function partLines({
  connection,
  stream,
  where,
  frozen,
  closed_upon,
  connector,
  owner,
  data_owner,
}: StatedPart): readonly string[] {
  const filters = Object.entries(where).map(([field, is]) => `${plain(field)} is ${plain(String(is))}`)
  const within = filters.length === 0 ? '' : `; of them ${records(frozen.in_scope)} where ${filters.join(' and ')}`
  const at = `${plain(connection)}/${plain(stream)}`
  const verdict = closed_upon.verdict.is
  const is =
    verdict === 'complete' ? 'shown to be all that the target holds' : `NOT shown to be all (${verdict}; see what is waived)`
  return [
    `* ${at}: ${records(frozen.records)} read at ${frozen.started_at} (sync ${frozen.sync})${within}. The newest read before closing (sync ${closed_upon.sync}, ${closed_upon.started_at}) is ${is}.`,
    ...closed_upon.confirmed_by.map((one) => `    confirmed by ${one.check} (class ${one.class}): ${plain(one.because)}`),
    `    owner ${plain(owner ?? 'not named')}; data owner ${plain(data_owner ?? 'not named')}`,
    `    read by connector ${plain(connector.name)} version ${connector.version}, ${connector.digest}`,
  ]
}

function wordLines(scope: readonly StatedPart[], attested: readonly string[]): readonly string[] {
  const counts = scope.filter(({ closed_upon }) => closed_upon.own_count_only && closed_upon.verdict.is === 'complete')
  const lines = [
    ...counts.map(
      ({ connection, stream }) => `* ${plain(connection)}/${plain(stream)}: completeness rests on the target's own count.`,
    ),
    ...[...new Set(attested)].map((because) => `* That the credential sees everybody: ${plain(because)}.`),
  ]
  return lines.length === 0 ? ["* Nothing but the target's own answers."] : lines
}

function sinceLines(scope: readonly StatedPart[]): readonly string[] {
  const lines = scope.flatMap(({ connection, stream, closed_upon: { late, gone, changed } }) =>
    late + gone + changed === 0
      ? []
      : [
          `* ${plain(connection)}/${plain(stream)}: ${late} born after the freeze and NOT decided, ${gone} gone, ${changed} changed (differences.jsonl lists them).`,
        ],
  )
  return lines.length === 0 ? ['* Nothing: the newest read shows the frozen population.'] : lines
}

const records = (n: number): string => `${n.toLocaleString('en-US')} ${n === 1 ? 'record' : 'records'}`
/** One line, whatever the target or a person wrote. */
const plain = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (one) => `\\u{${(one.codePointAt(0) as number).toString(16)}}`)
