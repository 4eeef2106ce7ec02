import type { FeatureView } from '../schemas/feature-view.ts';
import { productView } from './product-view.ts';
import { sessionProductView } from './session-product-view.ts';
import { sessionView } from './session-view.ts';
import { userView } from './user-view.ts';

/**
 * The lexicon: every view the platform knows. Append-only. `checkViews` holds of it by test, not at
 * every cold start.
 */
export const featureViews: readonly FeatureView[] = [
  sessionView,
  sessionProductView,
  userView,
  productView,
];
