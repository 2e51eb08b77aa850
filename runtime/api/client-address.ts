/** Whose address a request comes from. A header says so only where a proxy of ours wrote it. */
import { BlockList, isIP } from 'node:net'

export type AddressOf = (socket: string | undefined, forwarded: string | null) => string

/**
 * `proxies`: addresses or networks (`10.0.0.0/8`) that the operator trusts. From one of these the last address of `X-Forwarded-For` that is
 * none of them counts: what stands before it was written by whoever asked. From anybody else the header counts for nothing.
 */
export function openAddresses(proxies: readonly string[]): AddressOf {
  const trusted = new BlockList()
  for (const one of proxies) {
    const [address = '', bits] = one.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(bits), family)
  }
  const isTrusted = (address: string): boolean => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return (socket, forwarded) => {
    let from = plain(socket ?? '')
    if (from === null) return 'unknown'
    for (const part of (forwarded ?? '').split(',').toReversed()) {
      const before = plain(part.trim())
      if (!isTrusted(from) || before === null) return from
      from = before
    }
    return from
  }
}

export const isNetwork = (text: string): boolean => {
  const [, address = '', , bits] = /^([^/]+)(\/(\d{1,3}))?$/.exec(text) ?? []
  const version = isIP(address)
  return version !== 0 && Number(bits ?? 0) <= (version === 4 ? 32 : 128)
}

/** An IPv4 address in IPv6 form is that IPv4 address. Null: none at all. */
function plain(text: string): string | null {
  const address = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? text
  return isIP(address) === 0 ? null : address
}
