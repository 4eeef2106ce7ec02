import { InvalidPublication } from '../../errors.ts';
import type { ObjectStore } from '../../ports.ts';
import type { ClvPublication } from '../../schemas/clv.ts';
import { type ClvDrift, clvDrift } from './drift.ts';
import { readPublication } from './publication.ts';
import { driftKey } from './publication-keys.ts';
import { publishedTiers } from './published-tiers.ts';

/**
 * Compares a publication with the one before it and keeps the comparison in the lake.
 * @returns null where there is none before. @throws InvalidPublication
 */
export async function compareWeeks(
  current: ClvPublication,
  lake: ObjectStore,
): Promise<ClvDrift | null> {
  if (current.previous === null) return null;
  const { as_of } = current.previous;
  const previous = await readPublication(as_of, lake);
  if (previous === null)
    throw new InvalidPublication(`the publication of ${as_of} is gone: drift cannot be measured`);
  const drift = clvDrift(previous, current, {
    previous: await publishedTiers(previous, lake),
    current: await publishedTiers(current, lake),
  });
  const bytes = new TextEncoder().encode(`${JSON.stringify(drift, null, 2)}\n`);
  await lake.put(driftKey(current.as_of), bytes);
  return drift;
}
