import { parse } from 'csv-parse/sync';
import { InvalidPublication } from '../../errors.ts';
import type { ObjectStore } from '../../ports.ts';
import { type ClvPublication, type ClvValueTier, clvValueTier } from '../../schemas/clv.ts';

/**
 * Customer → tier, of everybody in a publication.
 * @throws InvalidPublication where a list is gone
 */
export async function publishedTiers(
  { as_of, files }: ClvPublication,
  lake: ObjectStore,
): Promise<ReadonlyMap<string, ClvValueTier>> {
  const tiers = new Map<string, ClvValueTier>();
  for (const { customer_id, tier } of await publishedRows({ as_of, files }, lake))
    tiers.set(customer_id, clvValueTier.parse(tier));
  return tiers;
}

/** A customer of a published list, with its predicted value. */
export interface PublishedRow {
  readonly customer_id: string;
  readonly predicted_value: number;
  readonly tier: string;
}

/** @throws InvalidPublication where a list is gone */
export async function publishedRows(
  { as_of, files }: Pick<ClvPublication, 'as_of' | 'files'>,
  lake: ObjectStore,
): Promise<readonly PublishedRow[]> {
  const rows: PublishedRow[] = [];
  for (const key of Object.keys(files).filter((name) => name.endsWith('.csv'))) {
    const bytes = await lake.get(key);
    if (bytes === null)
      throw new InvalidPublication(`${key} of the publication of ${as_of} is gone: bring it back`);
    const records = parse(Buffer.from(bytes), { columns: true }) as Record<string, string>[];
    for (const { customer_id = '', predicted_value, tier = '' } of records)
      rows.push({ customer_id, predicted_value: Number(predicted_value), tier });
  }
  return rows;
}
