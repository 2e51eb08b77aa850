/** Every TCP connection that this process tries, as the kernel is asked for it: what is not here did not leave. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

export type Watch = { readonly tried: () => readonly string[]; readonly stop: () => void }

/** `address:port` of each attempt, those to `own` ports left out. */
export function watchSockets(own: readonly number[]): Watch {
  const tried: string[] = []
  const seen = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket }
    socket.on('connectionAttempt', (address: string, port: number) => {
      if (!own.includes(port)) tried.push(`${address}:${port}`)
    })
  }
  subscribe('net.client.socket', seen)
  return {
    tried: () => [...tried],
    stop: () => void unsubscribe('net.client.socket', seen),
  }
}
