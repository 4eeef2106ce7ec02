import { definitionDigests } from '../features/catalogue.ts';
import { additiveArtifact, composeModel, type ModelFolder } from './model-folder.ts';

const FEATURE = 'cart_product_count';
/** Stated, not measured: shops report that about 70 % of filled carts are abandoned. */
const WITH_CART = 0.3;
/** Stated: about 1 in 100 visits without a cart so far ends in a purchase. */
const WITHOUT_CART = 0.01;
/** Stated: conversion of a visit in retail is commonly 2–3 %. */
const PRIOR = 0.025;
const DECLARED_ON = '2026-11-21';

const CARD = `# propensity: has a cart

A declared rule, not a trained model: ${WITH_CART} when something is in the cart, else ${WITHOUT_CART}.

- **Intended use**: the propensity that serves while nothing is trained, and the baseline that every
  later model must beat.
- **Data**: none. The probabilities are stated from what shops commonly report (about 70 % of carts
  abandoned, 2–3 % of visits converting); they are not this shop's.
- **Limits**: knows nothing but the cart of the current session. Ranks those with a cart above those
  without; do not read its figures as calibrated.
`;

/** The declared rule as a registered version. Its bytes change only with the feature's definition. */
export function hasCartRule(): ModelFolder & { readonly version: string } {
  return composeModel(DECLARED_ON, {
    manifest: {
      name: 'propensity',
      features: [
        {
          name: FEATURE,
          definition: definitionDigests().get(FEATURE) as string,
          type: 'number',
        },
      ],
      calibration: { kind: 'logistic' },
      prior: PRIOR,
      training: {
        from: null,
        to: null,
        rows: 0,
        sessions: 0,
        data_digests: [],
        code_version: 'declared',
        parameters: { with_cart: WITH_CART, without_cart: WITHOUT_CART },
      },
      metrics: {},
      gates: [],
      baseline: {},
    },
    artifact: additiveArtifact({
      kind: 'rule',
      rules: [{ feature: FEATURE, at_least: 1, probability: WITH_CART }],
      otherwise: WITHOUT_CART,
    }),
    card: CARD,
  });
}
