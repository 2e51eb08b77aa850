import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ERRORS } from '../../runtime/errors.ts'
import { type Diagnostic, loadConnector, renderDiagnostic, renderSummary } from '../../runtime/spec/load.ts'
import type { Connector } from '../../runtime/types.ts'
import { SAMPLE } from './sample.ts'

const load = (text: string): Connector => {
  const { connector, diagnostics } = loadConnector(text, 'acme.yaml')
  expect(connector, JSON.stringify(diagnostics, null, 1)).not.toBeNull()
  return connector!
}
const warned = (text: string) =>
  loadConnector(text, 'acme.yaml').diagnostics.map((d) => `${d.severity} ${d.code} ${d.line}:${d.column}`)

describe('a declaration becomes a connector', () => {
  const acme = load(SAMPLE)

  test('a request is taken apart', () => {
    expect(acme.streams['users']!.list).toMatchObject({
      method: 'GET',
      path: '/users',
      query: [
        ['limit', '100'],
        ['region', '{region}'],
      ],
      body: null,
      decode: { kind: 'json' },
    })
    expect(acme.streams['groups']!.list).toMatchObject({
      method: 'POST',
      path: '/orgs/{org}/groups',
      query: [['expand', 'stats']],
      headers: { 'X-Org': '{org}' },
      expect: ['= body.ok == true'],
    })
  })

  test('query values are the very text, and a list is the parameter several times', () => {
    const text = SAMPLE.replace('GET /users?limit=100&region={region}', 'GET /users?search=status pr&filter=a=b&flag')
      .replace('{ expand: stats }', '{ expand: [stats, owners] }')
      .replace(/ {2}region: .*\n/, '')
    expect(load(text).streams['users']!.list.query).toEqual([
      ['search', 'status pr'],
      ['filter', 'a=b'],
      ['flag', ''],
    ])
    expect(load(text).streams['groups']!.list.query).toEqual([
      ['expand', 'stats'],
      ['expand', 'owners'],
    ])
  })

  test('durations are seconds, ids are lists, each has its three forms', () => {
    expect([acme.streams['users']!.fresh_for_s, acme.streams['groups']!.fresh_for_s]).toEqual([43_200, 86_400])
    expect(acme.streams['memberships']!.id).toEqual(['= group.id', 'id'])
    expect(acme.streams['memberships']!.each).toEqual({ group: { from: 'stream', stream: 'groups' } })
    expect(acme.streams['groups']!.each).toEqual({ org: { from: 'setting', setting: 'orgs' } })
  })

  test('parents come before children, nodes before edges', () => {
    const users = / {2}users:\n[\s\S]*?(?= {2}groups:)/.exec(SAMPLE)![0]
    const turned = SAMPLE.replace(users, '').replace('actions:\n', () => `${users}actions:\n`)
    expect(load(turned).order).toEqual(['groups', 'users', 'memberships'])
  })

  test("an edge's streams are implied where they are not declared, and `[]` says that there are none", () => {
    const implied = load(SAMPLE.replace('    refers: { account: users, entitlement: groups }\n', ''))
    expect(implied.streams['memberships']!.refers).toEqual({ account: ['users'], entitlement: ['groups'] })
    const none = load(SAMPLE.replace('entitlement: groups }', 'entitlement: [] }'))
    expect(none.streams['memberships']!.refers).toEqual({ account: ['users'] })
  })

  test("a word's own defaults are filled in", () => {
    expect(acme.streams['groups']!.pages).toMatchObject({ start: 0, overlap: 1 })
    expect(acme.limits).toEqual({
      requests_per_minute: 600,
      concurrent: 8,
      told_by: { kind: 'headers', remaining: 'x-left', reset: 'x-reset', reset_is: 'epoch_s', retry_after: 'retry-after' },
      timeout_ms: 30_000,
      max_bytes: 33_554_432,
      attempts: 5,
    })
  })

  test('the fingerprint is of the declaration: not of blanks, comments and order, but of every value', () => {
    const same = SAMPLE.replace('title: Acme\n', '# said otherwise\ntitle:   "Acme"\n')
      .replace('version: 1\n', '')
      .replace('connector: acme\n', 'connector: acme\nversion: 1\n')
    expect(load(same).fingerprint).toBe(acme.fingerprint)
    expect(load(SAMPLE.replace('limit=100', 'limit=101')).fingerprint).not.toBe(acme.fingerprint)
    expect(acme.fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  test('bytes and text are the same; a byte order mark and CRLF change nothing', () => {
    expect(loadConnector(Buffer.from(`\ufeff${SAMPLE}`), 'a').connector?.fingerprint).toBe(acme.fingerprint)
    expect(load(SAMPLE.replaceAll('\n', '\r\n')).fingerprint).toBe(acme.fingerprint)
  })

  const shipped = readdirSync('connectors').filter((file) => file.endsWith('.yaml'))
  test.each(shipped)('connectors/%s has no error and no warning', (file) => {
    expect(loadConnector(readFileSync(`connectors/${file}`), file).diagnostics).toEqual([])
  })
})

describe('actions', () => {
  const { actions, fingerprint } = load(SAMPLE)
  const action = (name: string) => actions[name]!
  const put = (find: string, text: string) => load(SAMPLE.replace(find, () => text))

  test('durations are seconds, a send is one step of all that the action does, requests are taken apart', () => {
    const leave = action('deactivate_account')
    expect(leave).toMatchObject({
      title: 'Deactivate',
      on: 'users',
      recheck_s: [3600, 86_400],
      bind: ['userName', 'email'],
      job: null,
    })
    expect(leave.steps).toEqual([
      {
        name: 'send',
        facets: ['account', 'sessions', 'tokens'],
        send: expect.objectContaining({ method: 'POST', path: '/users/{id}/lifecycle/deactivate', decode: { kind: 'json' } }),
        accepted: null,
        when: null,
        already_status: [],
      },
    ])
    expect(leave.verify.map(({ facet, within_s, agree, every_s }) => [facet, within_s, agree, every_s])).toEqual([
      ['account', 300, 3, 10],
      ['account', 120, 2, 5],
      ['sessions', 120, 2, 5],
      ['sessions', 120, 2, 5],
      ['tokens', 120, 2, 5],
    ])
    expect(leave.verify[1]!.probe).toMatchObject({
      kind: 'not_listed',
      list: { method: 'GET', path: '/users', query: [['status', 'ACTIVE']] },
    })
    expect(action('delete_account').job).toMatchObject({
      id: 'job.id',
      every_s: 5,
      within_s: 1800,
      poll: { path: '/jobs/{job}' },
    })
    expect(action('create_account').invitation).toEqual({ when: '= status == 202 && body.invited == true', expires_s: 259_200 })
  })

  test('the look before is the get of the stream; a create has none and searches', () => {
    expect(action('deactivate_account').before).toEqual(load(SAMPLE).streams['users']!.get)
    expect(action('create_account')).toMatchObject({ before: null, may_change: null, idempotency: 'natural_key' })
    expect(action('grant')).toMatchObject({ find: null, idempotency: 'native_key' })
  })

  test('what takes away is destructive: by its name, and a name of its own by what it does', () => {
    const said = Object.entries(actions).map(([name, { destructive }]) => [name, destructive])
    expect(Object.fromEntries(said)).toEqual({
      create_account: false,
      deactivate_account: true,
      delete_account: true,
      grant: false,
      custom_clear_factors: true,
    })
    expect(
      put('does: { credential: revoked }', 'does: { credential: rotated }').actions['custom_clear_factors']!.destructive,
    ).toBe(false)
    expect(put('    title: Deactivate', '    destructive: false').actions['deactivate_account']!.destructive).toBe(false)
  })

  test('the last step has the facets that no other names; the ones before are on the way', () => {
    const facets = put('{ name: remove, facets: [account],', '{ name: remove,').actions['delete_account']!.steps.map(
      (step) => step.facets,
    )
    expect(facets).toEqual([[], ['account']])
  })

  test('without a declaration may change: what the facets move by themselves, what is given, and times', () => {
    expect(action('delete_account').may_change).toEqual(['active'])
    const timed = SAMPLE.replace('      userName: login\n', '      userName: login\n      updatedAt: updated\n')
    expect(load(timed).actions['grant']!.may_change).toEqual(['updatedAt'])
    expect(load(timed).actions['deactivate_account']!.may_change).toEqual(['active', 'type'])
  })

  test('a probe of sessions or tokens has its usual rung, and no other facet has one', () => {
    const rungs = action('deactivate_account').verify.map(({ facet, probe }) => [facet, probe.kind, probe['rung'] ?? null])
    expect(rungs).toEqual([
      ['account', 'state', null],
      ['account', 'not_listed', null],
      ['sessions', 'empty', 4],
      ['sessions', 'count', null],
      ['tokens', 'residual', null],
    ])
  })

  test('by the get of the stream, gone is what the stream says is gone', () => {
    expect(action('delete_account').verify[0]!.probe).toEqual({ kind: 'gone', expect: "= status == 'DELETED'" })
    const own = put('probe: { kind: gone }', 'probe: { kind: gone, look: "GET /people/{id}" }')
    expect(own.actions['delete_account']!.verify[0]!.probe).not.toHaveProperty('expect')
  })

  test('the fingerprint is of what is read: it stands when an action changes', () => {
    expect(put('recheck: [1h, 24h]', 'recheck: [2h]').fingerprint).toBe(fingerprint)
    expect(load(SAMPLE.replace(/actions:\n[\s\S]*(?=feeds:\n)/, '')).fingerprint).toBe(fingerprint)
    expect(load(SAMPLE.replace(/actions:\n[\s\S]*(?=feeds:\n)/, '')).actions).toEqual({})
  })

  test('one lost `get` is told once, wherever it is needed first', () => {
    const text = SAMPLE.replace("    get: GET /users/{id}\n    gone: = status == 'DELETED'\n", '').replace(
      /.*kind: (by_id|two_path).*\n/g,
      '',
    )
    const found = loadConnector(text, 'a').diagnostics.filter((d) => d.severity === 'error')
    expect(found.map((d) => [d.code, d.path])).toEqual([['spec/needs-get', 'actions.create_account.verify[0].probe']])
  })
})

describe('warnings', () => {
  test.each([
    [
      'what takes away from whoever has the id now',
      SAMPLE.replace('    bind: [userName, email]\n', ''),
      'warning spec/no-binding 103:3',
    ],
    [
      'a step that only reads',
      SAMPLE.replace('send: POST /users/{id}/factors', 'send: GET /users/{id}/factors'),
      'warning spec/reading-step 151:11',
    ],
    [
      'an input that may be left out, in a template',
      SAMPLE.replace('{ stream: users }', '{ stream: users, required: false }'),
      'warning spec/optional-in-template 134:74',
    ],
    ['no source', SAMPLE.replace(/source:\n.*\n/, ''), 'warning spec/no-source 1:1'],
    [
      'a setting that is never used',
      SAMPLE.replace('  region: {', '  spare: { type: text }\n  region: {'),
      'warning spec/unused-setting 10:3',
    ],
    [
      'a secret of the webhook that every connection must give',
      SAMPLE.replace('hook_secret: { type: secret, required: false }', 'hook_secret: { type: secret }'),
      'warning spec/required-secret 11:3',
    ],
    ['GET with a body', SAMPLE.replace('request: POST /orgs', 'request: GET /orgs'), 'warning spec/get-with-body 68:7'],
    ['a query that is encoded already', SAMPLE.replace('limit=100', 'q=a%20b'), 'warning spec/encoded-query 38:25'],
  ])('%s', (_name, text, wanted) => {
    expect(warned(text)).toEqual([wanted])
  })

  test('a secret in the query of a token URL is a warning, for there it can be revealed', () => {
    const auth =
      'auth: { kind: oauth2_client_credentials, token_url: "https://{domain}/t?k={token}", client_id: x, client_secret: "{token}" }'
    expect(warned(SAMPLE.replace(/auth: .*/, auth))).toEqual(['warning spec/secret-in-url 14:76'])
  })
})

describe('one root cause is told once', () => {
  const errors = (text: string) => loadConnector(text, 'acme.yaml').diagnostics.filter((d) => d.severity === 'error')

  test('the lost line between two streams is one message, not one a key', () => {
    const found = errors(SAMPLE.replace('  memberships:\n', ''))
    expect(found.filter((d) => d.code === 'spec/duplicate-key')).toHaveLength(1)
    expect(found[0]).toMatchObject({ code: 'spec/duplicate-key', line: 76, column: 5 })
  })

  test('a setting that is misspelt where it is declared makes three messages at most', () => {
    const uses = Array.from({ length: 20 }, (_, i) => `  X-${i}: "{domain}"\n`).join('')
    const found = errors(SAMPLE.replace('headers:\n', () => `headers:\n${uses}`).replace('  domain: {', '  domian: {'))
    expect(found).toHaveLength(3)
    expect(found[2]!.message).toContain('18 more places')
  })

  test('mistakes that have nothing to do with each other are all told', () => {
    const text = SAMPLE.replace('title: Acme', 'title: 12')
      .replace('{group.id}/users', '{group.uid}/users')
      .replace('is: account', 'is: acount')
      .replace('drop: =', 'drpo: =')
    expect(errors(text).map((d) => d.code)).toEqual([
      'spec/wrong-type',
      'spec/unknown-value',
      'spec/unknown-key',
      'spec/unknown-name',
    ])
  })

  test('what follows from a broken declaration is not told', () => {
    expect(errors(SAMPLE.replace('each: { group: groups }', 'each: groups')).map((d) => d.code)).toEqual(['spec/wrong-type'])
    expect(errors(SAMPLE.replace(/settings:\n(?: {2}.*\n)+/, 'settings: none\n')).map((d) => d.code)).toEqual(['spec/wrong-type'])
  })
})

describe('a diagnostic as people read it', () => {
  const text = SAMPLE.replace('records: data', 'recrods: data')
  const [found] = loadConnector(text, 'connectors/acme.yaml').diagnostics as [Diagnostic]

  test('has code, place, frame, caret and suggestion', () => {
    expect(renderDiagnostic(found, text, { color: false })).toBe(
      [
        'error[spec/unknown-key]: unknown key `recrods`',
        '  --> connectors/acme.yaml:40:5',
        '  39 |     pages: { kind: cursor, from: next, into: { query: after }, end: "null" }',
        '  40 |     recrods: data',
        '     |     ^^^^^^^ did you mean `records`?',
      ].join('\n'),
    )
    expect(found.path).toBe('streams.users.recrods')
  })

  test('colours only where asked, and the caret stands under its text behind tabs and on long lines', () => {
    expect(renderDiagnostic(found, text, { color: true })).toContain('\u001b[1;31m')
    const long = `connector: acme\nx:\t"${'y'.repeat(300)}", zz: 1\n`
    for (const [column, end_column] of [
      [1, 2],
      [4, 10],
      [290, 300],
    ] as const) {
      const rows = renderDiagnostic({ ...found, help: null, line: 2, column, end_column }, long, { color: false }).split('\n')
      expect(rows.at(-1)!.length).toBeLessThan(140)
      const caret = rows.at(-1)!.indexOf('^')
      expect(rows.at(-2)!.slice(caret, caret + 1)).toBe(
        [...long.split('\n')[1]!][column - 1] === '\t' ? ' ' : [...long.split('\n')[1]!][column - 1],
      )
    }
  })

  test('a summary counts', () => {
    expect(renderSummary([found, { ...found, severity: 'warning' }], 'a.yaml')).toBe('1 error, 1 warning in a.yaml')
    expect(renderSummary([], 'a.yaml')).toBe('no errors in a.yaml')
  })
})

test('every code that the spec room can give is in the table of errors', () => {
  const room = readdirSync('runtime/spec', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const used = new Set(
    room.flatMap((file) =>
      [...readFileSync(`runtime/spec/${file}`, 'utf8').matchAll(/'(spec\/[a-z0-9-]+)'/g)].map((found) => found[1]!),
    ),
  )
  expect(used.size).toBeGreaterThan(40)
  expect([...used].filter((code) => !Object.hasOwn(ERRORS, code))).toEqual([])
})
