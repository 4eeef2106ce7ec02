import type { FeatureView } from '../schemas/feature-view.ts';
import { checkViews } from './check-views.ts';
import { productView } from './product-view.ts';
import { sessionProductView } from './session-product-view.ts';
import { sessionView } from './session-view.ts';
import { userView } from './user-view.ts';

/** The lexicon: every view the platform knows. Append-only. */
export const featureViews: readonly FeatureView[] = checkViews([
  sessionView,
  sessionProductView,
  userView,
  productView,
]);
