/**
 * `npm run demo:changes`: a leaver, verified; and the same server answering 200 without doing anything.
 * Takes two minutes and a half: nobody is called refuted before the time is over that a target may need to show a change.
 */
import { play, say } from './play.ts'

await play('demo-changes', async ({ target, rollcall, asked }) => {
  await target.order({ kind: 'seed', users: 40, groups: 4 })
  await rollcall(
    0,
    ...['connect', 'acme', '--connector', 'scim2', '--set', `url=${target.url}`, '--secret', 'token=env:SCIM_TOKEN'],
    ...['--allow-private', '--owner', 'it@acme.example'],
  )
  await rollcall(0, 'sync', 'acme', '--attest-scope', 'Kim Park, IAM: the token has the directory-reader role')
  const { records } = (await asked('records', 'acme', 'users', '--limit', '8')) as { records: { id: string }[] }
  const [grace, barbara] = [records[1]!.id, records[3]!.id]

  say('1. Grace leaves. The answer 200 is an echo; she is looked at by id and in a list until both agree.')
  await rollcall(
    0,
    ...['apply', 'acme', 'deactivate_account', '--id', grace, '--by', 'kim@acme.example', '--why', 'left on 2026-11-20'],
  )

  say('2. Barbara leaves too. Now the server answers 200 with `active: false`, and does nothing.')
  await target.order({ kind: 'writes', are: 'ignored' })
  await rollcall(
    4,
    ...['apply', 'acme', 'deactivate_account', '--id', barbara, '--by', 'kim@acme.example', '--why', 'left on 2026-11-20'],
  )

  say('3. What stands, and what is to be done.')
  await rollcall(0, 'actions', 'acme')
})
