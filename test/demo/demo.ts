/**
 * `npm run demo`: the main job, against a real third-party SCIM server that this script starts.
 * Every step is a command a person could type; its exit code is checked. Exits 1 where a step ends otherwise than said.
 */
import { play, say } from './play.ts'

await play('demo', async ({ target, rollcall, asked }) => {
  await target.order({ kind: 'seed', users: 317, groups: 12 })
  say(`A third-party SCIM server (scimmy-routers) runs at ${target.url} with 317 users in 12 groups.`)

  say('1. Store a connection. The token stays in the environment; the store keeps its name only.')
  await rollcall(
    0,
    'connect',
    'acme',
    '--connector',
    'scim2',
    '--set',
    `url=${target.url}`,
    '--secret',
    'token=env:SCIM_TOKEN',
    '--allow-private',
    '--owner',
    'it@acme.example',
  )

  say(
    '2. Read it. Nothing says yet that this token may see everyone, so the verdict is `unproven`, and the exit code 4 (gate closed).',
  )
  await rollcall(4, 'sync', 'acme')

  say('3. A person who knows states that it does, with a date and an expiry. Now everything needed is there.')
  await rollcall(
    0,
    'sync',
    'acme',
    '--attest-scope',
    'Kim Park, IAM: the token has the directory-reader role; checked in the admin console',
  )

  say('4. What it rests on, and a page of accounts.')
  await rollcall(0, 'status', 'acme', '--evidence')
  await rollcall(0, 'records', 'acme', 'users', '--limit', '5')

  say('5. The target changes: one renamed, one hired, one gone. A second sync shows what changed.')
  await target.order({ kind: 'rename', user: 7, displayName: 'Frances E. Allen' })
  await target.order({ kind: 'hire', userName: 'margaret.hamilton' })
  await target.order({ kind: 'leave', user: 100 })
  const { next: before } = (await asked('changes', 'acme', '--stream', 'users', '--limit', '100000')) as { next: number }
  await rollcall(0, 'sync', 'acme')
  await rollcall(0, 'changes', 'acme', '--stream', 'users', '--after', String(before))

  say('6. Now the server lies: its list AND its totals leave out every ninth user. Each page is well-formed, every count agrees.')
  await target.order({ kind: 'hide', every: 9 })
  await rollcall(4, 'sync', 'acme')
  await rollcall(4, 'gate', 'acme')

  say('7. The last complete snapshot still stands; nobody was "deleted".')
  await rollcall(0, 'status', 'acme')
})
