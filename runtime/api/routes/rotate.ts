import { Failure } from '../../errors.ts'
import { begun } from '../../govern/rotation.ts'
import type { SecretRef } from '../../types.ts'
import { shown } from '../connection.ts'
import { dropUnused, rotate } from '../rotate.ts'
import { mapOf, object, ref, time, why } from '../schemas.ts'
import { settingsOf } from '../settings.ts'
import { connectionOf, connectorOf, originFor } from '../targets.ts'
import type { Ask, Route } from '../types.ts'
import { CONNECTION, OPERATES } from './parts.ts'

/** Long enough for a target that knows a new credential only after a while. */
const OVERLAP_MS = 86_400_000
const MOST_MS = 90 * OVERLAP_MS

type Given = { readonly secrets?: { readonly [name: string]: string }; readonly until?: string; readonly why: string }

export const rotations: readonly Route[] = [
  {
    id: 'rotateCredential',
    method: 'POST',
    path: '/v1/connections/{connection}/rotate',
    area: 'connections',
    summary:
      'Replace a credential: the new one is tried against the target, the old one is used until it has proved itself or until a time. Without `secrets`: try the one that waits again',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    body: object({
      'secrets?': {
        ...mapOf({ type: 'string', minLength: 1, maxLength: 65_536 }, 'the new values; write-only'),
        minProperties: 1,
        maxProperties: 20,
      },
      'until?': { ...time, description: 'the old one is not used any more from then on; in a day where absent, in 90 at most' },
      why,
    }),
    answers: { 200: ref('RotationAnswer') },
    if_match: 'getConnection',
    codes: ['api/not-found', 'api/settings', 'api/rotation', 'vault/key'],
    act: async (ask) => {
      const { house, room, params, body, act } = ask
      const { name } = await connectionOf(room, params['connection'] ?? '')
      const given = body as Given
      if (given.secrets !== undefined) await begin(ask, name, { ...given, secrets: given.secrets })
      const { is, because, connection } = await rotate(house, room, name, act(given.why))
      if (is === 'none') throw new Failure('api/rotation', 'secrets', `no new credential of ${name} waits to be tried`)
      return { status: 200, body: { is, because, connection: shown(house, room, connection) } }
    },
  },
]

async function begin(
  { house, room, who, at, act }: Ask,
  name: string,
  given: Given & { readonly secrets: object },
): Promise<void> {
  const until = given.until ?? new Date(house.now() + OVERLAP_MS).toISOString()
  if (Date.parse(until) > house.now() + MOST_MS)
    throw new Failure('api/settings', 'until', 'two credentials are kept for 90 days at most')
  await room.secrets.inTurn(name, async () => {
    const connection = await connectionOf(room, name)
    const connector = connectorOf(house, room, connection.connector)
    const { secrets } = settingsOf(connector, connection.settings, given.secrets ?? {})
    const origin = originFor(connector, connection.settings)
    const refs: { [field: string]: SecretRef } = {}
    for (const [field, value] of Object.entries(secrets))
      refs[field] = { from: 'vault', name: await room.secrets.put({ connection: name, field, origin }, value, who.by, at) }
    const next = begun(connection, refs, who.by, at, new Date(until).toISOString())
    await room.store.putConnection(next, act(`credential rotation begun (${Object.keys(refs).join(', ')}): ${given.why}`))
    dropUnused(room, next)
  })
}
