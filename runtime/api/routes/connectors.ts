import { isDeepStrictEqual } from 'node:util'
import type { ConnectorVersion } from '../../control/desk.ts'
import { Failure } from '../../errors.ts'
import { loadConnector } from '../../spec/load.ts'
import type { Connector, Json } from '../../types.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { InputFailure } from '../problems.ts'
import { list, number, object, PAGING, page, ref, why } from '../schemas.ts'
import type { Ask, Route } from '../types.ts'
import { AUTHORS, EVERYBODY } from './parts.ts'

const CONNECTOR = { connector: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,63}$' } } as const
const VERSION = { ...CONNECTOR, version: { type: 'string', pattern: '^[1-9][0-9]{0,8}$' } } as const

export const connectors: readonly Route[] = [
  {
    id: 'listConnectors',
    method: 'GET',
    path: '/v1/connectors',
    area: 'connectors',
    summary: 'Connectors that came along, and those of this tenant, which go before',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    query: PAGING,
    answers: { 200: page(ref('Connector')) },
    codes: ['api/cursor'],
    act: async (ask) => {
      const { house, room } = ask
      const limit = limitOf(ask)
      const from = after(ask, 'connectors', isText) ?? ''
      const names = new Set([...house.shelf.names().filter((one) => one > from), ...room.desk.connectors(from, limit + 1)])
      const rows = [...names].sort().slice(0, limit + 1)
      return pageOf(
        'connectors',
        rows,
        limit,
        (row) => row,
        (row) => summary(ask, row),
      )
    },
  },
  {
    id: 'validateConnector',
    method: 'POST',
    path: '/v1/connectors/validate',
    area: 'connectors',
    summary: 'Check a connector without keeping it: every error with its place and what was probably meant',
    roles: AUTHORS,
    realm: 'tenant',
    reach: 'own',
    body: 'yaml',
    answers: { 200: ref('Diagnostics') },
    codes: ['api/media-type'],
    act: async ({ body }) => ({ status: 200, body: diagnosed(body as string) }),
  },
  {
    id: 'uploadConnector',
    method: 'POST',
    path: '/v1/connectors',
    area: 'connectors',
    summary: 'Keep a connector as a new version and use it; refused with every error where it is not valid',
    roles: AUTHORS,
    realm: 'tenant',
    reach: 'whole',
    body: 'yaml',
    answers: { 201: ref('ConnectorVersion') },
    codes: ['api/media-type', 'spec/invalid'],
    act: async ({ room, who, body, at, act }) => {
      const yaml = body as string
      const { connector } = loadConnector(yaml, 'connector.yaml')
      if (connector === null) throw invalid(yaml)
      const { connector: of, fingerprint } = connector
      await room.store.enter({
        ...act(`connector ${of}`),
        what: 'connector uploaded',
        about: `connector ${of}`,
        detail: { fingerprint },
      })
      const version = room.desk.upload({ connector: of, yaml, fingerprint, at, by: who.by })
      return { status: 201, body: version, headers: { location: `/v1/connectors/${of}/versions/${version.no}` } }
    },
  },
  {
    id: 'getConnector',
    method: 'GET',
    path: '/v1/connectors/{connector}',
    area: 'connectors',
    summary: 'One connector as it is used now',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    params: CONNECTOR,
    answers: { 200: ref('Connector') },
    codes: ['api/not-found'],
    act: async (ask) => {
      const of = ask.params['connector'] ?? ''
      known(ask, of)
      return { status: 200, body: summary(ask, of) }
    },
  },
  {
    id: 'listConnectorVersions',
    method: 'GET',
    path: '/v1/connectors/{connector}/versions',
    area: 'connectors',
    summary: 'Uploaded versions, newest first',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    params: CONNECTOR,
    answers: { 200: list(ref('ConnectorVersion')) },
    codes: ['api/not-found'],
    act: async (ask) => {
      known(ask, ask.params['connector'] ?? '')
      return { status: 200, body: ask.room.desk.versions(ask.params['connector'] ?? '') }
    },
  },
  {
    id: 'getConnectorVersion',
    method: 'GET',
    path: '/v1/connectors/{connector}/versions/{version}',
    area: 'connectors',
    summary: 'The text of a version',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    params: VERSION,
    answers: { 200: 'text' },
    codes: ['control/version'],
    act: async (ask) => ({
      status: 200,
      text: { type: 'application/yaml; charset=utf-8', text: textOf(ask, ask.params['version'] ?? '') },
    }),
  },
  {
    id: 'diffConnector',
    method: 'GET',
    path: '/v1/connectors/{connector}/diff',
    area: 'connectors',
    summary: 'What changed in the declaration between two versions',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    params: CONNECTOR,
    query: { from: number, to: number },
    needs: ['from', 'to'],
    answers: { 200: ref('ConnectorDiff') },
    codes: ['control/version'],
    act: async (ask) => {
      const [from, to] = [ask.query['from'] ?? '', ask.query['to'] ?? '']
      const [a, b] = [declared(textOf(ask, from)), declared(textOf(ask, to))]
      const changed = differences('', a, b)
      return { status: 200, body: { from: Number(from), to: Number(to), same: changed.length === 0, changed } }
    },
  },
  {
    id: 'deprecateConnectorVersion',
    method: 'POST',
    path: '/v1/connectors/{connector}/versions/{version}/deprecate',
    area: 'connectors',
    summary: 'A version that is not to be used again',
    roles: AUTHORS,
    realm: 'tenant',
    reach: 'whole',
    params: VERSION,
    body: object({ why }),
    answers: { 200: ref('ConnectorVersion') },
    codes: ['control/version', 'control/current'],
    act: async (ask) => {
      const { connector = '', version } = ask.params
      const { why } = ask.body as { readonly why: string }
      if (versionOf(ask).current)
        throw new Failure('control/current', connector, `version ${version} of connector ${connector} is the one in use`)
      await enter(ask, 'connector deprecated', why)
      ask.room.desk.deprecate(connector, Number(version), why, ask.at)
      return { status: 200, body: ask.room.desk.versions(connector).find((one) => one.no === Number(version)) }
    },
  },
  {
    id: 'rollBackConnector',
    method: 'POST',
    path: '/v1/connectors/{connector}/versions/{version}/use',
    area: 'connectors',
    summary: 'Use this version from now on: roll back, or forward again',
    roles: AUTHORS,
    realm: 'tenant',
    reach: 'whole',
    params: VERSION,
    body: object({ why }),
    answers: { 200: ref('ConnectorVersion') },
    codes: ['control/version', 'control/deprecated'],
    act: async (ask) => {
      const { connector = '', version } = ask.params
      if (versionOf(ask).deprecated_at !== null)
        throw new Failure('control/deprecated', connector, `version ${version} of connector ${connector} is deprecated`)
      await enter(ask, 'connector version used', (ask.body as { readonly why: string }).why)
      ask.room.desk.makeCurrent(connector, Number(version))
      return { status: 200, body: ask.room.desk.versions(connector).find((one) => one.no === Number(version)) }
    },
  },
]

async function enter({ room, params, act }: Ask, what: string, reason: string): Promise<void> {
  const { connector = '', version = '' } = params
  await room.store.enter({ ...act(reason), what, about: `connector ${connector}`, detail: { version: Number(version) } })
}

function known({ house, room }: Ask, of: string): void {
  if (room.desk.versions(of).length === 0 && house.shelf.read(of) === null)
    throw new Failure('api/not-found', 'connector', `there is no connector ${of}`)
}

function summary({ house, room }: Ask, of: string): object {
  const current = room.desk.versions(of).find((one) => one.current)
  const source = current === undefined ? house.shelf.read(of) : room.desk.yaml(of, current.no)
  const connector: Connector | null = source === null ? null : loadConnector(source, of).connector
  return {
    connector: of,
    title: connector?.title ?? null,
    built_in: current === undefined,
    current: current?.no ?? null,
    fingerprint: connector?.fingerprint ?? null,
  }
}

function textOf({ room, params }: Ask, version: string): string {
  const of = params['connector'] ?? ''
  const text = room.desk.yaml(of, Number(version))
  if (text === null) throw new Failure('control/version', of, `there is no version ${version} of connector ${of}`)
  return text
}

/** Throws `control/version`. */
function versionOf({ room, params }: Ask): ConnectorVersion {
  const { connector = '', version = '' } = params
  const found = room.desk.versions(connector).find(({ no }) => no === Number(version))
  if (found === undefined)
    throw new Failure('control/version', connector, `there is no version ${version} of connector ${connector}`)
  return found
}

function invalid(yaml: string): InputFailure {
  const wrong = loadConnector(yaml, 'connector.yaml').diagnostics.filter(({ severity }) => severity === 'error')
  const errors = wrong.map(({ line, column, path, message, help }) => ({
    at: `${line}:${column} ${path}`,
    because: help === null ? message : `${message}; ${help}`,
  }))
  return new InputFailure('spec/invalid', 'connector.yaml', `it is no valid connector: ${errors.length} errors`, errors)
}

function diagnosed(yaml: string): object {
  const { connector, diagnostics } = loadConnector(yaml, 'connector.yaml')
  return {
    valid: connector !== null,
    connector: connector?.connector ?? null,
    fingerprint: connector?.fingerprint ?? null,
    diagnostics,
  }
}

const declared = (yaml: string): Json => JSON.parse(JSON.stringify(loadConnector(yaml, '').connector)) as Json

type Difference = { readonly path: string; readonly before: Json; readonly after: Json }

/** Places where two declarations differ, defaults filled in; the fingerprint follows from the rest. */
function differences(path: string, a: Json, b: Json): readonly Difference[] {
  if (isDeepStrictEqual(a, b) || path === 'fingerprint') return []
  if (!isObject(a) || !isObject(b)) return [{ path, before: a ?? null, after: b ?? null }]
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
  return names.flatMap((one) => differences(path === '' ? one : `${path}.${one}`, a[one] ?? null, b[one] ?? null))
}
const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
