import { join } from 'node:path';
import { type CountryResponse, open, validate } from 'maxmind';
import { InvalidEnvironment } from '../errors.ts';
import type { CountryLookup } from '../ports.ts';

/** Where `package.patterns` of the function puts the table into its archive. */
const TABLE = 'node_modules/@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';

/** The table of networks that ships with the function: 8 MB. */
export async function openCountryLookup(): Promise<CountryLookup> {
  const root = process.env['LAMBDA_TASK_ROOT'];
  if (!root) throw new InvalidEnvironment('LAMBDA_TASK_ROOT is not set: Lambda sets it');
  const table = await open<CountryResponse & { country_code: string }>(join(root, TABLE));
  return { country: (ip) => (validate(ip) ? (table.get(ip)?.country_code ?? null) : null) };
}
