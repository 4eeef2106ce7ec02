import { InvalidPublication } from '../../errors.ts';
import type { ObjectStore } from '../../ports.ts';
import { CLV_VALUE_TIERS, type ClvPublication, type ClvValueTier } from '../../schemas/clv.ts';

export interface SegmentList {
  readonly tier: ClvValueTier;
  readonly customers: number;
  /** CSV with one header. */
  readonly bytes: Uint8Array;
}

/**
 * The published lists of each tier, its parts joined into one. Customers go by their pseudonyms.
 * @throws InvalidPublication where a list is gone
 */
export async function segmentLists(
  { files, tiers, as_of }: ClvPublication,
  lake: ObjectStore,
): Promise<readonly SegmentList[]> {
  return Promise.all(
    CLV_VALUE_TIERS.map(async (tier) => {
      const keys = Object.keys(files).filter((key) =>
        key.includes(`/lists/as_of=${as_of}/tier=${tier}/`),
      );
      const texts = await Promise.all(
        keys.toSorted().map(async (key) => {
          const bytes = await lake.get(key);
          if (bytes === null) throw new InvalidPublication(`${key} is gone: bring it back`);
          return new TextDecoder().decode(bytes);
        }),
      );
      const joined = texts.map((text, index) =>
        index === 0 ? text : text.slice(text.indexOf('\r\n') + 2),
      );
      return {
        tier,
        customers: tiers[tier].customers,
        bytes: new TextEncoder().encode(joined.join('')),
      };
    }),
  );
}
