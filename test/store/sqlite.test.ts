import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '../../runtime/store/port.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { storeContract } from './contract.ts'

// The second time with an index of ids that is filled all the time and not once in 65,536 versions.
for (const [name, options] of [
  ['node:sqlite', {}],
  ['node:sqlite, index filled every few records', { index_after: 8 }],
] as const) {
  storeContract(name, async () => {
    const dir = await mkdtemp(join(tmpdir(), 'rollcall-store-'))
    let store: Store = await openStore(dir, options)
    return {
      store,
      reopen: async () => {
        await store.close()
        store = await openStore(dir, options)
        return store
      },
      drop: async () => {
        await store.close()
        await rm(dir, { recursive: true })
      },
    }
  })
}
