/** Sockets that only open to checked addresses. `https.Agent({blockList})` blocks nothing (Node 24.21, 26.10), so both agents connect themselves. */
import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import type { TcpSocketConnectOpts } from 'node:net'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { checkAddress } from './egress.ts'

/** All addresses of a name, as `dns.lookup(name, {all: true})` gives them. */
export type Resolve = (name: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void
export type Agents = { readonly http: http.Agent; readonly https: https.Agent; readonly close: () => void }
type Connect = (options: TcpSocketConnectOpts) => net.Socket

/** The refusal as an error, because sockets speak in errors; the room turns it back into data. */
export class EgressError extends Error {
  readonly code = 'egress/not-public'
}

/**
 * One resolution a socket; every answer is checked, the socket may only use the checked answers, and the peer's address is
 * checked again after connecting. `ca`: PEM of a private authority.
 */
export function openAgents(o: {
  readonly allow_private: boolean
  readonly ca?: string
  readonly resolve?: Resolve
  readonly connect?: Connect
}): Agents {
  const open = opener(o.allow_private, o.resolve ?? system, o.connect ?? ((options) => net.connect(options)))
  // Free sockets are unreferenced by the agent: an idle connection never keeps the process alive.
  const plain = new GuardedHttpAgent({ keepAlive: true, scheduling: 'lifo' }, open, o.allow_private)
  const secure = new GuardedHttpsAgent(
    { keepAlive: true, scheduling: 'lifo', ...(o.ca === undefined ? {} : { ca: o.ca }) },
    open,
    o.allow_private,
  )
  return {
    http: plain,
    https: secure,
    close() {
      plain.destroy()
      secure.destroy()
    },
  }
}

type Open = (host: string, port: number) => net.Socket

/** Goes before every other listener, so nothing has been written when the peer turns out to be another. `user` gets to know why. */
function recheck(socket: net.Socket, user: Duplex, allow_private: boolean): void {
  socket.prependOnceListener('connect', () => {
    const bad = judged(socket.remoteAddress ?? '', allow_private)
    if (bad === null) return
    user.destroy(bad)
    socket.destroy()
  })
}

function opener(allow_private: boolean, resolve: Resolve, connect: Connect): Open {
  return (host, port) => {
    const name = host.replace(/^\[|\]$/g, '')
    // A literal never reaches `lookup`, so it is judged here; `lookup` sees names only.
    if (net.isIP(name) !== 0) refuse(name, allow_private)
    const socket = connect({
      host: name,
      port,
      lookup: (asked, options, done) => {
        resolve(asked, (error, addresses) => {
          const bad = error ?? addresses.map((a) => judged(a.address, allow_private)).find((e) => e !== null) ?? null
          const first = addresses[0]
          if (bad !== null || first === undefined) done(bad ?? new EgressError(`${asked} has no address`), '', 0)
          else if (options.all === true) done(null, [...addresses])
          else done(null, first.address, first.family)
        })
      },
    })
    socket.setNoDelay(true)
    return socket
  }
}

function judged(address: string, allow_private: boolean): EgressError | null {
  const refusal = checkAddress(address, allow_private)
  return refusal === null ? null : new EgressError(refusal.because)
}

function refuse(address: string, allow_private: boolean): void {
  const bad = judged(address, allow_private)
  if (bad !== null) throw bad
}

const system: Resolve = (name, done) => systemLookup(name, { all: true }, (error, addresses) => done(error, addresses ?? []))

type Options = http.ClientRequestArgs
type Done = (error: Error | null, stream: Duplex) => void

class GuardedHttpAgent extends http.Agent {
  readonly #open: Open
  readonly #allow_private: boolean
  constructor(options: http.AgentOptions, open: Open, allow_private: boolean) {
    super(options)
    this.#open = open
    this.#allow_private = allow_private
  }
  override createConnection(options: Options, _done?: Done): Duplex {
    const socket = this.#open(String(options.host), Number(options.port ?? 80))
    recheck(socket, socket, this.#allow_private)
    return socket
  }
}

class GuardedHttpsAgent extends https.Agent {
  readonly #open: Open
  readonly #allow_private: boolean
  constructor(options: https.AgentOptions, open: Open, allow_private: boolean) {
    super(options)
    this.#open = open
    this.#allow_private = allow_private
  }
  override createConnection(options: Options, done?: Done): Duplex | null | undefined {
    const socket = this.#open(String(options.host), Number(options.port ?? 443))
    // TLS over the socket that is already checked; session reuse and `servername` stay the agent's.
    const secured = super.createConnection({ ...options, socket } as Options, done)
    if (secured != null) recheck(socket, secured, this.#allow_private)
    socket.once('error', (error) => secured?.destroy(error))
    return secured
  }
}
