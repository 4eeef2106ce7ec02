import * as z from 'zod';
import { action } from './score.ts';

export const CLV_TIERS = ['low', 'medium', 'high', 'unknown'] as const;
export type ClvTier = (typeof CLV_TIERS)[number];

/**
 * What to do at which propensity. The first rule that matches decides; none matching means `none`.
 * A budget is the share of units that may get the action, in basis points: units are drawn by
 * hash, so a unit keeps its luck for a day and nothing has to be counted.
 */
export const decisionPolicy = z.strictObject({
  name: z.string().min(1).max(64),
  rules: z
    .array(
      z
        .strictObject({
          name: z.string(),
          propensity: z.strictObject({ from: z.number().min(0), below: z.number().max(1.01) }),
          cart: z.enum(['any', 'empty', 'filled']),
          tiers: z.array(z.enum(CLV_TIERS)).min(1),
          action,
          budget_bp: z.number().int().min(0).max(10_000),
        })
        .refine((rule) => rule.propensity.from < rule.propensity.below, {
          error: 'from must be below below',
        }),
    )
    .max(50),
});
export type DecisionPolicy = z.infer<typeof decisionPolicy>;
