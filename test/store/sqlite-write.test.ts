import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { writeContract } from './write-contract.ts'

writeContract('node:sqlite', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-write-'))
  let store = await openStore(dir)
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
