import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** Every address of a name, as the system resolves it. */
export const resolveAll: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

/** An address of ours, of the machine's or of no one's: a webhook must never be a way to reach it. */
export class PrivateAddress extends Error {
  constructor(hostname: string) {
    super(`${hostname} has an address that is not public`);
    this.name = 'PrivateAddress';
  }
}

/**
 * Whether anybody on the internet may be behind an address. Everything else is refused: private, loopback,
 * link-local (the metadata service), carrier-grade, multicast, documentation, and the notations of IPv6 that
 * carry an IPv4 address inside.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv6 ? parsed.match(GLOBAL_UNICAST) : true;
}

/** All that IANA has opened of IPv6; without it, `::127.0.0.1` would count as anybody's. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * The addresses of a host, all public; raises PrivateAddress if one is not. Whoever connects must use these very
 * addresses: a second resolution may give others.
 */
export async function publicAddressesOf(
  hostname: string,
  resolve: Resolve,
): Promise<readonly ResolvedAddress[]> {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(literal);
  const addresses = family === 0 ? await resolve(hostname) : [{ address: literal, family }];
  if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address))) {
    throw new PrivateAddress(hostname);
  }
  return addresses;
}
