/** What every engine behind runtime/store/watch-port.ts promises. */
import { afterEach, beforeEach, describe } from 'vitest'
import { agreementContract } from './watch-contract-agreement.ts'
import { arrivalContract } from './watch-contract-arrivals.ts'
import { feedContract } from './watch-contract-feeds.ts'
import { seenContract } from './watch-contract-seen.ts'
import type { Watched, WatchHarness, WatchOpened } from './watch-fixture.ts'

export function watchContract(name: string, open: () => Promise<WatchOpened>): void {
  describe(name, () => {
    let opened: WatchOpened
    const at: WatchHarness = {
      store: undefined as unknown as Watched,
      reopen: async () => {
        at.store = await opened.reopen()
      },
    }
    beforeEach(async () => {
      opened = await open()
      at.store = opened.store
    })
    afterEach(() => opened.drop())
    feedContract(at)
    agreementContract(at)
    seenContract(at)
    arrivalContract(at)
  })
}
