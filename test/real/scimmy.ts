/** Starts the third-party SCIM server of scimmy-server.ts and speaks with it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Order } from './scimmy-server.ts'

export type Scimmy = {
  readonly url: string
  readonly token: string
  readonly order: (order: Order) => Promise<void>
  readonly stop: () => Promise<void>
}

export async function startScimmy(): Promise<Scimmy> {
  const token = 'demo-token-5f3a9c'
  const child: ChildProcess = fork(fileURLToPath(new URL('./scimmy-server.ts', import.meta.url)), {
    env: { ...process.env, SCIM_TOKEN: token },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [ready] = (await once(child, 'message')) as [{ port: number }]
  return {
    url: `http://127.0.0.1:${ready.port}/scim/v2`,
    token,
    order: async (order) => {
      const done = once(child, 'message')
      child.send(order)
      await done
    },
    stop: async () => {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}
