import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * IPv4 ranges that no request for a client may reach (IANA special-purpose registry, RFC 6890): this host, private,
 * shared (CGNAT), loopback, link-local with the cloud metadata services, protocol assignments, documentation, 6to4 relays,
 * benchmarks, multicast, reserved and broadcast.
 */
const forbiddenIPv4: readonly (readonly [string, number])[] = [
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
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/**
 * Within the global unicast space, what is not a plain host: protocol assignments with Teredo and ORCHID, documentation and
 * 6to4. All else outside of that space is refused: loopback, link-local, unique local, multicast, IPv4-mapped, NAT64.
 */
const forbiddenIPv6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

// One list per family: a list of both would compare IPv4 addresses with the ranges of their mapped forms.
const ipv4 = blockList('ipv4', forbiddenIPv4);
const ipv6 = blockList('ipv6', forbiddenIPv6);
const globalUnicast = blockList('ipv6', [['2000::', 3]]);

/** Whether an IP address in text form is not one of a public host. Anything that is no IP address is forbidden too. */
export function isForbiddenAddress(address: string): boolean {
  if (isIPv4(address)) return ipv4.check(address, 'ipv4');
  // A zone makes an address link-local, whatever it looks like.
  if (!isIPv6(address) || address.includes('%')) return true;
  return !globalUnicast.check(address, 'ipv6') || ipv6.check(address, 'ipv6');
}

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
}
