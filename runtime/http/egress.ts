/** Where a request may go: declared origins, over TLS, to global unicast addresses. Pure. */
import { BlockList, isIP, isIPv4 } from 'node:net'
import type { FailureCode } from '../types.ts'

export type Refusal = { readonly code: FailureCode; readonly because: string }
export type UrlVerdict = { readonly ok: true; readonly url: URL } | ({ readonly ok: false } & Refusal)

/** IPv4 that is not global unicast (IANA special-purpose registry, read 2026-11; 192.88.99/24 is the old 6to4 relay). */
const NOT_GLOBAL_4 = subnets('ipv4', [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
])
/** Only 2000::/3 is global unicast at all: `::`, `::1`, NAT64, 100::/64, fc00::/7, fe80::/10, fec0::/10, ff00::/8 lie outside it. */
const GLOBAL_6 = subnets('ipv6', ['2000::/3'])
/** Teredo and other protocol assignments, documentation, 6to4. */
const NOT_GLOBAL_6 = subnets('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])
/** What an operator may open for a lab or an on-premises target. */
const PRIVATE_4 = subnets('ipv4', ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'])
const PRIVATE_6 = subnets('ipv6', ['::1/128', 'fc00::/7'])
/** Cloud metadata inside private ranges: Alibaba; AWS and Google over IPv6. Never opened (169.254/16 and 192.0.0/24 are not private ranges). */
const METADATA = subnets('ipv4', ['100.100.100.200/32'])
const METADATA_6 = subnets('ipv6', ['fd00:ec2::254/128', 'fd20:ce::254/128'])

/** Null: a request may go there. Takes literals and DNS answers alike; anything that is no address is refused. */
export function checkAddress(address: string, allow_private: boolean): Refusal | null {
  const plain = address
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
  if (isIP(plain) === 0) return notPublic('what the name led to is no IP address')
  const v4 = isIPv4(plain) ? plain : mapped(plain)
  return (v4 === null ? allowed6(plain, allow_private) : allowed4(v4, allow_private))
    ? null
    : notPublic(`${plain} is not a public address${allow_private ? ', nor a private one that the operator may open' : ''}`)
}

/**
 * The canonical URL, or why nothing may be sent. `origins`: rendered `base_url` and declared origins.
 * `http:` passes only where the operator allows private targets.
 */
export function checkUrl(text: string, origins: readonly string[], allow_private: boolean): UrlVerdict {
  const url = URL.parse(text)
  if (url === null) return { ok: false, code: 'egress/undeclared-origin', because: 'the URL is not well formed' }
  canonical(url)
  const host = url.hostname
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) {
    const refusal = checkAddress(host, allow_private)
    if (refusal !== null) return { ok: false, ...refusal }
  } else if (!allow_private && (host === 'localhost' || host.endsWith('.localhost'))) {
    return { ok: false, ...notPublic('localhost is not a public address') }
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allow_private)) {
    return { ok: false, code: 'egress/not-https', because: `${url.protocol.slice(0, -1)} is not https` }
  }
  if (url.username !== '' || url.password !== '') {
    return { ok: false, code: 'egress/undeclared-origin', because: 'a URL may hold no user name or password' }
  }
  return origins.some((origin) => origin === url.origin)
    ? { ok: true, url }
    : { ok: false, code: 'egress/undeclared-origin', because: `${url.origin} is not an origin that the connector declares` }
}

/** The canonical origin of a declared URL, or null where it is none. */
export function originOf(text: string): string | null {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null
  canonical(url)
  return url.origin
}

/** WHATWG folds odd IPv4 literals; the trailing dot of a name it keeps, and `name.` is the same host as `name`. */
function canonical(url: URL): void {
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.replace(/\.+$/, '')
}

const allowed4 = (v4: string, allow_private: boolean): boolean =>
  !NOT_GLOBAL_4.check(v4) || (allow_private && PRIVATE_4.check(v4) && !METADATA.check(v4))

function allowed6(v6: string, allow_private: boolean): boolean {
  if (GLOBAL_6.check(v6, 'ipv6') && !NOT_GLOBAL_6.check(v6, 'ipv6')) return true
  return allow_private && PRIVATE_6.check(v6, 'ipv6') && !METADATA_6.check(v6, 'ipv6')
}

/** `::ffff:a.b.c.d` in any spelling → the IPv4 inside. */
function mapped(v6: string): string | null {
  const tail = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(new URL(`http://[${v6}]`).hostname)
  if (tail === null) return null
  const bits = Number.parseInt(tail[1] as string, 16) * 65_536 + Number.parseInt(tail[2] as string, 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
}

const notPublic = (because: string): Refusal => ({ code: 'egress/not-public', because })

function subnets(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [net, prefix] = range.split('/')
    list.addSubnet(net as string, Number(prefix), family)
  }
  return list
}
