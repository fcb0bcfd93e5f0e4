import { describe, expect, it } from 'vitest';
import { isPublicAddress, PrivateAddress, publicAddressesOf } from '../../shared/webhooks/public-address.ts';

const noNames = async () => expect.fail('an address needs no resolution');

describe('an address that is not public', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['all of loopback', '127.255.0.3'],
    ['this host', '0.0.0.0'],
    ['private, class A', '10.1.2.3'],
    ['private, class B', '172.16.0.1'],
    ['private, class C', '192.168.1.1'],
    ['link-local, the metadata service', '169.254.169.254'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['documentation', '192.0.2.1'],
    ['benchmarking', '198.18.0.1'],
    ['reserved', '240.0.0.1'],
    ['loopback, IPv6', '::1'],
    ['unspecified, IPv6', '::'],
    ['unique local, the metadata service', 'fd00:ec2::254'],
    ['link-local, IPv6', 'fe80::1'],
    ['an IPv4 address inside IPv6', '::ffff:10.0.0.1'],
    ['a public IPv4 address inside IPv6', '::ffff:8.8.8.8'],
    ['an IPv4 address inside IPv6, the old notation', '::7f00:1'],
    ['NAT64 of one network', '64:ff9b:1::a00:1'],
    ['an IPv4 address translated', '::ffff:0:a00:1'],
    ['of IPv6 that is not given out', '4000::1'],
    ['site-local, IPv6', 'fec0::1'],
    ['NAT64', '64:ff9b::a00:1'],
    ['6to4', '2002:a00:1::'],
    ['Teredo', '2001:0:4136:e378::1'],
    ['multicast, IPv6', 'ff02::1'],
    ['no address', 'localhost'],
  ])('is %s', (_what, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('is refused in every notation a URL allows', async () => {
    for (const host of [
      '127.0.0.1',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::127.0.0.1]',
      '127.1',
    ]) {
      const { hostname } = new URL(`https://${host}/`);
      await expect(publicAddressesOf(hostname, noNames), host).rejects.toThrow(PrivateAddress);
    }
  });

  it('is refused behind a name, also when only one of several is', async () => {
    const mixed = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    await expect(publicAddressesOf('rebinding.example', mixed)).rejects.toThrow(PrivateAddress);
    await expect(publicAddressesOf('nobody.example', async () => [])).rejects.toThrow(PrivateAddress);
  });
});

describe('a public address', () => {
  it.each(['93.184.216.34', '1.1.1.1', '2606:4700:4700::1111'])('is %s', async (address) => {
    expect(isPublicAddress(address)).toBe(true);
    const resolved = [{ address, family: address.includes(':') ? 6 : 4 }];
    expect(await publicAddressesOf('lender.example', async () => resolved)).toEqual(resolved);
  });
});
