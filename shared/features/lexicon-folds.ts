import { featureViews } from './definitions.ts';
import { compileFold } from './fold-plan.ts';

/** The lexicon's folds, compiled once when the module loads. */
export const sessionFold = compileFold(featureViews, 'session');
export const sessionProductFold = compileFold(featureViews, 'session_product');
export const userFold = compileFold(featureViews, 'user');
