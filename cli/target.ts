import type { CertifyStore } from '../runtime/store/certify-port.ts'
import type { LedgerStore } from '../runtime/store/ledger-port.ts'
import type { LevelsStore } from '../runtime/store/levels-port.ts'
import type { Store } from '../runtime/store/port.ts'
import type { WatchStore } from '../runtime/store/watch-port.ts'
import type { WebhookStore } from '../runtime/store/webhook-port.ts'
import type { WriteStore } from '../runtime/store/write-port.ts'
import type { Connection, Connector } from '../runtime/types.ts'

export type BothStores = Store & WriteStore & LedgerStore & CertifyStore & LevelsStore & WebhookStore & WatchStore
export type Target = { readonly connector: Connector; readonly connection: Connection }
