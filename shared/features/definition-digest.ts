import { createHash } from 'node:crypto';
import type { FeatureDefinition, FeatureView } from '../schemas/feature-view.ts';

/** JSON with sorted keys and without absent members: equal values, equal bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(
          Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)),
        )
      : member,
  );
}

/**
 * SHA-256 (hex) of everything that gives a feature its meaning: the definition without its
 * description, and the entity it is of.
 */
export function definitionDigest(view: FeatureView, feature: FeatureDefinition): string {
  const { description: _, ...meaning } = feature;
  return createHash('sha256')
    .update(canonicalJson({ entity: view.entity, ...meaning }))
    .digest('hex');
}
