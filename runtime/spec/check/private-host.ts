/** Is a host, as WHATWG URL spells it, anything but a public name or a global unicast address? faults.md, hostile 1. */
import { BlockList, isIP } from 'node:net'

const NOT_PUBLIC_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const
/** Inside 2000::/3: Teredo and other special purposes, documentation, 6to4. */
const NOT_PUBLIC_V6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const
const LOCAL_NAMES = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa|localdomain)$/

export function isPrivateHost(host: string): boolean {
  const name = host.toLowerCase().replace(/\.+$/, '')
  const literal = name.replace(/^\[|\]$/g, '')
  switch (isIP(literal)) {
    case 4:
      return blocks().check(literal, 'ipv4')
    case 6:
      return !global6().check(literal, 'ipv6') || blocks().check(literal, 'ipv6')
    default:
      return LOCAL_NAMES.test(name)
  }
}

function blocks(): BlockList {
  const list = new BlockList()
  for (const [address, bits] of NOT_PUBLIC_V4) list.addSubnet(address, bits, 'ipv4')
  for (const [address, bits] of NOT_PUBLIC_V6) list.addSubnet(address, bits, 'ipv6')
  return list
}

function global6(): BlockList {
  const list = new BlockList()
  list.addSubnet('2000::', 3, 'ipv6')
  return list
}
