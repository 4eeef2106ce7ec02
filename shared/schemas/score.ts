import * as z from 'zod';
import { shopId } from './text.ts';

const MAX_CONTEXT_EVENTS = 5;

/** As the door takes it; checked when it is made canonical. */
export const contextEvent = z.record(z.string(), z.unknown());

export const scoreRequest = z
  .strictObject({
    user_id: shopId.optional(),
    anonymous_id: shopId.optional(),
    session_id: shopId.optional(),
    product_id: shopId.optional(),
    reasons: z.boolean().optional().describe('Whether to explain the score by its features.'),
    context: z
      .strictObject({
        events: z
          .array(contextEvent)
          .max(MAX_CONTEXT_EVENTS)
          .optional()
          .describe('What the shop has just seen and the stream may not have delivered yet.'),
      })
      .optional(),
  })
  .refine((request) => request.user_id !== undefined || request.anonymous_id !== undefined, {
    error: 'give user_id or anonymous_id',
    path: ['anonymous_id'],
  });
export type ScoreRequest = z.infer<typeof scoreRequest>;

export const action = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('recommend') }),
  z.strictObject({ type: z.literal('upsell') }),
  z.strictObject({ type: z.literal('discount'), percent: z.number().min(1).max(90) }),
]);
export type Action = z.infer<typeof action>;

const featureValue = z.union([z.number(), z.string(), z.null()]);
export type FeatureValue = z.infer<typeof featureValue>;
export type FeatureValues = Readonly<Record<string, FeatureValue>>;

const reason = z.strictObject({
  feature: z.string(),
  value: featureValue,
  contribution: z
    .number()
    .describe("In log-odds; contributions and the model's bias sum to the margin."),
});
export type Reason = z.infer<typeof reason>;

export const scoreResponse = z.strictObject({
  decision_id: z.string(),
  propensity: z.number().min(0).max(1),
  model_version: z.string(),
  variant: z.enum(['champion', 'challenger']),
  action,
  reasons: z.array(reason).optional(),
  degraded: z
    .boolean()
    .describe('The propensity is the prior: the store, the model or the deadline failed.'),
  features_as_of: z
    .string()
    .nullable()
    .describe('Time of the newest event in the features; null for a visitor never seen.'),
});
export type ScoreResponse = z.infer<typeof scoreResponse>;

/** The logged decision: enough to explain and to replay the score byte for byte. */
export const decision = z.strictObject({
  decision_id: z.string(),
  decided_at: z.string(),
  visitor: z.string(),
  user_id: z.string().nullable(),
  session: z.string().nullable(),
  product_id: z.string().nullable(),
  model: z.string(),
  model_version: z.string(),
  variant: z.enum(['champion', 'challenger']),
  /** The id whose hash chose the variant: linked user, else visitor. */
  unit: z.string(),
  features: z.record(z.string(), featureValue),
  features_as_of: z.string().nullable(),
  context_event_ids: z.array(z.string()),
  /** Log-odds before calibration; null when degraded. */
  margin: z.number().nullable(),
  /** `fallback`: the endpoint's to compute, but this process did; null when degraded. */
  scored_by: z.enum(['process', 'endpoint', 'fallback']).nullable(),
  propensity: z.number(),
  policy: z.string(),
  action,
  degraded: z.boolean(),
  degraded_because: z.string().nullable(),
  is_bot: z.boolean(),
  /** What the policy knew of the customer's value; absent from decisions before there were tiers. */
  clv_tier: z.enum(['low', 'medium', 'high', 'unknown']).optional(),
});
export type Decision = z.infer<typeof decision>;
