import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '../../runtime/store/port.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { storeContract } from './contract.ts'

storeContract('node:sqlite', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-store-'))
  let store: Store = await openStore(dir)
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await openStore(dir)
      return store
    },
    drop: async () => {
      await store.close()
      await rm(dir, { recursive: true })
    },
  }
})
