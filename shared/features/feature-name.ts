import type { FeatureDefinition, FeatureView } from '../schemas/feature-view.ts';

/**
 * The name a feature has in vectors, manifests and decisions: for ever the same for one version of
 * a definition, so an old model keeps its feature when a new version of it is added.
 */
export function featureName(view: FeatureView, feature: FeatureDefinition): string {
  const name = `${view.prefix}${feature.name}`;
  return feature.version === 1 ? name : `${name}@${feature.version}`;
}
