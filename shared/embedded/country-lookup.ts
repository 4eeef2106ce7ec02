import { fileURLToPath } from 'node:url';
import type { CountryResponse } from 'maxmind';
import type { CountryLookup } from '../ports.ts';

const TABLE = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';

/** Loads the table of networks when it is first needed: 8 MB and 20 ms. */
export async function openCountryLookup(): Promise<CountryLookup> {
  const { open, validate } = await import('maxmind');
  const table = await open<CountryResponse & { country_code: string }>(
    fileURLToPath(import.meta.resolve(TABLE)),
  );
  return { country: (ip) => (validate(ip) ? (table.get(ip)?.country_code ?? null) : null) };
}
