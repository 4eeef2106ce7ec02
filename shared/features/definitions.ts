import { InvalidFeatureDefinition } from '../errors.ts';
import { type FeatureDefinition, type FeatureView, featureView } from '../schemas/feature-view.ts';
import { aggregatesOf, checkAggregate } from './accumulators.ts';
import { productView } from './product-view.ts';
import { sessionProductView } from './session-product-view.ts';
import { sessionView } from './session-view.ts';
import { userView } from './user-view.ts';

/**
 * The name a feature has in vectors, manifests and decisions: for ever the same for one version of
 * a definition, so an old model keeps its feature when a new version of it is added.
 */
export function featureName(view: FeatureView, feature: FeatureDefinition): string {
  const name = `${view.prefix}${feature.name}`;
  return feature.version === 1 ? name : `${name}@${feature.version}`;
}

/**
 * Checks views against the language.
 * @throws InvalidFeatureDefinition naming the feature and what is wrong with it
 */
export function checkViews(views: readonly FeatureView[]): readonly FeatureView[] {
  const names = new Set<string>();
  for (const view of views) {
    const parsed = featureView.safeParse(view);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const place = issue?.path[0] === 'features' ? view.features[Number(issue.path[1])]?.name : '';
      throw new InvalidFeatureDefinition(
        `${view.entity} view, ${place || 'itself'}: ${issue?.path.join('.')}: ${issue?.message}`,
      );
    }
    for (const feature of view.features) {
      const name = featureName(view, feature);
      if (names.has(name)) throw new InvalidFeatureDefinition(`${name} is defined twice`);
      names.add(name);
      checkFeature(view, feature, name);
    }
  }
  return views;
}

function checkFeature(view: FeatureView, feature: FeatureDefinition, name: string): void {
  const expressions = JSON.stringify(feature.value);
  const readsNow = expressions.includes('"kind":"time_since"');
  const ofSession = view.entity === 'session' || view.entity === 'session_product';
  if (ofSession && readsNow !== feature.online_only)
    throw new InvalidFeatureDefinition(
      `${name}: a feature of a session is online_only exactly where it uses time_since`,
    );
  for (const aggregate of aggregatesOf(feature.value)) {
    try {
      checkAggregate(aggregate, feature.computed_by === 'stream');
    } catch (error) {
      if (!(error instanceof InvalidFeatureDefinition)) throw error;
      throw new InvalidFeatureDefinition(`${name}: ${error.message}`);
    }
  }
}

/** The lexicon: every view the platform knows. Append-only. */
export const featureViews: readonly FeatureView[] = checkViews([
  sessionView,
  sessionProductView,
  userView,
  productView,
]);
