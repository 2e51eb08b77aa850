/** A request for every route, over one tenant's objects. */
import type { Route } from '../../runtime/api/types.ts'
import { type Objects, YAML } from './world.ts'

export type Sample = { readonly query?: string; readonly body?: unknown }

const later = (): string => new Date(Date.now() + 86_400_000).toISOString()

export function sample(route: Route, o: Objects): Sample {
  const why = 'because of a test'
  const samples: { readonly [id: string]: Sample } = {
    createTenant: { body: { tenant: `t${Date.now() % 1e9}`, title: 'T', admin: 'kim' } },
    validateConnector: { body: YAML },
    uploadConnector: {
      body: YAML.replace('connector: test-write-rest', `connector: ${o.connector}`).replace('title: Fake', 'title: Another'),
    },
    diffConnector: { query: 'from=1&to=2' },
    deprecateConnectorVersion: { body: { why } },
    rollBackConnector: { body: { why } },
    createConnection: { body: { name: 'new-one', connector: o.connector, settings: { url: 'http://127.0.0.1:9' } } },
    changeConnection: { body: { owner: 'somebody else' } },
    pauseConnection: { body: { why } },
    rotateCredential: { body: { secrets: { token: 'another-token' }, why } },
    resumeConnection: { body: { why } },
    startSync: { body: {} },
    listRecords: { query: `id=${encodeURIComponent(o.record)}` },
    requestAction: { body: { action: 'reactivate_account', id: o.record, why } },
    cancelAction: { body: { why } },
    approveAction: { body: { why } },
    makePlan: { body: { changes: [{ connection: o.connection, action: 'reactivate_account', id: o.record }], why } },
    approvePlan: { body: { why } },
    getGate: { query: `scope=${o.connection}/users` },
    attestScope: { body: { reason: why, until: later() } },
    openCertification: { body: { name: 'Q4', owner: 'Kim', connections: [o.connection], streams: ['users'], why } },
    decideCertification: { body: { decisions: [{ id: o.record, is: 'keep' }], why } },
    askForRevocations: { body: { why } },
    refreezeCertification: { body: { why } },
    closeCertification: { body: { why } },
    withdrawCertification: { body: { why } },
    requestWaiver: { body: { connection: o.connection, reason: '0'.repeat(12), until: later(), why } },
    signWaiver: { body: { why } },
    acknowledgeException: { body: { why } },
    closeException: { body: { why } },
    createWebhook: { body: { url: 'http://127.0.0.1:9/x', title: 'ticket system', types: ['gate.changed'] } },
    changeWebhook: { body: { title: 'another' } },
    rotateWebhookSecret: { body: {} },
    proveEntry: { query: 'seq=1' },
    proveConsistency: { query: 'older=1' },
    createToken: { body: { name: 'x', person: 'x', roles: ['viewer'], expires_at: later() } },
    giveRoles: { body: { who: 'lee@x.example', roles: ['viewer'] } },
    addIdentityProvider: { body: { issuer: 'http://idp.example', client_id: 'y' } },
    stopChanges: { body: { connection: o.connection, why } },
    liftStop: { body: { scope: o.connection, why } },
    listActions: { query: `connection=${o.connection}` },
    streamEvents: { query: `connection=${o.connection}` },
  }
  return samples[route.id] ?? {}
}

export function pathOf(route: Route, o: Objects): string {
  const { query } = sample(route, o)
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => o[name as keyof Objects] ?? name)
  return query === undefined ? path : `${path}?${query}`
}
