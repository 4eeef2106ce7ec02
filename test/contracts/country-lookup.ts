import { beforeAll, describe, expect, test } from 'vitest';
import type { CountryLookup } from '../../shared/ports.ts';

/** What every country lookup promises. */
export function countryLookupContract(open: () => Promise<CountryLookup>): void {
  describe('country lookup', () => {
    let lookup: CountryLookup;

    beforeAll(async () => {
      lookup = await open();
    });

    test.each([
      ['an IPv4 network in the United States', '8.8.8.0', 'US'],
      ['an IPv4 network in Germany', '141.20.1.0', 'DE'],
      ['an IPv6 network in the United States', '2001:4860:4860::', 'US'],
    ])('names the country of %s', (_case, ip, country) => {
      expect(lookup.country(ip)).toBe(country);
    });

    test.each([
      ['a private network', '10.0.0.0'],
      ['loopback', '127.0.0.1'],
      ['a private IPv6 network', 'fd00:1:2::'],
      ['no address', 'not-an-address'],
      ['an empty text', ''],
      ['a number out of range', '300.1.1.0'],
    ])('answers null for %s', (_case, ip) => {
      expect(lookup.country(ip)).toBeNull();
    });
  });
}
