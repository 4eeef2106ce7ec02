import type { DecisionPolicy } from '../schemas/decision-policy.ts';
import { CLV_TIERS } from '../schemas/decision-policy.ts';

const everyTier = [...CLV_TIERS];

/**
 * Discounts go to the undecided with a filled cart and within a budget, never to those who would
 * buy anyway; the convinced are shown more to buy, the merely curious what they may like.
 */
export const defaultPolicy: DecisionPolicy = {
  name: 'default@1',
  rules: [
    {
      name: 'convinced with a cart: upsell',
      propensity: { from: 0.5, below: 1.01 },
      cart: 'filled',
      tiers: everyTier,
      action: { type: 'upsell' },
      budget_bp: 10_000,
    },
    {
      name: 'convinced without a cart: leave alone',
      propensity: { from: 0.5, below: 1.01 },
      cart: 'empty',
      tiers: everyTier,
      action: { type: 'none' },
      budget_bp: 10_000,
    },
    {
      name: 'undecided with a cart: discount',
      propensity: { from: 0.1, below: 0.5 },
      cart: 'filled',
      tiers: everyTier,
      action: { type: 'discount', percent: 10 },
      budget_bp: 500,
    },
    {
      name: 'interested: recommend',
      propensity: { from: 0.02, below: 0.5 },
      cart: 'any',
      tiers: everyTier,
      action: { type: 'recommend' },
      budget_bp: 10_000,
    },
  ],
};
